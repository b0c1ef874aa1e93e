"""Instants, windows and durations for people, in their own zone, with Babel.

The patterns are in the table `time` of the language files. An end on another local day than its
start is shown with its day, except in `brief`, where a night needs none.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.core import get_global
from babel.dates import format_date, format_datetime, format_time

from changecast.contract.change import Window
from changecast.customer.compose.words import Words

# Beyond this distance, a date without its year may be misread.
_A_YEAR = timedelta(days=300)
# A window up to this long that ends on the next day is read as one night.
_A_NIGHT = timedelta(hours=12)
# (length, step) in minutes: lengths from `length` on are rounded to `step`.
_STEPS = ((6 * 60, 60), (2 * 60, 15), (10, 5))


def moment(when: datetime, zone: str, words: Words) -> str:
    """Return day, time and offset: Wednesday 20 January 2027, 23:00 (UTC+01:00)."""
    return f"{_moment(when, zone, words)} ({offset(when, zone)})"


def offset(when: datetime, zone: str) -> str:
    """Return the zone's offset at that instant, for example UTC+01:00; UTC if it is zero."""
    shift = format_datetime(when.astimezone(ZoneInfo(zone)), "xxx")
    # A minus sign, because lines break at a hyphen.
    return "UTC" if shift == "+00:00" else f"UTC{shift}".replace("-", "\N{MINUS SIGN}")


def shows_utc(zone: str, *instants: datetime) -> bool:
    """Return whether a zone's clocks show UTC at these instants: London's do in winter."""
    return all(offset(when, zone) == "UTC" for when in instants)


def span(window: Window, zone: str, words: Words) -> str:
    """Return a window with its offset: Wednesday 20 January 2027, 21:00 – 22:30 (UTC+01:00)."""
    start, end = window.start, window.end
    first, second = offset(start, zone), offset(end, zone)
    if first != second:
        later = _moment(end, zone, words, after=start)
        return f"{_moment(start, zone, words)} ({first}){_until(words)} {later} ({second})"
    ends = f"{_until(words)} ".join(_ends(window, zone, words))
    return f"{ends} ({first})"


def brief(window: Window, zone: str, words: Words, now: datetime) -> str:
    """Return a window for a sentence: Wed 20 Jan, 21:00–22:30 (Madrid).

    It has offsets if the clocks change in between, because only offsets are exact then.
    """
    if offset(window.start, zone) != offset(window.end, zone):
        return span(window, zone, words)
    place = _place((window.start, window.end), zone, words)
    return f"{brief_range(window, zone, words, now)} ({place})"


def brief_range(window: Window, zone: str, words: Words, now: datetime) -> str:
    """Return a window without its place: Wed 20 Jan, 21:00–22:30."""
    start, end = window.start, window.end
    if _day(start, zone) != _day(end, zone) and window.duration > _A_NIGHT:
        ends = (brief_start(when, zone, words, now) for when in (start, end))
        return f"{_until(words)} ".join(ends)
    first, last = (clock(when, zone, words) for when in (start, end))
    day = _short_day(start, zone, words, now)
    return words("time", "brief").format(day=day, start=first, end=last)


def brief_moment(when: datetime, zone: str, words: Words, now: datetime) -> str:
    """Return an instant for a sentence: Wed 20 Jan, 23:00 (Madrid)."""
    return f"{brief_start(when, zone, words, now)} ({_place((when,), zone, words)})"


def brief_start(when: datetime, zone: str, words: Words, now: datetime) -> str:
    """Return an instant without its place: Wed 20 Jan, 23:00."""
    day, time = _short_day(when, zone, words, now), clock(when, zone, words)
    return words("time", "brief_moment").format(day=day, clock=time)


def day(date_: date, words: Words) -> str:
    """Return a local day for a heading: Wednesday 20 January 2027."""
    return _written(date_, "day", words)


def hours(window: Window, zone: str, words: Words) -> str:
    """Return a window below its day: 21:00 – 22:30 (UTC+01:00).

    An end on another day has its day, and an end with another offset has its own offset.
    """
    start, end = window.start, window.end
    first, last = offset(start, zone), offset(end, zone)
    begins, ends = clock(start, zone, words), clock(end, zone, words)
    if first != last or _day(start, zone) != _day(end, zone):
        ends = _moment(end, zone, words, after=start)
    begins = begins if first == last else f"{begins} ({first})"
    return f"{begins}{_until(words)} {ends} ({last})"


def short_day(when: datetime, zone: str, words: Words, now: datetime) -> str:
    """Return the local day of an instant: Wed 20 Jan, with its year if it is far away."""
    return _short_day(when, zone, words, now)


def in_zone(window: Window, zone: str, words: Words) -> tuple[str, ...]:
    """Return the window with its zone, one line per day; both offsets if they differ."""
    first, second = offset(window.start, zone), offset(window.end, zone)
    ends = _ends(window, zone, words)
    if first != second:
        end = _moment(window.end, zone, words, after=window.start)
        start = f"{_moment(window.start, zone, words)} ({first})"
        return f"{start}{_until(words)}", f"{end} ({second}, {zone})"
    place = f"({zone})" if zone == first else f"({zone}, {first})"
    if len(ends) == 1:
        return (f"{ends[0]} {place}",)
    return f"{ends[0]}{_until(words)}", f"{ends[1]} {place}"


def in_utc(window: Window) -> str:
    """Return the window in UTC, RFC 3339 without seconds: it sorts, and no language differs."""
    start, end = (when.astimezone(UTC) for when in (window.start, window.end))
    pattern = "%H:%M" if start.date() == end.date() else "%Y-%m-%d %H:%M"
    return f"{start:%Y-%m-%d %H:%M}\u00a0– {end.strftime(pattern)} UTC"


def duration(length: timedelta, words: Words) -> str:
    """Return elapsed time (not wall-clock time) in days, hours and minutes."""
    minutes = int(length.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "day"), (hours, "hour"), (rest, "minute")]
    named = [_counted(n, unit, words) for n, unit in parts if n]
    *earlier, last = named or [_counted(0, "minute", words)]
    joined = words("time", "comma").join(earlier)
    return f"{joined}{words('time', 'and')}{last}" if joined else last


def rounded(length: timedelta) -> timedelta:
    """Return a rounded length, so that a mail sent a little late does not show odd minutes."""
    minutes = length.total_seconds() / 60
    step = next((step for least, step in _STEPS if minutes >= least), 1)
    return timedelta(minutes=step * round(minutes / step))


def short(when: datetime, zone: str, words: Words, now: datetime) -> str:
    """Return an instant for a subject line: Wed 20 Jan 23:00, with its year if it is far away."""
    day = _short_day(when, zone, words, now)
    return words("time", "short").format(day=day, clock=clock(when, zone, words))


def clock(when: datetime, zone: str, words: Words) -> str:
    """Return hours and minutes on a 24-hour clock in every language."""
    return format_time(when.astimezone(ZoneInfo(zone)), "HH:mm", locale=words.locale)


def _counted(number: int, unit: str, words: Words) -> str:
    """Return a number with its unit; Babel lacks words for hours and days in some languages."""
    other = words("time", f"{unit}_other")
    return words("time", f"{unit}_{words.locale.plural_form(number)}", other).format(n=number)


def _ends(window: Window, zone: str, words: Words) -> tuple[str, ...]:
    """Return the window as one text if it is within a local day, otherwise as start and end."""
    if _day(window.start, zone) == _day(window.end, zone):
        day = _written(_day(window.start, zone), "day", words)
        start, end = (clock(when, zone, words) for when in (window.start, window.end))
        return (words("time", "within_a_day").format(day=day, start=start, end=end),)
    end = _moment(window.end, zone, words, after=window.start)
    return _moment(window.start, zone, words), end


def _moment(when: datetime, zone: str, words: Words, after: datetime | None = None) -> str:
    """Return a day and a time, without the year if it was named just before."""
    is_named = after is not None and _day(after, zone).year == _day(when, zone).year
    day = _written(_day(when, zone), "day_without_year" if is_named else "day", words)
    return words("time", "moment").format(day=day, clock=clock(when, zone, words))


def _until(words: Words) -> str:
    """Return the dash after a no-break space, so that no line starts with it."""
    return "\N{NO-BREAK SPACE}" + words("time", "until")


def _place(instants: tuple[datetime, ...], zone: str, words: Words) -> str:
    """Return the city of a zone, or the offset if there is none or the time is ambiguous."""
    has_city = "/" in zone and not zone.startswith("Etc/")
    if not has_city or any(_comes_twice(when, zone) for when in instants):
        return offset(instants[0], zone)
    canonical = str(get_global("zone_aliases").get(zone, zone))
    known = words.locale.time_zones.get(canonical, {})
    return str(known.get("city") or canonical.rpartition("/")[2].replace("_", " "))


def _comes_twice(when: datetime, zone: str) -> bool:
    """Return whether the clocks show that local time twice."""
    local = when.astimezone(ZoneInfo(zone))
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _short_day(when: datetime, zone: str, words: Words, now: datetime) -> str:
    is_near = abs(when - now) < _A_YEAR
    return _written(_day(when, zone), "short_day" if is_near else "short_day_with_year", words)


def _written(day: date, pattern: str, words: Words) -> str:
    return format_date(day, words("time", pattern), words.locale)


def _day(when: datetime, zone: str) -> date:
    return when.astimezone(ZoneInfo(zone)).date()
