"""The week of a digest: Monday 08:00 until the next one, in the customer's time zone. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from changecast.contract.digest import DIGEST_PREFIX
from changecast.contract.errors import ContractError

HOUR = time(8)
# A digest that could not be sent by then is dropped (seconds after Monday 08:00).
LATEST = 12 * 3_600.0


class Week(NamedTuple):
    """A week: its Monday (YYYY-MM-DD), when it begins, and when the next one does (epoch seconds).

    The Monday alone identifies it, so another time zone does not make it a second week.
    """

    monday: str
    begins: float
    ends: float

    @property
    def change_id(self) -> str:
        """The id under which its digest is kept and reported."""
        return f"{DIGEST_PREFIX}{self.monday}"

    def is_due(self, now: float) -> bool:
        """Return whether to send its digest now: since Monday 08:00, and not yet too late."""
        return self.begins <= now < self.begins + LATEST


def week_at(now: float, zone: str) -> Week:
    """Return the week with the last Monday that has begun in this zone."""
    today = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone)).date()
    return _week(today - timedelta(days=today.weekday()), zone)


def week_named(monday: str, zone: str) -> Week:
    """Return the week with this Monday.

    Raises:
        ContractError: It is not the date of a Monday.
    """
    try:
        day = date.fromisoformat(monday)
    except ValueError as error:
        raise ContractError("schema", "the message does not identify a week") from error
    if day.weekday() or day.isoformat() != monday:
        raise ContractError("schema", "the message does not give the date of a Monday")
    return _week(day, zone)


def _week(monday: date, zone: str) -> Week:
    begins, ends = (
        datetime.combine(day, HOUR, ZoneInfo(zone)).timestamp()
        for day in (monday, monday + timedelta(days=7))
    )
    return Week(monday.isoformat(), begins, ends)
