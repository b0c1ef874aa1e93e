"""The change in people's calendars: RFC 5545 (format), 5546 (method), 6047 (by mail). Pure.

One iTIP message is about one UID (RFC 5546 §3.2.2, §3.2.5), so the window and the meeting are two
messages: RFC 6047 §2.4 has each in a body part of its own.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

from changecast.change import Change, Meeting, Window
from changecast.compose.address import address
from changecast.compose.content import Content
from changecast.compose.maintnote import maintnote
from changecast.compose.occasion import Occasion
from changecast.compose.zone import timezone_around

PRODUCT = "-//Changecast//Changecast 1//EN"
DESCRIPTION_LIMIT = 2_000
_LINE_SEPARATORS = str.maketrans("\u2028\u2029", "\n\n")


@dataclass(frozen=True)
class Entry:
    """One iTIP message in two halves: between them stand ATTENDEE lines, one recipient's own."""

    name: str
    method: str
    head: str
    tail: str


def entries(
    occasion: Occasion, content: Content, earlier: Change | None, now: datetime
) -> tuple[Entry, ...]:
    """What this mail asks calendars to do: the window first, then the meeting.

    A meeting that its readers know from the `earlier` revision and that is gone is cancelled.
    """
    change = occasion.change
    found = []
    if change.window:
        event = _window_event(change.window, occasion, content)
        found.append(_entry("window", event, occasion, now, cancels=occasion.ends))
    meeting = change.meeting or (earlier.meeting if earlier else None)
    if meeting:
        gone = occasion.ends or change.meeting is None
        event = _meeting_event(meeting, occasion)
        found.append(_entry("meeting", event, occasion, now, cancels=gone))
    return tuple(found)


def uid(occasion: Occasion, part: str) -> str:
    """Stable per change, customer and part: RFC 5545 §3.8.4.7, RFC 7986 §5.3."""
    identity = f"{occasion.brand.customer}|{occasion.change.change_id}|{part}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:32]
    return f"{digest}@{occasion.brand.sender_domain}"


def _window_event(window: Window, occasion: Occasion, content: Content) -> Event:
    change = occasion.change
    event = Event()
    _add_times(event, window.start, window.end, occasion)
    _add_text(event, "summary", f"{content.title} [{change.change_id}]")
    _add_text(event, "description", _description(content))
    event.add("transp", "TRANSPARENT")
    if change.links:
        event.add("url", address(change.links[0].url))
    for name, value in maintnote(occasion):
        _add_text(event, name, value)
    return event


def _meeting_event(meeting: Meeting, occasion: Occasion) -> Event:
    change = occasion.change
    event = Event()
    end = meeting.start + timedelta(minutes=meeting.duration_minutes)
    _add_times(event, meeting.start, end, occasion)
    _add_text(event, "summary", f"{meeting.title or change.title} [{change.change_id}]")
    _add_text(event, "description", "\n".join(filter(None, (change.title, meeting.join_url))))
    _add_text(event, "location", meeting.location)
    if meeting.join_url:
        event.add("url", address(meeting.join_url))
    return event


def _description(content: Content) -> str:
    facts = [f"{fact.label}: {' | '.join(fact.lines)}" for fact in content.key_facts]
    facts += [f"{fact.label}: {' | '.join(fact.lines)}" for fact in content.details]
    return "\n".join([content.lead, "", *facts])[:DESCRIPTION_LIMIT]


def _add_times(event: Event, start: datetime, end: datetime, occasion: Occasion) -> None:
    """In the customer's zone, in UTC where its clocks show the same time twice.

    RFC 5545 §3.3.5 reads a local time that occurs twice as the first of the two.
    """
    zone = ZoneInfo(occasion.brand.timezone)
    times = [start.astimezone(zone), end.astimezone(zone)]
    if any(time.fold for time in times):
        times = [time.astimezone(UTC) for time in times]
    event.add("dtstart", times[0])
    event.add("dtend", times[1])


def _add_text(event: Event, name: str, value: str) -> None:
    """Readers that split at every Unicode line break must not see one that RFC 5545 has not."""
    if value:
        event.add(name, vText(value.translate(_LINE_SEPARATORS)))


def _entry(part: str, event: Event, occasion: Occasion, now: datetime, *, cancels: bool) -> Entry:
    event.add("uid", uid(occasion, part))
    event.add("dtstamp", now.astimezone(UTC))
    event.add("sequence", occasion.change.revision)
    event.add("status", "CANCELLED" if cancels else "CONFIRMED")
    organizer = vCalAddress(f"mailto:{occasion.brand.sender}")
    organizer.params["CN"] = vText(occasion.brand.sender_name)
    event.add("organizer", organizer)
    method = "CANCEL" if cancels else "REQUEST"
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
