"""MIME as ASCII text: RFC 2045 (encodings), 2046 (parts), 2047 and 5322 (headers), 2183 (files).

We do not use Python's EmailMessage: its header folding can double or lose a space, and its
quoted-printable encoder takes longer than everything else in a mail.
"""

import re
from binascii import b2a_qp
from collections.abc import Sequence
from email.header import Header

_LINE_END = re.compile(r"\r?\n")
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PRINTABLE = re.compile(r"[ -~]{0,900}")


def part(body: str, content_type: str, *, file: str = "") -> str:
    """Return a part of UTF-8 text; with a file name (our own plain ASCII) it is an attachment."""
    attached = f'Content-Disposition: attachment; filename="{file}"\r\n' if file else ""
    return (
        f"Content-Type: {content_type}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: quoted-printable\r\n{attached}\r\n{quoted_printable(body)}"
    )


def multipart(kind: str, boundary: str, parts: Sequence[str]) -> str:
    """Join several parts; none of them may contain the boundary."""
    delimited = "".join(f"--{boundary}\r\n{each}\r\n" for each in parts)
    head = f'Content-Type: multipart/{kind};\r\n boundary="{boundary}"\r\n'
    return f"{head}\r\n{delimited}--{boundary}--\r\n"


def quoted_printable(text: str) -> str:
    """Encode a text in lines of at most 76 characters that end with CRLF: RFC 2045 §6.7."""
    lines = _LINE_END.sub("\r\n", text).encode("utf-8")
    return b2a_qp(lines, quotetabs=False, istext=True, header=False).decode("ascii")


def header_text(value: str) -> str:
    """Return a header's text, in encoded words (RFC 2047) unless it is plain printable ASCII."""
    value = _LINE_BREAKS.sub(" ", value)
    if _PRINTABLE.fullmatch(value) and "=?" not in value:
        return value
    return Header(value, "utf-8", maxlinelen=75, header_name="Subject").encode(linesep="\r\n")


def phrase(name: str) -> str:
    """Return a display name, quoted so that no character has a special meaning: RFC 5322 §3.2.5."""
    said = header_text(name)
    quoted = said.replace("\\", r"\\").replace('"', r"\"")
    return said if said.startswith("=?") else f'"{quoted}"'
