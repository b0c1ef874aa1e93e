"""When a customer wants no changes: an iCalendar file per customer, and the notice that it wants.

`freezes/acme.ics` holds VEVENTs (RFC 5545 §3.6.1; RRULE counts). The calendar's property
X-CHANGECAST-MINIMUM-NOTICE is a duration (P3D): announcements must come at least so long before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from icalendar import Calendar
from icalendar.prop import vDuration

from changecast.change import Window
from changecast_cli.failures import Refused

NOTICE = "X-CHANGECAST-MINIMUM-NOTICE"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Freeze:
    """A time without changes: its first start and length, and how it comes again (RRULE)."""

    name: str
    start: datetime
    length: timedelta
    rule: str | None


@dataclass(frozen=True)
class Freezes:
    """Of one customer. `notice` is zero where it said nothing."""

    times: tuple[Freeze, ...] = ()
    notice: timedelta = timedelta(0)


def freezes_of(folder: Path, code: str, timezone: str) -> Freezes:
    """The customer's file; nothing where it has none. Refused where the file is no calendar.

    Whole days and times without a zone are those of `timezone`.
    """
    path = folder / f"{code}.ics"
    if not path.exists():
        return Freezes()
    try:
        calendar = Calendar.from_ical(path.read_bytes())
        said = calendar.get(NOTICE)
        notice = vDuration.from_ical(str(said)) if said else timedelta(0)  # type: ignore[no-untyped-call]
        times = tuple(_freeze(event, ZoneInfo(timezone)) for event in calendar.walk("VEVENT"))
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise Refused(f"{path} is no calendar: {error}") from error
    return Freezes(times, notice)


def _freeze(event: Any, zone: ZoneInfo) -> Freeze:
    start = _instant(event["DTSTART"].dt, zone)
    whole_day = not isinstance(event["DTSTART"].dt, datetime)
    if "DTEND" in event:
        length = _instant(event["DTEND"].dt, zone) - start
    elif "DURATION" in event:
        length = event["DURATION"].dt
    else:
        length = _DAY if whole_day else timedelta(0)
    rule = event["RRULE"].to_ical().decode() if "RRULE" in event else None
    return Freeze(str(event.get("SUMMARY", "a freeze")), start, length, rule)


def _instant(value: date, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=zone)
    return value if value.tzinfo else value.replace(tzinfo=zone)


def clashes(freezes: Freezes, window: Window) -> Iterator[str]:
    """The names of the freezes that the window touches."""
    for freeze in freezes.times:
        if any(start < window.end and start + freeze.length > window.start
               for start in _starts(freeze, window)):  # fmt: skip
            yield freeze.name


def _starts(freeze: Freeze, window: Window) -> list[datetime]:
    if freeze.rule is None:
        return [freeze.start]
    local = freeze.start
    rule = rrulestr(_until_with_zone(freeze.rule), dtstart=local)
    return list(rule.between(window.start - freeze.length, window.end, inc=True))


def _until_with_zone(rule: str) -> str:
    """A whole day in UNTIL is the end of it: dateutil wants a time in UTC beside a zoned start."""
    parts = [
        f"{part}T235959Z" if part.startswith("UNTIL=") and "T" not in part[6:] else part
        for part in rule.split(";")
    ]
    return ";".join(parts)


def too_short(freezes: Freezes, window: Window, now: datetime) -> timedelta | None:
    """How much notice is missing; None where it is enough."""
    missing = freezes.notice - (window.start - now.astimezone(UTC))
    return missing if missing > timedelta(0) else None
