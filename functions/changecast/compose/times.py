"""Windows and durations as people read them: their own zone and UTC, with offsets. Babel."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.units import format_unit

from changecast.change import Window
from changecast.compose.words import Words


def moment(when: datetime, zone: str, words: Words) -> str:
    """Day, time and offset: Wednesday, January 20, 2027, 23:00 (UTC+01:00)."""
    return f"{_long(when, zone, words)} ({offset(when, zone)})"


def offset(when: datetime, zone: str) -> str:
    """The zone's offset at that instant, for instance UTC+01:00, and UTC where there is none."""
    shift = format_datetime(when.astimezone(ZoneInfo(zone)), "xxx")
    # A minus sign, at which no line breaks as it would at a hyphen.
    return "UTC" if shift == "+00:00" else f"UTC{shift}".replace("-", "\N{MINUS SIGN}")


def in_zone(window: Window, zone: str, words: Words) -> tuple[str, ...]:
    """The window in a zone, a line per day; offsets that differ are both said."""
    first, second = offset(window.start, zone), offset(window.end, zone)
    start, end = _long(window.start, zone, words), _long(window.end, zone, words)
    if first != second:
        return f"{start} ({first})", f"– {end} ({second}, {zone})"
    if _day(window.start, zone) == _day(window.end, zone):
        return (f"{start} – {_clock(window.end, zone, words)} ({zone}, {first})",)
    return start, f"– {end} ({zone}, {first})"


def in_utc(window: Window) -> str:
    """The window in UTC, RFC 3339 without seconds: it sorts, and no language differs."""
    start, end = (when.astimezone(UTC) for when in (window.start, window.end))
    pattern = "%H:%M" if start.date() == end.date() else "%Y-%m-%d %H:%M"
    return f"{start:%Y-%m-%d %H:%M} – {end.strftime(pattern)} UTC"


def duration(span: timedelta, words: Words) -> str:
    """Elapsed time (not wall-clock time) in days, hours and minutes."""
    minutes = int(span.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "day"), (hours, "hour"), (rest, "minute")]
    said = [format_unit(n, f"duration-{unit}", locale=words.locale) for n, unit in parts if n]
    return " ".join(said) or format_unit(0, "duration-minute", locale=words.locale)


def short(window: Window, zone: str, words: Words) -> str:
    """Start and end for a subject line and a first sentence; within a day the end has no date."""
    start, end = _brief(window.start, zone, words), _brief(window.end, zone, words)
    first, second = offset(window.start, zone), offset(window.end, zone)
    if window.duration < timedelta(days=1):
        end = _clock(window.end, zone, words)
    if first != second:
        return f"{start} {first} – {end} {second}"
    return f"{start} – {end} ({first})"


def brief(when: datetime, zone: str, words: Words) -> str:
    """One instant for a subject line and a first sentence: Jan 20, 2027 23:00 (UTC+01:00)."""
    return f"{_brief(when, zone, words)} ({offset(when, zone)})"


def _brief(when: datetime, zone: str, words: Words) -> str:
    day = format_date(_day(when, zone), "medium", words.locale)
    return f"{day} {_clock(when, zone, words)}"


def _long(when: datetime, zone: str, words: Words) -> str:
    day = format_date(_day(when, zone), "full", words.locale)
    return f"{day}, {_clock(when, zone, words)}"


def _day(when: datetime, zone: str) -> date:
    return when.astimezone(ZoneInfo(zone)).date()


def _clock(when: datetime, zone: str, words: Words) -> str:
    """Hours and minutes, 24 hours in every language: nobody mistakes 10 for 22."""
    return format_time(when.astimezone(ZoneInfo(zone)), "HH:mm", locale=words.locale)
