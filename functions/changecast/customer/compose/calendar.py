"""Write the change for people's calendars: RFC 5545 (format), 5546 (method), 6047 (mail). Pure.

One iTIP message is about one UID (RFC 5546 §3.2.2, §3.2.5), so the window and the meeting are two
messages, each in its own body part (RFC 6047 §2.4). A change that has started or is over invites
nobody: it is published (§3.2.1), which marks the entry that people have.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from changecast.contract.change import Change, Meeting, Window
from changecast.customer.compose.address import address
from changecast.customer.compose.content import Content, Fact
from changecast.customer.compose.maintnote import maintnote
from changecast.customer.compose.occasion import Occasion, speaker
from changecast.customer.compose.subject import isolated
from changecast.customer.compose.text.cuts import start_of
from changecast.customer.compose.zone import timezone_around
from changecast.customer.mailing import MailKind

PRODUCT = "-//Changecast//Changecast 1//EN"
DESCRIPTION_LIMIT = 2_000
_LINE_SEPARATORS = str.maketrans("\u2028\u2029", "\n\n")
# First words of the summary of the window's entry.
_MARKS = {
    MailKind.STARTED: "calendar_running",
    MailKind.COMPLETED: "calendar_done",
    MailKind.CANCELLED: "calendar_gone",
    MailKind.WITHDRAWN: "calendar_gone",
}


@dataclass(frozen=True)
class Entry:
    """One iTIP message in two halves; the recipient's own ATTENDEE lines go between them.

    A published entry has no attendees (RFC 5546 §3.2.1).
    """

    name: str
    method: str
    head: str
    tail: str

    @property
    def invites(self) -> bool:
        """Whether the entry names the recipient."""
        return self.method != "PUBLISH"


def entries(occasion: Occasion, content: Content, earlier: Change | None) -> tuple[Entry, ...]:
    """Return the calendar entries of this mail: the window first, then the meeting.

    A meeting of the `earlier` revision that this one no longer has is cancelled.
    """
    return tuple(_entries(occasion, content, earlier))


def uid(occasion: Occasion, part: str) -> str:
    """Return an id, stable per change, customer and part: RFC 5545 §3.8.4.7, RFC 7986 §5.3."""
    identity = f"{occasion.brand.customer}|{occasion.change.change_id}|{part}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
    return f"{digest}@{occasion.brand.sender_domain}"


def _entries(occasion: Occasion, content: Content, earlier: Change | None) -> Iterator[Entry]:
    change = occasion.change
    if occasion.kind is MailKind.REMINDER:
        return
    if change.window:
        event = _window_event(change.window, occasion, content)
        yield _entry("window", event, occasion, _method(occasion))
    before = earlier.meeting if earlier else None
    meeting = change.meeting or before
    if meeting and (method := _meeting_method(occasion, before)):
        yield _entry("meeting", _meeting_event(meeting, occasion), occasion, method)


def _method(occasion: Occasion) -> str:
    if occasion.ends:
        return "CANCEL"
    has_begun = occasion.said_kind in {MailKind.STARTED, MailKind.COMPLETED}
    return "PUBLISH" if has_begun else "REQUEST"


def _meeting_method(occasion: Occasion, before: Meeting | None) -> str:
    """Return the meeting's method; after the change's start, it invites people only if it moved."""
    if occasion.ends or occasion.change.meeting is None:
        return "CANCEL"
    if _method(occasion) == "REQUEST":
        return "REQUEST"
    has_moved = before is not None and before != occasion.change.meeting
    return "REQUEST" if has_moved and not occasion.is_over else ""


def _window_event(window: Window, occasion: Occasion, content: Content) -> Event:
    change = occasion.change
    event = Event()
    _add_times(event, window.start, window.end, occasion)
    _add_text(event, "summary", _summary(content.title, occasion))
    _add_text(event, "description", _description(content, occasion))
    event.add("transp", "TRANSPARENT")
    if change.links and not occasion.is_over:
        event.add("url", address(change.links[0].url))
    for name, value in maintnote(occasion):
        _add_text(event, name, value)
    return event


def _meeting_event(meeting: Meeting, occasion: Occasion) -> Event:
    change = occasion.change
    event = Event()
    end = meeting.start + timedelta(minutes=meeting.duration_minutes)
    _add_times(event, meeting.start, end, occasion)
    _add_text(event, "summary", _summary(meeting.title or change.title, occasion))
    lines = filter(None, (isolated(change.title), meeting.join_url, *_contact(occasion)))
    _add_text(event, "description", "\n".join(lines))
    _add_text(event, "location", isolated(meeting.location))
    if meeting.join_url:
        event.add("url", address(meeting.join_url))
    return event


def _summary(title: str, occasion: Occasion) -> str:
    """Return the summary: status, title, provider and customer, id."""
    mark = _MARKS.get(occasion.said_kind)
    title = isolated(title)
    marked = occasion.words("text", mark).format(title=title) if mark else title
    return f"{marked} · {speaker(occasion)} [{occasion.change.change_id}]"


def _contact(occasion: Occasion) -> Iterator[str]:
    """Yield the id and the contact, which come first so that no cut removes them."""
    words, change = occasion.words, occasion.change
    name = "announcement" if occasion.is_notice else "change"
    yield f"{words('label', name)}{words('text', 'colon')}{change.change_id}"
    if occasion.brand.support_contact:
        yield f"{words('label', 'ask')}{words('text', 'colon')}{occasion.brand.support_contact}"


def _description(content: Content, occasion: Occasion) -> str:
    """Return the description: short facts first, then the long texts, cut visibly."""
    words = occasion.words
    facts = sorted(content.key_facts, key=lambda fact: len("".join(fact.lines)) > 200)
    paragraphs = [f"{each.heading}\n{each.text}" for each in content.first]
    lines = (*_contact(occasion), *(_fact(fact, occasion) for fact in facts))
    said = [content.lead, "", *dict.fromkeys(lines)]
    text = "\n".join([*said, *(f"\n{paragraph}" for paragraph in paragraphs)])
    text = isolated_lines(text)
    if len(text) <= DESCRIPTION_LIMIT:
        return text
    cut = "\n" + words("text", "calendar_cut")
    return start_of(text, DESCRIPTION_LIMIT - len(cut)).rstrip() + cut


def _fact(fact: Fact, occasion: Occasion) -> str:
    """Return a fact on one line, or below its label if it has several lines."""
    colon = occasion.words("text", "colon")
    lines = [line for part in fact.lines for line in part.split("\n")]
    if len(lines) == 1:
        return f"{fact.label}{colon}{lines[0]}"
    return "\n".join([f"{fact.label}{colon}".rstrip(), *(f"  {line}" for line in lines)])


def isolated_lines(text: str) -> str:
    """Return a text whose direction marks affect nothing beyond their own line."""
    return "\n".join(map(isolated, text.split("\n")))


def _add_times(event: Event, start: datetime, end: datetime, occasion: Occasion) -> None:
    """Add the times in the customer's zone, or in UTC if its clocks show the same time twice.

    RFC 5545 §3.3.5 reads a local time that occurs twice as the first of the two.
    """
    zone = ZoneInfo(occasion.brand.timezone)
    times = [start.astimezone(zone), end.astimezone(zone)]
    if any(time.fold for time in times):
        times = [time.astimezone(UTC) for time in times]
    event.add("dtstart", times[0])
    event.add("dtend", times[1])


def _add_text(event: Event, name: str, value: str) -> None:
    """Add a text without the Unicode line breaks that RFC 5545 lacks; some readers split there."""
    if value:
        event.add(name, vText(value.translate(_LINE_SEPARATORS)))


def _entry(part: str, event: Event, occasion: Occasion, method: str) -> Entry:
    event.add("uid", uid(occasion, part))
    event.add("dtstamp", occasion.now.astimezone(UTC))
    event.add("sequence", occasion.change.revision)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    organizer = vCalAddress(f"mailto:{occasion.brand.sender}")
    organizer.params["CN"] = vText(occasion.brand.sender_name)
    event.add("organizer", organizer)
    text = _calendar(event, method).to_ical().decode()
    # Folded lines start with a space, so no text of a document can look like this line.
    head, end, tail = text.rpartition("\r\nEND:VEVENT\r\n")
    return Entry(part, method, head + "\r\n", end.removeprefix("\r\n") + tail)


def _calendar(event: Event, method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    if zone := event["DTSTART"].params.get("TZID"):
        calendar.add_component(timezone_around(zone, event.decoded("dtstart")))
    calendar.add_component(event)
    return calendar
