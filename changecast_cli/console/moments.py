"""Times for a viewer, in one zone that is always named. Pure, except for this machine's zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from changecast.contract.change import Window
from changecast_cli.failures import Refused

HERE = "here"


@dataclass(frozen=True)
class Clock:
    """A zone to show times in; None is this machine's zone."""

    name: str
    zone: tzinfo | None

    def local(self, moment: datetime) -> datetime:
        """Return the moment in the zone."""
        return moment.astimezone(self.zone)

    def at(self, moment: datetime | str, *, seconds: bool = False) -> str:
        """Return a time such as Wed 20 Jan 2027 23:00 CET, or 23:00:05 with `seconds`."""
        known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        local = self.local(known)
        clock = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
        return f"{local:%a} {local.day} {local:%b %Y} {clock} {local:%Z}"

    def window(self, window: Window) -> str:
        """Return start and end, with the day once if both are on it."""
        start, end = self.local(window.start), self.local(window.end)
        until = f"{end:%H:%M %Z}" if start.date() == end.date() else self.at(end)
        return f"{start:%a} {start.day} {start:%b %Y %H:%M} to {until}"

    def days(self, start: datetime, end: datetime) -> list[date]:
        """Return the zone's days in a time range, without its end."""
        first = self.local(start).date()
        last = self.local(max(start, end - timedelta(microseconds=1))).date()
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def clock_of(zone: str) -> Clock:
    """Return the clock of an IANA zone, or of this machine; Refused if there is no such zone."""
    if zone == HERE:
        return Clock("this machine", None)
    if zone == "UTC":
        return Clock("UTC", UTC)
    try:
        return Clock(zone, ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(
            f"there is no time zone {zone!r}: give an IANA name such as Europe/Madrid"
        ) from error
