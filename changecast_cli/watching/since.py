"""Points in time as people type them: 2d, 12h, 30min, a date, or a whole RFC 3339 time. Pure."""

import re
from datetime import UTC, datetime, timedelta

from changecast_cli.failures import Refused

_AGO = re.compile(r"(?P<number>[0-9]{1,5})\s*(?P<unit>min|m|h|d|w)")
_UNITS = {"min": "minutes", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
FARTHEST = timedelta(days=3660)


def point_in_time(text: str, now: datetime) -> datetime:
    """Return a time in UTC: a length before `now`, or the moment; a date is its midnight in UTC.

    Refused for anything else.
    """
    if ago := _AGO.fullmatch(text.strip()):
        back = timedelta(**{_UNITS[ago["unit"]]: int(ago["number"])})
        if back <= FARTHEST:
            return now - back
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Refused(
            f"{text!r} is not a time: write 2d, 12h, 30min, 2027-01-20 or 2027-01-20T22:00:00Z"
        ) from error
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def days_back(since: datetime, now: datetime) -> list[str]:
    """Return the days (2027-01-20, in UTC) from today back to that of `since`, newest first."""
    number = (now.date() - since.date()).days
    return [(now.date() - timedelta(days=back)).isoformat() for back in range(number + 1)]
