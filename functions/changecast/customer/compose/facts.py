"""The labelled facts of a mail: window, duration, impact, meeting, tickets, contact."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial

from changecast.contract.change import Meeting, Tickets, Window
from changecast.contract.differences import folded
from changecast.customer.compose import times
from changecast.customer.compose.content import Fact
from changecast.customer.compose.occasion import Occasion
from changecast.customer.compose.words import Words
from changecast.customer.mailing import MailKind


def key_facts(occasion: Occasion) -> tuple[Fact, ...]:
    """Return the facts that everybody looks for first."""
    change, words = occasion.change, occasion.words
    facts = [*_time_facts(occasion)]
    if change.services and not occasion.ends:
        facts.append(
            Fact(words("label", "services"), (words("text", "comma").join(change.services),))
        )
    if not occasion.is_notice and not occasion.is_over:
        facts.append(_impact(occasion))
    if change.meeting and not occasion.is_over:
        facts.append(Fact(words("label", "meeting"), meeting_lines(change.meeting, occasion), 1))
    if contact := occasion.brand.support_contact:
        facts.append(Fact(words("label", "ask"), (contact,)))
    return tuple(facts)


def details(occasion: Occasion) -> tuple[Fact, ...]:
    """Return the facts that people need to talk about the change: id, status, tickets."""
    change, words = occasion.change, occasion.words
    name = "announcement" if occasion.is_notice else "change"
    status = words("status", change.status.value)
    found = [
        (words("label", name), change.change_id),
        (words("label", "status"), "" if occasion.is_notice or occasion.ends else status),
        (words("label", "tickets"), tickets_line(change.tickets)),
    ]
    return tuple(Fact(label, (value,)) for label, value in found if value)


def window_lines(window: Window, occasion: Occasion) -> tuple[str, ...]:
    """Return the window in the customer's zone and in UTC; once if the clocks show UTC."""
    return _window_fact("", window, occasion).lines


def _window_fact(label: str, window: Window, occasion: Occasion) -> Fact:
    """Return a window's lines as a fact; its local lines are strong."""
    zone = occasion.brand.timezone
    local = times.in_zone(window, zone, occasion.words)
    same = times.shows_utc(zone, window.start, window.end)
    return Fact(label, local if same else (*local, times.in_utc(window)), strong=len(local))


def meeting_lines(meeting: Meeting, occasion: Occasion) -> tuple[str, ...]:
    """Return a meeting's title, local and UTC times, length, place and link, each once."""
    return meeting_at(moment_lines(meeting.start, occasion), meeting, occasion.words)


def moment_lines(when: datetime, occasion: Occasion) -> tuple[str, ...]:
    """Return an instant in the customer's zone and in UTC; once if the clocks show UTC."""
    zone = occasion.brand.timezone
    local = times.moment(when, zone, occasion.words)
    if times.shows_utc(zone, when):
        return (local,)
    return (local, f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC")


def meeting_at(start: tuple[str, ...], meeting: Meeting, words: Words) -> tuple[str, ...]:
    """Return a meeting's title, the lines of its start, length, place and link, each once."""
    lines = [
        meeting.title,
        *start,
        times.duration(timedelta(minutes=meeting.duration_minutes), words),
        meeting.location,
        meeting.join_url or "",
    ]
    return tuple(dict.fromkeys(line for line in lines if line))


def tickets_line(tickets: Tickets) -> str:
    """Return the tickets by system."""
    named = [("ServiceNow", tickets.servicenow), ("Jira", tickets.jira)]
    return ", ".join(f"{system} {number}" for system, number in named if number)


def _time_facts(occasion: Occasion) -> list[Fact]:
    change, words = occasion.change, occasion.words
    if not change.window:
        return []
    when = words("label", "was_when" if occasion.is_over else "when")
    planned = _window_fact(when, change.window, occasion)
    if ran := _actual(occasion):
        # Only the actual times are also in UTC: readers look up when the change really happened.
        return [Fact(when, planned.lines[: planned.strong]), ran]
    if occasion.is_over:
        return [Fact(when, planned.lines)]
    length = times.duration(change.window.duration, words)
    return [planned, Fact(words("label", "duration"), (length,))]


def _actual(occasion: Occasion) -> Fact | None:
    """Return the actual times of a completed change, or its start or end if only one is known."""
    start, end = occasion.change.actual_start, occasion.change.actual_end
    label = partial(occasion.words, "label")
    if occasion.said_kind is not MailKind.COMPLETED:
        return None
    if start and end and start < end:
        return _window_fact(label("actual"), Window(start=start, end=end), occasion)
    if end:
        return Fact(label("actual_end"), moment_lines(end, occasion), strong=1)
    if start:
        return Fact(label("actual_start"), moment_lines(start, occasion), strong=1)
    return None


def impact_phrase(occasion: Occasion) -> str:
    """Return the stated level and the document's words in one phrase: Outage – sessions drop.

    A level on a line of its own reads as if it held for the whole window.
    """
    words, text = occasion.words, occasion.change.customer_impact.strip()
    level = occasion.change.impact_level
    if level is None:
        return text
    named = words("impact_level", level.value)
    if not text or folded(text) in {folded(named), folded(level.value)}:
        return named
    if re.match(rf"{re.escape(named)}\b", text, re.IGNORECASE):
        return text
    if "\n" in text:
        return f"{named}{words('text', 'colon').rstrip()}\n{text}"
    return f"{named}\u00a0– {text}"


def _impact(occasion: Occasion) -> Fact:
    """Return the level, if the document states one for certain, and the document's own words."""
    words = occasion.words
    said = impact_phrase(occasion) if occasion.is_impact_stated else ""
    return Fact(words("label", "impact"), (said or words("label", "impact_unstated"),))
