"""Times of change documents: RFC 3339, or local to the document's IANA time zone."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from changecast.contract.fields import YEARS, time_zones
from changecast.hub.announcing.metadata.document import RawDocument

_BEFORE_OFFSET = re.compile(r"(?<=[0-9])\s+(?=(?:Z|[+-][0-9]{2}:?[0-9]{2})$)")


def zone_of(source: RawDocument, canonical: str, *paths: str) -> str:
    """Return the document's IANA zone, "" if it has none; a fault if it is unknown."""
    given = source.take(canonical, *paths)
    if given is None:
        return ""
    name = given.strip() if isinstance(given, str) else given
    if not isinstance(name, str) or name not in time_zones():
        source.fault(
            canonical,
            f"{str(given)[:60]!r} is not an IANA time zone: use a name such as Europe/Madrid",
        )
        return "UTC"
    return name


def instant(source: RawDocument, canonical: str, value: Any, zone: str) -> datetime | None:
    """Return the instant that `value` means; local times are read in `zone`.

    A local time that does not exist is a fault; one that occurs twice is read as the earlier
    instant, with a warning.
    """
    if value is None:
        return None
    written = _BEFORE_OFFSET.sub("", value.strip().upper()) if isinstance(value, str) else value
    like = f"2027-01-20T22:00:00 (in {zone})" if zone else "2027-01-20T22:00:00Z"
    try:
        moment = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        source.fault(canonical, f"{str(value)[:40]!r} is not a time: write it like {like}")
        return None
    if len(written) <= len("2027-01-20"):
        source.fault(canonical, f"{value!r} has no time of day: write it like {like}")
        return None
    if moment.year not in YEARS:
        source.fault(canonical, f"the year {moment.year} is not between 1970 and 2199")
        return None
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    if not zone:
        where = source.origin(tuple(canonical.split(".")))
        source.warnings.append(f"{where}: no time zone is given; UTC is used")
    return _local(source, canonical, moment, zone or "UTC")


def _local(source: RawDocument, canonical: str, moment: datetime, zone: str) -> datetime | None:
    here = moment.replace(tzinfo=ZoneInfo(zone), fold=0)
    there = here.astimezone(UTC)
    if there.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != moment:
        source.fault(
            canonical,
            f"{moment.isoformat()} does not exist in {zone}, because the clocks go forward then",
        )
        return None
    if here.utcoffset() != here.replace(fold=1).utcoffset():
        source.warnings.append(
            f"{source.origin(tuple(canonical.split('.')))}: {moment.isoformat()} occurs twice in "
            f"{zone}, because the clocks go back then; the earlier one is used "
            f"({there.isoformat()})"
        )
    return there


def window_of(source: RawDocument, zone: str, start: tuple[str, ...], end: tuple[str, ...]) -> Any:
    """Return the window from the first of the paths that have a value; None without times.

    Faults, each with its path: a missing or unreadable end, or an end before its start.
    """
    given_first, given_last = source.take("window.start", *start), source.take("window.end", *end)
    first = instant(source, "window.start", given_first, zone)
    last = instant(source, "window.end", given_last, zone)
    source.origins[("window",)] = source.origins[("window", "start")]
    if (given_first is None) != (given_last is None):
        missing = "window.start" if given_first is None else "window.end"
        source.fault(missing, "is missing: a window needs a start and an end")
    if not first or not last:
        return None
    return {"start": first, "end": last, "timezone": zone or "UTC"}


def flag(value: Any) -> bool:
    """Read yes or no as forms write it: true, "true", "yes", 1 or the opposite; absent is no."""
    if isinstance(value, str):
        return value.strip().lower() not in {"", "false", "no", "off", "0"}
    return bool(value)


def minutes(source: RawDocument, canonical: str, value: Any) -> int:
    """Read minutes from a number or a string of digits; 60 if nothing is given."""
    if value is None:
        return 60
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 6:
        return int(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and value == int(value):
        return int(value)
    source.fault(canonical, f"{str(value)[:20]!r} is not a number of minutes")
    return 60


def meeting_of(
    source: RawDocument, paths: dict[str, tuple[str, ...]], zone: str, start: Any
) -> Any:
    """Return the canonical meeting; `paths` gives the paths of title, start, duration, location."""
    began = instant(source, "meeting.start", source.take("meeting.start", *paths["start"]), zone)
    length = source.take("meeting.duration_minutes", *paths["duration"])
    location = source.line("meeting.location", *paths["location"])
    is_link = isinstance(location, str) and location.startswith(("https://", "http://"))
    link = location if is_link else None
    moment = began or start
    if moment is None:
        return None
    return {
        "title": source.line("meeting.title", *paths["title"]),
        "start": moment,
        "duration_minutes": minutes(source, "meeting.duration_minutes", length),
        "location": location,
        "join_url": source.take("meeting.join_url", *paths["join_url"]) or link,
    }
