"""The start and end of a freeze as people type them. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from changecast.contract.freeze import LONGEST_FREEZE
from changecast_cli.failures import Refused

_DAY = timedelta(days=1)


def span(start: str, end: str, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """Return when a freeze starts and ends, in UTC; a last day counts until its midnight.

    Args:
        zone: The customer's time zone, for days and for times without an offset.

    Raises:
        Refused: It is not a time, is over already, or is longer than the hub accepts.
    """
    first, last = _moment(start, zone), _moment(end, zone)
    if _is_day(end):
        last = datetime.combine(last.date() + _DAY, time(), zone)
    # Python subtracts two times of one zone without regard to clock changes.
    first, last = first.astimezone(UTC), last.astimezone(UTC)
    if last <= first:
        raise Refused(f"the freeze must end ({end}) after it starts ({start})")
    if last <= now:
        raise Refused(f"the freeze would already be over ({end})")
    if last - first > LONGEST_FREEZE:
        raise Refused(
            f"the freeze would be longer than {LONGEST_FREEZE.days} days: declare several, one "
            "after the other"
        )
    return first, last


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Refused(
            f"{text!r} is not a time: write 2027-12-20, 2027-12-20T18:00 (in the customer's time "
            "zone) or 2027-12-20T18:00+01:00"
        ) from error
    return when.replace(tzinfo=zone) if when.tzinfo is None else when


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text.strip())
    except ValueError:
        return False
    return True
