"""Files of freezes: an iCalendar file per customer, with the notice that it wants.

`freezes/acme.ics` has VEVENTs (RFC 5545 §3.6.1, with RRULE). The calendar's property
X-CHANGECAST-MINIMUM-NOTICE is a duration (P3D): the shortest notice for an announcement.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from icalendar import Calendar
from icalendar.prop import vDuration

from changecast.contract.change import Window, utc
from changecast.hub.announcing.freeze_gate import (
    Objections,
    declared_objections,
    kept_objections,
)
from changecast.hub.tracking.freezes import (
    CustomerFreezes,
    FrozenTime,
    in_freeze,
    short_notice,
)
from changecast_cli.deploying import samconfig_file
from changecast_cli.failures import Refused

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

AHEAD = timedelta(days=730)
NOTICE = "X-CHANGECAST-MINIMUM-NOTICE"
DEFAULT_FOLDER = Path("freezes")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Freeze:
    """A freeze: its first start, its length, and its recurrence (RRULE)."""

    name: str
    start: datetime
    length: timedelta
    rule: str | None


@dataclass(frozen=True)
class Freezes:
    """One customer's freezes. `notice` is zero if the file has none."""

    times: tuple[Freeze, ...] = ()
    notice: timedelta = timedelta(0)


def freezes_of(folder: Path, code: str, timezone: str) -> Freezes:
    """Return the freezes in the customer's file; none without a file. Refused if it is not one.

    Whole days and times without a zone are in `timezone`.
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
        raise Refused(
            f"cannot read {path} as a calendar ({type(error).__name__}: {error}). It must be an "
            "iCalendar file in which each event has a DTSTART"
        ) from error
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


def objections(table: "Table", folder: Path) -> Objections:
    """Return customers' objections, by their own declarations and files (folder or hub)."""
    if not folder.is_dir():
        return kept_objections(table)
    declared = declared_objections(table)
    known = samconfig_file.customers_in(samconfig_file.read(Path("samconfig.toml")))

    def of(code: str, window: Window) -> list[str]:
        timezone = known[code].timezone if code in known else "UTC"
        by_file = objections_to(freezes_of(folder, code, timezone), window, datetime.now(UTC))
        return [*dict.fromkeys((*by_file, *declared(code, window)))]

    return of


def refuse_missing_folder(folder: Path) -> None:
    """Raise Refused if the named folder does not exist."""
    if folder != DEFAULT_FOLDER and not folder.is_dir():
        raise Refused(
            f"{folder} is not a folder; "
            "set --freezes to the folder that contains the CODE.ics files"
        )


def plain(folder: Path, now: datetime) -> dict[str, CustomerFreezes]:
    """Return the folder's files as the hub stores them: every freeze of the next two years."""
    known = samconfig_file.customers_in(samconfig_file.read(Path("samconfig.toml")))
    found = {}
    for path in sorted(folder.glob("*.ics")):
        timezone = known[path.stem].timezone if path.stem in known else "UTC"
        freezes = freezes_of(folder, path.stem, timezone)
        ahead = Window(start=now, end=now + AHEAD)
        times = tuple(
            FrozenTime(freeze.name, utc(start), utc(start + freeze.length))
            for freeze in freezes.times
            for start in _starts(freeze, ahead)
            if start + freeze.length > now
        )
        hours = math.ceil(freezes.notice.total_seconds() / 3_600)
        found[path.stem] = CustomerFreezes(times, hours)
    return found


def clashes(freezes: Freezes, window: Window) -> Iterator[tuple[str, datetime, datetime]]:
    """Yield each freeze that overlaps the window: its name, and its first time that does."""
    for freeze in freezes.times:
        times = [(start, start + freeze.length) for start in _starts(freeze, window)]
        hits = [(start, end) for start, end in times if start < window.end and end > window.start]
        if hits:
            yield freeze.name, *hits[0]


def _starts(freeze: Freeze, window: Window) -> list[datetime]:
    if freeze.rule is None:
        return [freeze.start]
    local = freeze.start
    rule = rrulestr(_until_with_zone(freeze.rule), dtstart=local)
    return list(rule.between(window.start - freeze.length, window.end, inc=True))


def _until_with_zone(rule: str) -> str:
    """Read a whole day in UNTIL as its end; dateutil needs UTC beside a zoned start."""
    parts = [
        f"{part}T235959Z" if part.startswith("UNTIL=") and "T" not in part[6:] else part
        for part in rule.split(";")
    ]
    return ";".join(parts)


def objections_to(freezes: Freezes, window: Window, now: datetime) -> Iterator[str]:
    """Yield why the customer does not want a change in this window, announced now."""
    for name, start, end in clashes(freezes, window):
        yield in_freeze(name, start, end, window.timezone)
    if too_short(freezes, window, now):
        yield short_notice(window, freezes.notice, now)


def too_short(freezes: Freezes, window: Window, now: datetime) -> timedelta | None:
    """Return how much notice is missing; None if it is enough."""
    missing = freezes.notice - (window.start - now.astimezone(UTC))
    return missing if missing > timedelta(0) else None
