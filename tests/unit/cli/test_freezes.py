"""When a customer wants no changes, and how long a change takes to tell."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from changecast.contract.change import Window
from changecast_cli.announcing.freezes import Freezes, clashes, freezes_of, too_short
from changecast_cli.announcing.outlook import seconds_to_send
from changecast_cli.failures import Refused

NOW = datetime(2027, 1, 10, 12, tzinfo=UTC)


def freezes(folder: Path, *events: str, notice: str = "") -> Freezes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", notice]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.split("|"), "SUMMARY:quarter end", "END:VEVENT"]
    text = "\r\n".join(line for line in [*lines, "END:VCALENDAR"] if line)
    (folder / "acme.ics").write_bytes(text.encode())
    return freezes_of(folder, "acme", "Europe/Madrid")


def window(start: str, hours: float = 2) -> Window:
    at = datetime.fromisoformat(start)
    return Window(start=at, end=at + timedelta(hours=hours))


WHOLE_DAYS = "DTSTART;VALUE=DATE:20270120|DTEND;VALUE=DATE:20270122"
EVERY_MONDAY = "DTSTART:20270104T080000Z|DURATION:PT4H|RRULE:FREQ=WEEKLY;UNTIL=20270301"
NEW_YEAR = "DTSTART;VALUE=DATE:20261220|DTEND;VALUE=DATE:20270107|RRULE:FREQ=YEARLY"


@pytest.mark.parametrize(
    ("event", "start", "hit"),
    [
        (WHOLE_DAYS, "2027-01-19T22:30:00+00:00", True),  # midnight in Madrid is inside
        (WHOLE_DAYS, "2027-01-19T20:59:00+00:00", False),
        (WHOLE_DAYS, "2027-01-21T22:59:00+00:00", True),
        (WHOLE_DAYS, "2027-01-21T23:00:00+00:00", False),
        (EVERY_MONDAY, "2027-02-08T11:30:00+00:00", True),
        (EVERY_MONDAY, "2027-02-09T09:00:00+00:00", False),
        (EVERY_MONDAY, "2027-03-08T09:00:00+00:00", False),
        (NEW_YEAR, "2027-12-31T23:00:00+00:00", True),
        (NEW_YEAR, "2027-11-30T23:00:00+00:00", False),
    ],
)
def test_a_window_in_a_freeze_is_named(tmp_path: Path, event: str, start: str, hit: bool) -> None:
    found = [name for name, *_ in clashes(freezes(tmp_path, event), window(start))]
    assert found == (["quarter end"] if hit else [])


def test_short_notice_is_measured_from_now_to_the_start(tmp_path: Path) -> None:
    wanted = freezes(tmp_path, notice="X-CHANGECAST-MINIMUM-NOTICE:P3D")
    assert too_short(wanted, window("2027-01-12T12:00:00+00:00"), NOW) == timedelta(days=1)
    assert too_short(wanted, window("2027-01-13T12:00:00+00:00"), NOW) is None


def test_a_customer_without_a_file_wants_nothing(tmp_path: Path) -> None:
    assert freezes_of(tmp_path, "globex", "UTC") == Freezes()


def test_a_file_that_is_no_calendar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "acme.ics").write_text("not a calendar")
    with pytest.raises(Refused, match=r"cannot read .*acme\.ics as a calendar"):
        freezes_of(tmp_path, "acme", "UTC")


@pytest.mark.parametrize(
    ("mails", "most", "sent", "seconds"),
    [(140, 50_000, 0, 10), (140, -1, 0, 10), (300, 200, 0, 86_400), (500, 200, 100, 172_800)],
)
def test_a_quota_ends_a_day(mails: int, most: float, sent: float, seconds: float) -> None:
    quota = {"MaxSendRate": 14.0, "Max24HourSend": most, "SentLast24Hours": sent}
    assert seconds_to_send(mails, quota) == pytest.approx(seconds)
