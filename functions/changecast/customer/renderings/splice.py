"""Splice each recipient's values into a mail that was rendered once. Standard library only.

A rendering is JSON: the MIME text in parts, and between each two parts a value of the recipient.
Only plain ASCII addresses that need no escape in MIME or iCalendar are put in; others are never
mailed.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

# RFC 5321 §4.1.2 Dot-string and Domain, two labels or more; no quoting, comments or literals.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
# RFC 5321 §4.5.3.1: a path of 256 octets has two brackets.
LONGEST = 254
TO = "to"
ATTENDEE = "attendee"
RESPONSE = "response"
CODE = "code"
_FOLD = 73
# Characters that need no escape in an attribute, in text and in quoted-printable. Without TLS, only
# pages of this machine.
_OWN_PAGE = re.compile(r"(https://|http://([a-z0-9-]+\.)*localhost[:/])[A-Za-z0-9._~/:%-]{1,1000}")


@dataclass(frozen=True)
class Rendering:
    """A rendered mail with gaps: `parts`, and the value for each gap between them."""

    parts: tuple[bytes, ...]
    gaps: tuple[str, ...]


def dump(mime: bytes, marks: Mapping[str, str]) -> bytes:
    """Write a rendering as JSON: ASCII MIME in which `marks` (by name) become gaps."""
    names = {mark: name for name, mark in marks.items()}
    pieces = re.split("(" + "|".join(map(re.escape, names)) + ")", mime.decode("ascii"))
    gaps = [names[mark] for mark in pieces[1::2]]
    return json.dumps({"parts": pieces[::2], "gaps": gaps}).encode()


def load(body: bytes) -> Rendering:
    """Read a rendering from its JSON."""
    stored = json.loads(body)
    parts = tuple(part.encode("ascii") for part in stored["parts"])
    return Rendering(parts, tuple(stored["gaps"]))


def is_plain(address: str) -> bool:
    """Return whether SES accepts an address and no header or calendar entry needs to escape it."""
    return len(address) <= LONGEST and _PLAIN.fullmatch(address) is not None


def splice(rendering: Rendering, address: str, response_url: str = "", *, code: str = "") -> bytes:
    """Return the raw MIME of the mail to one address.

    Args:
        rendering: The mail with its gaps.
        address: The recipient's address.
        response_url: The reader's own page, for a rendering with a gap RESPONSE.
        code: A confirmation code, for a rendering with a gap CODE: digits.

    Raises:
        ValueError: The address is not plain, or the page's address is missing or not plain.
    """
    if not is_plain(address):
        raise ValueError("the address is not plain ASCII")
    values = {TO: address.encode(), ATTENDEE: _attendee(address), CODE: code.encode("ascii")}
    if RESPONSE in rendering.gaps:
        values[RESPONSE] = _own_page(response_url)
    pieces = [rendering.parts[0]]
    for gap, part in zip(rendering.gaps, rendering.parts[1:], strict=True):
        pieces += (values[gap], part)
    return b"".join(pieces)


def _own_page(url: str) -> bytes:
    """Return a link in quoted-printable lines; a continued line ends with `=`: RFC 2045 §6.7."""
    if not _OWN_PAGE.fullmatch(url):
        raise ValueError("the address of the reader's own page is missing or not plain ASCII")
    return "=\r\n".join(url[at : at + _FOLD] for at in range(0, len(url), _FOLD)).encode()


def _attendee(address: str) -> bytes:
    """Return the address in its own quoted-printable iCalendar line.

    RFC 6068 §2 percent-encodes all characters that a mailto address cannot have, including `=`, so
    nothing is left for RFC 2045 §6.7 to encode. RFC 5545 §3.1 folds lines at 75 octets.
    """
    encoded = quote(address, safe="@!$'*+")
    chunks = (encoded[start : start + _FOLD] for start in range(0, len(encoded), _FOLD))
    return "\r\n ".join(chunks).encode()
