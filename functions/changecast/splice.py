"""What differs per recipient, put into a mail that was rendered once. Standard library only.

A rendering is JSON: the MIME text in parts, and which of the recipient's values stands between two
of them. Only addresses that are plain ASCII and contain nothing that MIME or iCalendar would have
to escape are put in; others are never mailed.
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
_FOLD = 73


@dataclass(frozen=True)
class Template:
    """A mail with gaps: `parts`, and for each gap between them whose value fills it."""

    parts: tuple[bytes, ...]
    gaps: tuple[str, ...]


def dump(mime: bytes, marks: Mapping[str, str]) -> bytes:
    """A rendering out of ASCII MIME in which `marks` (by the name of a gap) stand for gaps."""
    names = {mark: name for name, mark in marks.items()}
    pieces = re.split("(" + "|".join(map(re.escape, names)) + ")", mime.decode("ascii"))
    gaps = [names[mark] for mark in pieces[1::2]]
    return json.dumps({"parts": pieces[::2], "gaps": gaps}).encode()


def load(body: bytes) -> Template:
    """A template out of a rendering."""
    rendering = json.loads(body)
    parts = tuple(part.encode("ascii") for part in rendering["parts"])
    return Template(parts, tuple(rendering["gaps"]))


def is_plain(address: str) -> bool:
    """Whether SES takes an address and it can stand in a header and a calendar entry as it is."""
    return len(address) <= LONGEST and _PLAIN.fullmatch(address) is not None


def splice(template: Template, address: str) -> bytes:
    """The raw MIME of the mail to one address; ValueError where it is not plain."""
    if not is_plain(address):
        raise ValueError("the address is not plain ASCII")
    values = {TO: address.encode(), ATTENDEE: _attendee(address)}
    pieces = [template.parts[0]]
    for gap, part in zip(template.gaps, template.parts[1:], strict=True):
        pieces += (values[gap], part)
    return b"".join(pieces)


def _attendee(address: str) -> bytes:
    """The address in a quoted-printable iCalendar line of its own.

    RFC 6068 §2 percent-encodes what a mailto address cannot hold, `=` too, so that nothing is left
    that RFC 2045 §6.7 would encode; RFC 5545 §3.1 folds content lines at 75 octets.
    """
    encoded = quote(address, safe="@!$'*+")
    chunks = (encoded[start : start + _FOLD] for start in range(0, len(encoded), _FOLD))
    return "\r\n ".join(chunks).encode()
