"""Windows in words: the customer's zone and UTC, right across clock changes, in every language."""

from datetime import datetime, timedelta

import pytest

from changecast.contract.change import Window
from changecast.customer.compose import times
from changecast.customer.compose.words import words_in
from tests.support.builders import NOW

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
            ("Wednesday 20 January 2027, 21:00\u00a0– 22:30 (Europe/Madrid, UTC+01:00)",),
            "2027-01-20 20:00\u00a0– 21:30 UTC",
        ),
        (
            "2027-01-20T20:00:00Z",
            "2027-01-20T21:30:00Z",
            "UTC",
            ("Wednesday 20 January 2027, 20:00\u00a0– 21:30 (UTC)",),
            "2027-01-20 20:00\u00a0– 21:30 UTC",
        ),
        (
            "2027-03-27T22:30:00Z",
            "2027-03-28T02:00:00Z",
            "Europe/Berlin",
            (
                "Saturday 27 March 2027, 23:30 (UTC+01:00)\u00a0–",
                "Sunday 28 March, 04:00 (UTC+02:00, Europe/Berlin)",
            ),
            "2027-03-27 22:30\u00a0– 2027-03-28 02:00 UTC",
        ),
        (
            "2027-11-07T05:30:00Z",
            "2027-11-07T06:30:00Z",
            "America/New_York",
            (
                "Sunday 7 November 2027, 01:30 (UTC−04:00)\u00a0–",
                "Sunday 7 November, 01:30 (UTC−05:00, America/New_York)",
            ),
            "2027-11-07 05:30\u00a0– 06:30 UTC",
        ),
        (
            "2027-12-31T22:00:00Z",
            "2028-01-01T02:00:00Z",
            "Europe/Madrid",
            (
                "Friday 31 December 2027, 23:00\u00a0–",
                "Saturday 1 January 2028, 03:00 (Europe/Madrid, UTC+01:00)",
            ),
            "2027-12-31 22:00\u00a0– 2028-01-01 02:00 UTC",
        ),
        (
            "2027-01-20T20:00:00Z",
            "2027-01-20T21:00:00Z",
            "Asia/Kathmandu",
            ("Thursday 21 January 2027, 01:45\u00a0– 02:45 (Asia/Kathmandu, UTC+05:45)",),
            "2027-01-20 20:00\u00a0– 21:00 UTC",
        ),
        (
            "2027-01-20T20:00:00Z",
            "2027-01-20T21:00:00Z",
            "Europe/London",
            ("Wednesday 20 January 2027, 20:00\u00a0– 21:00 (Europe/London, UTC)",),
            "2027-01-20 20:00\u00a0– 21:00 UTC",
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
        ("2027-03-27T22:30:00Z", "2027-03-28T02:00:00Z", "3 hours and 30 minutes"),
        ("2027-01-01T00:00:00Z", "2027-01-03T01:01:00Z", "2 days, 1 hour and 1 minute"),
        ("2027-01-01T00:00:00Z", "2027-01-01T02:00:00Z", "2 hours"),
        ("2027-01-01T00:00:00Z", "2027-01-01T00:00:30Z", "0 minutes"),
    ],
)
def test_a_duration_is_elapsed_time_also_where_clocks_change(
    start: str, end: str, said: str
) -> None:
    assert times.duration(window(start, end).duration, EN) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "1 Stunde und 30 Minuten"),
        ("en", "1 hour and 30 minutes"),
        ("es", "1 hora y 30 minutos"),
        ("fr", "1 heure et 30 minutes"),
        ("it", "1 ora e 30 minuti"),
        ("ja", "1時間30分"),
        ("nl", "1 uur en 30 minuten"),
        ("pt", "1 hora e 30 minutos"),
    ],
)
def test_a_duration_is_read_as_people_say_it(language: str, said: str) -> None:
    assert times.duration(timedelta(minutes=90), words_in(language)) == said


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (
            "2027-01-20T22:00:00Z",
            "2027-01-20T23:30:00Z",
            "Wednesday 20 January 2027, 23:00\u00a0– Thursday 21 January, 00:30 (UTC+01:00)",
        ),
        (
            "2027-01-20T20:00:00Z",
            "2027-01-20T21:30:00Z",
            "Wednesday 20 January 2027, 21:00\u00a0– 22:30 (UTC+01:00)",
        ),
        (
            "2027-03-27T22:30:00Z",
            "2027-03-28T02:00:00Z",
            "Saturday 27 March 2027, 23:30 (UTC+01:00)\u00a0– Sunday 28 March, 04:00 (UTC+02:00)",
        ),
        (
            "2027-01-20T09:00:00Z",
            "2027-01-21T08:00:00Z",
            "Wednesday 20 January 2027, 10:00\u00a0– Thursday 21 January, 09:00 (UTC+01:00)",
        ),
    ],
)
def test_an_end_on_another_day_is_never_shown_without_its_day(
    start: str, end: str, said: str
) -> None:
    assert times.span(window(start, end), "Europe/Madrid", EN) == said


@pytest.mark.parametrize(
    ("language", "moment", "within_a_day", "short"),
    [
        ("en", "Wednesday 20 January 2027, 23:00", "Wednesday 20 January 2027, 23:00\u00a0– 23:30",
         "Wed 20 Jan 23:00"),
        ("en-US", "Wednesday, January 20, 2027, 23:00",
         "Wednesday, January 20, 2027, 23:00\u00a0– 23:30", "Wed, Jan 20, 23:00"),
        ("de", "Mittwoch, 20. Januar 2027, 23:00\u00a0Uhr",
         "Mittwoch, 20. Januar 2027, 23:00\u00a0– 23:30\u00a0Uhr",
         "Mi. 20. Jan. 23:00"),
        ("de-AT", "Mittwoch, 20. Jänner 2027, 23:00\u00a0Uhr",
         "Mittwoch, 20. Jänner 2027, 23:00\u00a0– 23:30\u00a0Uhr", "Mi. 20. Jän. 23:00"),
        ("es", "miércoles, 20 de enero de 2027, 23:00\u00a0h",
         "miércoles, 20 de enero de 2027, 23:00\u00a0– 23:30\u00a0h", "mié 20 ene 23:00"),
        ("fr", "mercredi 20 janvier 2027 à 23:00", "mercredi 20 janvier 2027, de 23:00 à 23:30",
         "mer. 20 janv. 23:00"),
        ("it", "mercoledì 20 gennaio 2027, ore 23:00",
         "mercoledì 20 gennaio 2027, ore 23:00\u00a0– 23:30",
         "mer 20 gen 23:00"),
        ("nl", "woensdag 20 januari 2027, 23:00\u00a0uur",
         "woensdag 20 januari 2027, 23:00\u00a0– 23:30\u00a0uur",
         "wo 20 jan 23:00"),
        ("pt", "quarta-feira, 20 de janeiro de 2027, às 23:00",
         "quarta-feira, 20 de janeiro de 2027, das 23:00 às 23:30", "qua. 20 jan. 23:00"),
        ("ja", "2027年1月20日(水) 23:00", "2027年1月20日(水) 23:00\u00a0～ 23:30",
         "1月20日(水) 23:00"),
    ],
)  # fmt: skip
def test_dates_are_written_as_in_the_customers_language(
    language: str, moment: str, within_a_day: str, short: str
) -> None:
    words, zone = words_in(language), "Europe/Madrid"
    when = datetime.fromisoformat("2027-01-20T22:00:00+00:00")
    late = Window(start=when, end=when + timedelta(minutes=30))
    assert times.moment(when, zone, words) == f"{moment} (UTC+01:00)"
    assert times.span(late, zone, words) == f"{within_a_day} (UTC+01:00)"
    assert times.short(when, zone, words, NOW) == short


@pytest.mark.parametrize(
    ("start", "end", "zone", "said"),
    [
        # A night is read as one: its end needs no day.
        ("2027-01-20T22:00:00Z", "2027-01-20T23:30:00Z", "Europe/Madrid",
         "Wed 20 Jan, 23:00–00:30 (Madrid)"),
        ("2027-01-20T20:00:00Z", "2027-01-20T21:30:00Z", "Europe/Madrid",
         "Wed 20 Jan, 21:00–22:30 (Madrid)"),
        # "10:00–09:00" would read backwards.
        ("2027-01-20T09:00:00Z", "2027-01-21T08:00:00Z", "Europe/Madrid",
         "Wed 20 Jan, 10:00\u00a0– Thu 21 Jan, 09:00 (Madrid)"),
        # Where the clocks change meanwhile, or show the time twice, only offsets are exact.
        ("2027-03-27T22:30:00Z", "2027-03-28T02:00:00Z", "Europe/Madrid",
         "Saturday 27 March 2027, 23:30 (UTC+01:00)\u00a0– Sunday 28 March, 04:00 (UTC+02:00)"),
        ("2026-10-25T01:10:00Z", "2026-10-25T01:40:00Z", "Europe/Madrid",
         "Sun 25 Oct, 02:10–02:40 (UTC+01:00)"),
        ("2028-01-20T22:00:00Z", "2028-01-20T23:30:00Z", "Europe/Madrid",
         "Thu 20 Jan 2028, 23:00–00:30 (Madrid)"),
        ("2027-01-20T22:00:00Z", "2027-01-20T23:30:00Z", "America/Argentina/Buenos_Aires",
         "Wed 20 Jan, 19:00–20:30 (Buenos Aires)"),
        ("2027-01-20T22:00:00Z", "2027-01-20T23:30:00Z", "UTC", "Wed 20 Jan, 22:00–23:30 (UTC)"),
        ("2027-01-20T22:00:00Z", "2027-01-20T23:30:00Z", "Etc/GMT-3",
         "Thu 21 Jan, 01:00–02:30 (UTC+03:00)"),
    ],
)  # fmt: skip
def test_a_sentence_gives_a_window_as_short_as_it_is_exact(
    start: str, end: str, zone: str, said: str
) -> None:
    assert times.brief(window(start, end), zone, EN, NOW) == said


@pytest.mark.parametrize(
    ("language", "when", "since"),
    [
        ("en", "Wed 20 Jan, 23:00–00:30 (Madrid)", "Wed 20 Jan, 23:00"),
        ("en-US", "Wed, Jan 20, 23:00–00:30 (Madrid)", "Wed, Jan 20, 23:00"),
        ("de", "Mi. 20. Jan., 23:00–00:30\u00a0Uhr (Madrid)", "Mi. 20. Jan., 23:00\u00a0Uhr"),
        ("es", "mié 20 ene, 23:00–00:30\u00a0h (Madrid)", "mié 20 ene, 23:00\u00a0h"),
        ("fr", "mer. 20 janv. de 23:00 à 00:30 (Madrid)", "mer. 20 janv. à 23:00"),
        ("it", "mer 20 gen, ore 23:00–00:30 (Madrid)", "mer 20 gen, ore 23:00"),
        ("nl", "wo 20 jan, 23:00–00:30\u00a0uur (Madrid)", "wo 20 jan, 23:00\u00a0uur"),
        ("pt", "qua. 20 jan., das 23:00 às 00:30 (Madrid)", "qua. 20 jan., às 23:00"),
        ("ja", "1月20日(水) 23:00～00:30 (マドリード)", "1月20日(水) 23:00"),
    ],
)
def test_a_short_window_is_written_as_in_the_customers_language(
    language: str, when: str, since: str
) -> None:
    words, zone = words_in(language), "Europe/Madrid"
    night = window("2027-01-20T22:00:00Z", "2027-01-20T23:30:00Z")
    assert times.brief(night, zone, words, NOW) == when
    place = when[when.index(" (") :]
    assert times.brief_moment(night.start, zone, words, NOW) == f"{since}{place}"


@pytest.mark.parametrize(
    ("language", "zone", "day"),
    [
        ("en", "Europe/Madrid", "Wednesday 20 January 2027"),
        ("en", "UTC", "Wednesday 20 January 2027"),
        ("en", "America/New_York", "Wednesday, January 20, 2027"),
        ("en-GB", "America/New_York", "Wednesday 20 January 2027"),
        ("en-US", "Europe/Madrid", "Wednesday, January 20, 2027"),
        ("de", "Europe/Vienna", "Mittwoch, 20. Jänner 2027"),
        ("de", "Europe/Madrid", "Mittwoch, 20. Januar 2027"),
    ],
)
def test_a_language_without_a_region_takes_that_of_the_time_zone(
    language: str, zone: str, day: str
) -> None:
    when = datetime.fromisoformat("2027-01-20T12:00:00+00:00")
    assert times.moment(when, zone, words_in(language, zone)).startswith(day)


@pytest.mark.parametrize("days", [-400, -301, 301, 3_000])
def test_a_day_that_is_far_away_has_its_year_in_the_subject(days: int) -> None:
    when = NOW + timedelta(days=days)
    assert f" {when.year} " in times.short(when, "UTC", EN, NOW)
    assert f"{when.year}" not in times.short(NOW + timedelta(days=200), "UTC", EN, NOW)


def test_minutes_are_never_rounded_up() -> None:
    assert times.duration(timedelta(minutes=59, seconds=59), EN) == "59 minutes"


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        ("2027-01-20T20:00:00Z", "2027-01-20T21:30:00Z", "21:00\u00a0– 22:30 (UTC+01:00)"),
        (
            "2027-01-20T22:00:00Z",
            "2027-01-21T00:30:00Z",
            "23:00\u00a0– Thursday 21 January, 01:30 (UTC+01:00)",
        ),
        (
            "2027-12-31T22:30:00Z",
            "2027-12-31T23:30:00Z",
            "23:30\u00a0– Saturday 1 January 2028, 00:30 (UTC+01:00)",
        ),
        (
            "2027-03-28T00:30:00Z",
            "2027-03-28T01:30:00Z",
            "01:30 (UTC+01:00)\u00a0– Sunday 28 March, 03:30 (UTC+02:00)",
        ),
        (
            "2027-10-31T00:30:00Z",
            "2027-10-31T01:30:00Z",
            "02:30 (UTC+02:00)\u00a0– Sunday 31 October, 02:30 (UTC+01:00)",
        ),
    ],
)
def test_below_its_day_a_window_is_only_hours_where_that_is_exact(
    start: str, end: str, shown: str
) -> None:
    assert times.hours(window(start, end), "Europe/Madrid", EN) == shown
