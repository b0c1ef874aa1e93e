"""Calendar entries: one per UID, at the right instants, updated and cancelled in place."""

from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from icalendar import Calendar

from changecast.contract.change import Change
from changecast.customer.compose.words import words_in
from changecast.customer.mailing import MailKind, Variant
from tests.support.builders import NOW, change
from tests.support.mails import READER, calendar_parts, calendars_of, event_of, mail

MEETING = {
    "title": "Bridge",
    "start": "2027-01-20T21:45:00Z",
    "duration_minutes": 45,
    "location": "Room 1, second floor; ring twice",
    "join_url": "https://meet.provider.example/b?x=1,2;3",
}


def with_meeting(**fields: Any) -> Change:
    return change(meeting=MEETING, **fields)


def entry(message: EmailMessage, index: int = 0) -> tuple[Calendar, Any]:
    """The calendar at an index, and the one event in it."""
    calendar = calendars_of(message)[index]
    return calendar, event_of(calendar)


def test_an_announcement_invites_its_reader_alone() -> None:
    calendar, event = entry(mail())
    assert calendar["METHOD"] == "REQUEST"
    assert calendar["VERSION"] == "2.0"
    assert event["ATTENDEE"] == f"mailto:{READER}"
    assert event["ATTENDEE"].params["RSVP"] == "FALSE"
    assert event["ORGANIZER"] == "mailto:changes@mail.acme.example"
    assert event["ORGANIZER"].params["CN"] == "Provider operations"
    assert event["SUMMARY"] == "Patch the hosts · For Acme Industries [CHG-1]"
    assert event["TRANSP"] == "TRANSPARENT"
    assert event["STATUS"] == "CONFIRMED"
    assert event["DTSTAMP"].dt == NOW


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("Europe/Madrid", "2027-03-27T22:30:00Z", "2027-03-28T02:00:00Z"),
        ("Australia/Lord_Howe", "2027-04-03T14:00:00Z", "2027-04-03T15:30:00Z"),
        ("Asia/Kolkata", "2027-01-20T22:00:00Z", "2027-01-20T23:30:00Z"),
        ("Africa/Casablanca", "2027-02-07T01:00:00Z", "2027-02-07T04:00:00Z"),
        # 01:30 occurs twice that night: only UTC can say which one is meant.
        ("America/New_York", "2027-11-07T05:30:00Z", "2027-11-07T06:30:00Z"),
        ("UTC", "2027-01-20T22:00:00Z", "2027-01-20T23:30:00Z"),
        ("Etc/UTC", "2027-01-20T22:00:00Z", "2027-01-20T23:30:00Z"),
    ],
)
def test_entries_are_at_the_right_instants_also_where_clocks_change(
    zone: str, start: str, end: str
) -> None:
    message = mail(about=change(window={"start": start, "end": end}), timezone=zone)
    calendar, event = entry(message)
    assert event["DTSTART"].dt.astimezone(UTC) == datetime.fromisoformat(start)
    assert event["DTEND"].dt.astimezone(UTC) == datetime.fromisoformat(end)
    named = {event[name].params.get("TZID") for name in ("DTSTART", "DTEND")}
    zones: list[str | None] = [str(each["TZID"]) for each in calendar.walk("VTIMEZONE")]
    assert named == (set(zones) or {None})
    assert zones == ([] if zone in {"UTC", "Etc/UTC", "America/New_York"} else [zone])


def test_summer_time_starts_at_the_hour_that_the_old_clocks_show() -> None:
    """RFC 5545 §3.6.5: DTSTART of an onset is local time in TZOFFSETFROM."""
    window = {"start": "2027-03-14T07:30:00Z", "end": "2027-03-14T08:00:00Z"}
    calendar, _ = entry(mail(about=change(window=window), timezone="America/New_York"))
    onsets = [str(each.to_ical()) for each in calendar.walk("DAYLIGHT")]
    assert any("DTSTART:20270314T020000" in each for each in onsets)


def test_a_later_revision_moves_the_same_entry() -> None:
    later = {"start": "2027-02-01T22:00:00Z", "end": "2027-02-01T23:00:00Z"}
    _, first = entry(mail(about=change()))
    _, second = entry(mail(MailKind.UPDATE, change(revision=7, window=later), previous=change()))
    assert first["UID"] == second["UID"]
    assert (first["SEQUENCE"], second["SEQUENCE"]) == (1, 7)
    assert second["DTSTART"].dt.astimezone(UTC) == datetime(2027, 2, 1, 22, tzinfo=UTC)


def test_two_customers_have_different_entries() -> None:
    _, acme = entry(mail())
    _, globex = entry(mail(customer="globex"))
    assert acme["UID"] != globex["UID"]


@pytest.mark.parametrize("kind", [MailKind.CANCELLED, MailKind.WITHDRAWN])
def test_the_end_of_it_cancels_the_same_entries(kind: MailKind) -> None:
    before = mail(about=with_meeting())
    status = "cancelled" if kind is MailKind.CANCELLED else "approved"
    after = mail(kind, with_meeting(revision=2, status=status))
    for index in (0, 1):
        _, invited = entry(before, index)
        calendar, event = entry(after, index)
        assert calendar["METHOD"] == "CANCEL"
        assert event["STATUS"] == "CANCELLED"
        assert event["SEQUENCE"] == 2
        assert event["UID"] == invited["UID"]
        assert event["ATTENDEE"] == f"mailto:{READER}"
    assert entry(after)[1]["X-MAINTNOTE-STATUS"] == "CANCELLED"


def test_the_meeting_is_a_message_of_its_own_since_one_has_one_uid() -> None:
    message = mail(about=with_meeting())
    window, meeting = calendar_parts(message)
    assert window.get_content_type() == "text/calendar"
    # A second text/calendar would be taken for the maintenance by programs that look for one.
    assert meeting.get_content_type() == "application/ics"
    assert window.get_content_disposition() is None
    assert meeting.get_content_disposition() == "attachment"
    assert meeting.get_filename() == "meeting.ics"
    _, event = entry(message, 1)
    assert event["UID"] != entry(message)[1]["UID"]
    assert event["SUMMARY"] == "Bridge · For Acme Industries [CHG-1]"
    assert event["LOCATION"] == "Room 1, second floor; ring twice"
    assert event["URL"] == "https://meet.provider.example/b?x=1,2;3"
    assert event["DTEND"].dt - event["DTSTART"].dt == datetime(1, 1, 1, 0, 45) - datetime(1, 1, 1)


def test_every_part_says_its_method_as_its_calendar_does() -> None:
    gone = mail(MailKind.UPDATE, change(revision=2, title="T"), previous=with_meeting())
    parts = calendar_parts(gone)
    said = [part["Content-Type"].params["method"] for part in parts]
    assert said == [str(each["METHOD"]) for each in calendars_of(gone)] == ["REQUEST", "CANCEL"]
    assert all(part["Content-Type"].params["charset"] == "utf-8" for part in parts)


def test_a_meeting_that_is_gone_is_cancelled_for_those_who_know_it() -> None:
    without = change(revision=2, title="T")
    _, known = entry(mail(about=with_meeting()), 1)
    calendar, gone = entry(mail(MailKind.UPDATE, without, previous=with_meeting()), 1)
    assert calendar["METHOD"] == "CANCEL"
    assert gone["UID"] == known["UID"]
    new = mail(MailKind.UPDATE, without, previous=with_meeting(), variant=Variant.FULL_CALENDAR)
    assert len(calendars_of(new)) == 1


def test_a_cancelled_change_cancels_a_meeting_that_its_document_forgot() -> None:
    cancelled = change(revision=2, status="cancelled")
    message = mail(MailKind.CANCELLED, cancelled, previous=with_meeting())
    assert [str(each["METHOD"]) for each in calendars_of(message)] == ["CANCEL", "CANCEL"]


def test_an_announcement_without_a_window_invites_to_its_meeting() -> None:
    message = mail(about=with_meeting(kind="announcement", window=None))
    _, event = entry(message)
    assert event["SUMMARY"] == "Bridge · For Acme Industries [CHG-1]"
    assert message.get_content_type() == "multipart/alternative"


def test_an_announcement_without_any_date_has_no_entry() -> None:
    assert calendars_of(mail(about=change(kind="announcement", window=None))) == []


def test_approvers_get_no_entry() -> None:
    assert calendars_of(mail(MailKind.APPROVAL_REQUEST, with_meeting(status="submitted"))) == []


def test_people_who_do_not_subscribe_to_the_calendar_get_no_entry() -> None:
    message = mail(about=with_meeting(), variant=Variant.FULL)
    assert calendars_of(message) == []
    assert "meeting.ics" not in str(message)


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        ("approved", MailKind.ANNOUNCEMENT, "CONFIRMED"),
        ("in_progress", MailKind.STARTED, "IN-PROCESS"),
        ("completed", MailKind.COMPLETED, "COMPLETED"),
        ("cancelled", MailKind.CANCELLED, "CANCELLED"),
    ],
)
def test_programs_read_where_the_maintenance_stands(status: str, kind: MailKind, said: str) -> None:
    _, event = entry(mail(kind, change(status=status, customer_impact="Down.")))
    assert {key: str(value) for key, value in event.items() if key.startswith("X-")} == {
        "X-MAINTNOTE-PROVIDER": "mail.acme.example",
        "X-MAINTNOTE-ACCOUNT": "acme",
        "X-MAINTNOTE-MAINTENANCE-ID": "CHG-1",
        "X-MAINTNOTE-OBJECT-ID": "Acme Industries",
        "X-MAINTNOTE-IMPACT": "DEGRADED",
        "X-MAINTNOTE-STATUS": said,
    }


def test_programs_read_no_impact_where_there_is_none() -> None:
    _, event = entry(mail(about=change(customer_impact="none")))
    assert event["X-MAINTNOTE-IMPACT"] == "NO-IMPACT"


def test_the_entry_says_impact_and_whom_to_ask() -> None:
    _, event = entry(mail(about=change(customer_impact="Sessions, drop; twice\\n\nTwice.")))
    said = str(event["DESCRIPTION"])
    assert "Impact on you:\n  Sessions, drop; twice\\n\n  Twice." in said
    assert "Contact: desk@provider.example" in said
    assert "2027-01-20 22:00\u00a0– 23:30 UTC" in said


@pytest.mark.parametrize(
    ("kind", "status", "mark"),
    [
        (MailKind.STARTED, "in_progress", "In progress: "),
        (MailKind.COMPLETED, "completed", "Completed: "),
    ],
)
def test_what_has_begun_or_is_over_invites_nobody_and_marks_the_entry(
    kind: MailKind, status: str, mark: str
) -> None:
    _, invited = entry(mail(about=with_meeting()))
    for previous in (None, with_meeting()):
        message = mail(kind, with_meeting(revision=2, status=status), previous=previous)
        (calendar,) = calendars_of(message)
        event = event_of(calendar)
        assert calendar["METHOD"] == "PUBLISH"
        assert "ATTENDEE" not in event
        assert event["UID"] == invited["UID"]
        assert event["SEQUENCE"] == 2
        assert event["SUMMARY"] == f"{mark}Patch the hosts · For Acme Industries [CHG-1]"


def test_a_meeting_that_moves_while_it_runs_is_moved() -> None:
    later = {**MEETING, "start": "2027-01-20T23:45:00Z"}
    running = change(revision=2, status="in_progress", meeting=later)
    message = mail(MailKind.STARTED, running, previous=with_meeting())
    assert [str(each["METHOD"]) for each in calendars_of(message)] == ["PUBLISH", "REQUEST"]


@pytest.mark.parametrize("language", ["en", "fr", "ja"])
def test_a_long_description_is_cut_where_people_see_it_below_its_short_facts(language: str) -> None:
    impact = "\n".join(f"{n}. Service number {n} is restarted." for n in range(1, 90))
    about = change(customer_impact=impact)
    _, event = entry(mail(about=about, language=language))
    said = str(event["DESCRIPTION"])
    assert len(said) <= 2_000
    words = words_in(language)
    assert said.endswith(words("text", "calendar_cut"))
    for label, value in (("change", "CHG-1"), ("ask", "desk@provider.example")):
        line = f"{words('label', label)}{words('text', 'colon')}{value}"
        assert line in said.split("\n")
    assert " | " not in said


def test_no_line_of_an_entry_is_longer_than_75_octets() -> None:
    long = change(title="ä" * 200, customer_impact="€uro " * 300)
    for address in ("a@b.example", f"{'x' * 64}@{'d' * 60}.{'e' * 60}.{'f' * 50}.example"):
        message = mail(about=long, to=address)
        (part,) = (p for p in message.walk() if p.get_content_type() == "text/calendar")
        lines = str(part.get_content()).encode().split(b"\r\n")
        assert max(map(len, lines)) <= 75
        assert entry(message)[1]["ATTENDEE"] == f"mailto:{address}"


def test_programs_read_every_service_and_who_the_provider_is() -> None:
    about = change(services=["VPN", "DNS"])
    event = event_of(calendars_of(mail(about=about, provider_name="Provider"))[0])
    assert [str(name) for name in event["X-MAINTNOTE-OBJECT-ID"]] == ["VPN", "DNS"]
    assert event["X-MAINTNOTE-PROVIDER"] == "Provider"
