"""What differs per recipient, put into a mail that was rendered once. Standard library only.

A rendering is JSON: the MIME text in which two marks stand for the recipient, and where they are.
Only addresses that are plain ASCII and contain nothing that MIME or iCalendar would have to
escape are put in; others never become recipients.
"""

import json
import re
from dataclasses import dataclass

# RFC 5322 §3.4.1 addr-spec without quoting or comments, RFC 5321 §4.5.3.1 lengths.
_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}")
TO = b"@@CHANGECAST-TO@@"
ATTENDEE = b"@@CHANGECAST-ATTENDEE@@"
_FOLD = 73


@dataclass(frozen=True)
class Template:
    """A mail with marks: `parts` and, between them, which mark stands there."""

    parts: tuple[bytes, ...]
    marks: tuple[bytes, ...]


def load(body: bytes) -> Template:
    """A template out of a rendering."""
    raw = json.loads(body)["mime"].encode("ascii")
    pieces = re.split(b"(" + re.escape(TO) + b"|" + re.escape(ATTENDEE) + b")", raw)
    return Template(tuple(pieces[::2]), tuple(pieces[1::2]))


def is_plain(address: str) -> bool:
    """Whether an address can stand in a header and a calendar entry as it is."""
    return len(address) <= 254 and _PLAIN.fullmatch(address) is not None


def splice(template: Template, address: str) -> bytes:
    """The raw MIME of the mail to one address, which must be plain."""
    if not is_plain(address):
        raise ValueError("the address is not plain ASCII")
    values = {TO: address.encode(), ATTENDEE: _attendee(address)}
    pieces = [template.parts[0]]
    for mark, part in zip(template.marks, template.parts[1:], strict=True):
        pieces += (values[mark], part)
    return b"".join(pieces)


def _attendee(address: str) -> bytes:
    """The address in a quoted-printable iCalendar line of its own.

    RFC 5545 §3.1 folds content lines at 75 octets; RFC 2045 §6.7 writes = as =3D.
    """
    chunks = [address[start : start + _FOLD] for start in range(0, len(address), _FOLD)]
    return "\r\n ".join(chunk.replace("=", "=3D") for chunk in chunks).encode()
