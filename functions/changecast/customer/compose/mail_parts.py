"""Write the MIME of a mail, with marks where splice.py puts each recipient's values.

multipart/mixed                       only where something is attached
  multipart/alternative
    text/plain, text/html, text/calendar      the calendar last: RFC 6047 §2.4, RFC 2046 §5.1.4
  application/ics as meeting.ics      the meeting, where the window is the alternative
  text/plain as CHG-1.txt             the whole text, where the mail shortens it
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from changecast.customer.compose.calendar import Entry
from changecast.customer.compose.content import Content
from changecast.customer.compose.mime import header_text, multipart, part, phrase
from changecast.customer.compose.occasion import Occasion
from changecast.customer.renderings.splice import ATTENDEE, RESPONSE, TO, dump, is_plain

# The address has its own line, so that it never moves a fold (RFC 5545 §3.1).
_ATTENDEE_LINES = (
    "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;\r\n"
    " PARTSTAT=NEEDS-ACTION;RSVP=FALSE:mailto:\r\n"
    " {mark}\r\n"
)


@dataclass(frozen=True)
class Bodies:
    """The bodies of a mail. `whole` is the complete text, empty if nothing was cut."""

    text: str
    html: str
    whole: str
    file: str


def rendering(
    occasion: Occasion, content: Content, bodies: Bodies, entries: tuple[Entry, ...]
) -> bytes:
    """Return one rendering, ready for the mails bucket.

    Marks and boundaries are made from a digest of everything that the mail says. No text can
    contain its own digest, so no text can look like a mark or end a part.
    """
    secret = digest(content.subject, bodies.text, bodies.html, bodies.whole, *map(str, entries))
    marks = {
        TO: f"changecast-to-{secret}@changecast.invalid",
        ATTENDEE: f"attendee-{secret}",
        RESPONSE: occasion.response_mark,
    }
    calendars = [_calendar_part(entry, index, marks) for index, entry in enumerate(entries)]
    alternatives = [part(bodies.text, "text/plain"), part(bodies.html, "text/html")]
    body = multipart("alternative", f"alternative-{secret}", alternatives + calendars[:1])
    attached = calendars[1:]
    if bodies.whole:
        attached.append(part(bodies.whole, "text/plain", file=bodies.file))
    if attached:
        body = multipart("mixed", f"mixed-{secret}", [body, *attached])
    head = "".join(f"{name}: {value}\r\n" for name, value in _headers(occasion, content, marks[TO]))
    return dump((head + body).encode("ascii"), marks)


def file_name(change_id: str) -> str:
    """Return the name of the file with the whole text."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", change_id) + ".txt"


def thread_id(occasion: Occasion) -> str:
    """Return the id that all mails of a change refer to; SES replaces the real Message-ID."""
    thread = digest(occasion.brand.customer, occasion.change.change_id)
    return f"<changecast.{thread}@{occasion.brand.sender_domain}>"


def _calendar_part(entry: Entry, index: int, marks: Mapping[str, str]) -> str:
    """Return a calendar part: the first entry is the alternative, the other a file.

    Programs read every text/calendar part as the maintenance, so the meeting needs another type.
    """
    attendee = _ATTENDEE_LINES.format(mark=marks[ATTENDEE]) if entry.invites else ""
    body = entry.head + attendee + entry.tail
    kind = "application/ics" if index else "text/calendar"
    content_type = f"{kind}; method={entry.method}; component=VEVENT"
    return part(body, content_type, file=f"{entry.name}.ics" if index else "")


def _headers(occasion: Occasion, content: Content, to: str) -> Iterator[tuple[str, str]]:
    """Yield the headers; we encode or made every value ourselves."""
    brand, thread = occasion.brand, thread_id(occasion)
    yield "From", f"{phrase(brand.sender_name)} <{brand.sender}>"
    yield "To", to
    if is_plain(brand.support_contact):
        yield "Reply-To", brand.support_contact
    yield "Subject", header_text(content.subject)
    yield "In-Reply-To", thread
    yield "References", thread
    yield "List-Id", f"<{occasion.topic.value}.{brand.list_label}.{brand.sender_domain}>"
    # RFC 3834 §5, and Exchange's own header for the same purpose.
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "All"
    yield "Content-Language", content.language
    yield "MIME-Version", "1.0"


def digest(*texts: str) -> str:
    """Return 32 hex digits made from all texts of a mail, which none of them can contain."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]
