"""Windows in words: the customer's zone and UTC, right across clock changes."""

from datetime import datetime, timedelta

import pytest

from changecast.change import Window
from changecast.compose import times
from changecast.compose.words import words_in

EN = words_in("en")


def window(start: str, end: str) -> Window:
    return Window.model_validate({"start": start, "end": end})


@pytest.mark.parametrize(
    ("start", "end", "zone", "lines", "utc"),
    [
        (
            "2027-01-20T20:00:00Z",
            "2027-01-20T21:30:00Z",
            "Europe/Madrid",
            ("Wednesday, January 20, 2027, 21:00 – 22:30 (Europe/Madrid, UTC+01:00)",),
            "2027-01-20 20:00 – 21:30 UTC",
        ),
        (
            "2027-03-27T22:30:00Z",
            "2027-03-28T02:00:00Z",
            "Europe/Berlin",
            (
                "Saturday, March 27, 2027, 23:30 (UTC+01:00)",
                "– Sunday, March 28, 2027, 04:00 (UTC+02:00, Europe/Berlin)",
            ),
            "2027-03-27 22:30 – 2027-03-28 02:00 UTC",
        ),
        (
            "2027-11-07T05:30:00Z",
            "2027-11-07T06:30:00Z",
            "America/New_York",
            (
                "Sunday, November 7, 2027, 01:30 (UTC−04:00)",
                "– Sunday, November 7, 2027, 01:30 (UTC−05:00, America/New_York)",
            ),
            "2027-11-07 05:30 – 06:30 UTC",
        ),
        (
            "2027-01-20T20:00:00Z",
            "2027-01-20T21:00:00Z",
            "Asia/Kathmandu",
            ("Thursday, January 21, 2027, 01:45 – 02:45 (Asia/Kathmandu, UTC+05:45)",),
            "2027-01-20 20:00 – 21:00 UTC",
        ),
        (
            "2027-01-20T20:00:00Z",
            "2027-01-20T21:00:00Z",
            "Europe/London",
            ("Wednesday, January 20, 2027, 20:00 – 21:00 (Europe/London, UTC)",),
            "2027-01-20 20:00 – 21:00 UTC",
        ),
    ],
)
def test_a_window_reads_right_in_its_zone_and_in_utc(
    start: str, end: str, zone: str, lines: tuple[str, ...], utc: str
) -> None:
    assert times.in_zone(window(start, end), zone, EN) == lines
    assert times.in_utc(window(start, end)) == utc


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2027-03-27T22:30:00Z", "2027-03-28T02:00:00Z", "3 hours 30 minutes"),
        ("2027-01-01T00:00:00Z", "2027-01-03T01:01:00Z", "2 days 1 hour 1 minute"),
        ("2027-01-01T00:00:00Z", "2027-01-01T00:00:30Z", "0 minutes"),
    ],
)
def test_a_duration_is_elapsed_time_also_where_clocks_change(
    start: str, end: str, said: str
) -> None:
    assert times.duration(window(start, end).duration, EN) == said


def test_the_short_form_has_a_second_date_only_where_it_must() -> None:
    night = window("2027-01-20T22:00:00Z", "2027-01-20T23:30:00Z")
    assert times.short(night, "Europe/Madrid", EN) == "Jan 20, 2027 23:00 – 00:30 (UTC+01:00)"
    days = window("2027-01-20T22:00:00Z", "2027-01-22T22:00:00Z")
    assert times.short(days, "Europe/Madrid", EN) == (
        "Jan 20, 2027 23:00 – Jan 22, 2027 23:00 (UTC+01:00)"
    )


def test_the_short_form_names_both_offsets_where_clocks_change() -> None:
    moved = window("2027-03-27T22:30:00Z", "2027-03-28T02:00:00Z")
    assert times.short(moved, "Europe/Berlin", EN) == (
        "Mar 27, 2027 23:30 UTC+01:00 – 04:00 UTC+02:00"
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Wednesday, January 20, 2027, 23:00 (UTC+01:00)"),
        ("en-GB", "Wednesday, 20 January 2027, 23:00 (UTC+01:00)"),
        ("de", "Mittwoch, 20. Januar 2027, 23:00 (UTC+01:00)"),
        ("es", "miércoles, 20 de enero de 2027, 23:00 (UTC+01:00)"),
        ("fr", "mercredi 20 janvier 2027, 23:00 (UTC+01:00)"),
    ],
)
def test_dates_are_in_the_customers_language(language: str, said: str) -> None:
    when = datetime.fromisoformat("2027-01-20T22:00:00+00:00")
    assert times.moment(when, "Europe/Madrid", words_in(language)) == said


def test_minutes_are_never_rounded_up() -> None:
    assert times.duration(timedelta(minutes=59, seconds=59), EN) == "59 minutes"
