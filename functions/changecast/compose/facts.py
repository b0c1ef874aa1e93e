"""What stands beside a label: window, duration, impact, meeting, tickets, who to ask."""

from datetime import UTC, timedelta

from changecast.change import Meeting, Tickets, Window
from changecast.compose import times
from changecast.compose.content import Fact
from changecast.compose.occasion import Occasion
from changecast.plan import MailKind


def key_facts(occasion: Occasion) -> tuple[Fact, ...]:
    """What everybody looks for first."""
    change, words = occasion.change, occasion.words
    facts = []
    if change.window:
        when = words("label", "was_when" if occasion.ends else "when")
        length = times.duration(change.window.duration, words)
        lines = window_lines(change.window, occasion)
        facts.append(Fact(when, lines, strong=max(1, len(lines) - 1)))
        facts.append(Fact(words("label", "duration"), (length,)))
    is_over = occasion.ends or occasion.said_kind is MailKind.COMPLETED
    if not occasion.is_notice and not is_over:
        impact = change.customer_impact.strip() or words("label", "impact_unstated")
        facts.append(Fact(words("label", "impact"), (impact,)))
    if tickets := tickets_line(change.tickets):
        facts.append(Fact(words("label", "tickets"), (tickets,)))
    if change.meeting and not is_over:
        facts.append(Fact(words("label", "meeting"), meeting_lines(change.meeting, occasion), 1))
    return tuple(facts)


def details(occasion: Occasion) -> tuple[Fact, ...]:
    """What people need to talk about it: id, status, who to ask."""
    change, words = occasion.change, occasion.words
    name = "announcement" if occasion.is_notice else "change"
    status = words("status", change.status.value)
    found = [
        (words("label", name), change.change_id),
        (words("label", "status"), "" if occasion.is_notice or occasion.ends else status),
        (words("label", "ask"), occasion.brand.support_contact),
    ]
    return tuple(Fact(label, (value,)) for label, value in found if value)


def window_lines(window: Window, occasion: Occasion) -> tuple[str, ...]:
    """The window in the customer's zone and in UTC."""
    local = times.in_zone(window, occasion.brand.timezone, occasion.words)
    utc = times.in_utc(window)
    return (utc,) if occasion.brand.timezone == "UTC" else (*local, utc)


def meeting_lines(meeting: Meeting, occasion: Occasion) -> tuple[str, ...]:
    """A meeting's title, its time here and in UTC, length, place and link, each once."""
    zone, words = occasion.brand.timezone, occasion.words
    utc = f"{meeting.start.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    lines = [
        meeting.title,
        times.moment(meeting.start, zone, words),
        "" if zone == "UTC" else utc,
        times.duration(timedelta(minutes=meeting.duration_minutes), words),
        meeting.location,
        meeting.join_url or "",
    ]
    return tuple(dict.fromkeys(line for line in lines if line))


def tickets_line(tickets: Tickets) -> str:
    """The tickets by system."""
    named = [("ServiceNow", tickets.servicenow), ("Jira", tickets.jira)]
    return ", ".join(f"{system} {number}" for system, number in named if number)
