"""An iCalendar description of a time zone for the years around an event: RFC 5545 §3.6.5.

The icalendar library can make one too, but it writes the start of summer time an hour late (in the
new offset; §3.6.5 requires the old one), so that programs show events an hour off.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_YEAR, _DAY, _WEEK = timedelta(days=366), timedelta(days=1), timedelta(days=7)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

Rule = dict[str, Any]


@dataclass(frozen=True)
class Observance:
    """A change of the clocks from one offset to another; `name` is for people."""

    before: timedelta
    after: timedelta
    is_summer: bool
    name: str


def timezone_around(name: str, moment: datetime) -> Timezone:
    """Return an IANA zone's VTIMEZONE, valid from a year before `moment` to two years after."""
    described = Timezone()
    described.add("tzid", name)
    for observance, times in _onsets(name, (moment - _YEAR).astimezone(UTC)).items():
        rule = _rule(times)
        for onset in times[:1] if rule else times:
            described.add_component(_component(observance, onset, rule))
    return described


@lru_cache(maxsize=64)  # every mail of a change has the same zone and time
def _onsets(name: str, first: datetime) -> dict[Observance, list[datetime]]:
    """Return the local times at which each observance begins, in three years."""
    zone = ZoneInfo(name)
    offset = _offset(first, zone)
    onsets = {_observance(first, offset, zone): [_local(first, offset)]}
    days = ((day, _offset(day, zone)) for day in (first + _DAY * n for n in range(3 * 366)))
    for (earlier, before), (later, after) in pairwise(days):
        if before != after:
            instant = _change(earlier, later, zone)
            key = _observance(instant, before, zone)
            onsets.setdefault(key, []).append(_local(instant, before))
    return onsets


def _component(
    observance: Observance, onset: datetime, rule: Rule | None
) -> TimezoneStandard | TimezoneDaylight:
    """Return one onset or a yearly one; never an RDATE, because ical.js reads only the first."""
    part = TimezoneDaylight() if observance.is_summer else TimezoneStandard()
    part.add("dtstart", onset)
    part.add("tzoffsetfrom", observance.before)
    part.add("tzoffsetto", observance.after)
    part.add("tzname", observance.name)
    if rule:
        part.add("rrule", rule)
    return part


def _rule(onsets: list[datetime]) -> Rule | None:
    """Return the yearly rule that fits all onsets: the last or nth weekday of a month."""
    days = {(each.month, each.weekday(), each.time()) for each in onsets}
    years = [each.year for each in onsets]
    if len(onsets) == 1 or len(days) != 1 or years != [*range(years[0], years[-1] + 1)]:
        return None
    places = {(each.day - 1) // 7 + 1 for each in onsets}
    if all((each + _WEEK).month != each.month for each in onsets):
        places = {-1}
    if len(places) != 1:
        return None
    day = f"{places.pop()}{_WEEKDAYS[onsets[0].weekday()]}"
    return {"freq": "yearly", "bymonth": onsets[0].month, "byday": day}


def _observance(instant: datetime, before: timedelta, zone: ZoneInfo) -> Observance:
    local = instant.astimezone(zone)
    return Observance(before, _offset(instant, zone), bool(local.dst()), str(local.tzname()))


def _change(earlier: datetime, later: datetime, zone: ZoneInfo) -> datetime:
    """Return the first second of the new offset."""
    old = _offset(earlier, zone)
    while later - earlier > timedelta(seconds=1):
        middle = earlier + timedelta(seconds=(later - earlier).total_seconds() // 2)
        earlier, later = (middle, later) if _offset(middle, zone) == old else (earlier, middle)
    return later


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta(0)


def _local(instant: datetime, offset: timedelta) -> datetime:
    return (instant + offset).replace(tzinfo=None)
