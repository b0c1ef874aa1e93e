"""The windows that a person asks for, in the customer's local time. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from changecast.contract.response import WINDOWS_LIMIT

# HTML's local date and time string, as browsers send it; they send seconds only if not zero.
_FORMS = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")
_YEARS = range(1970, 2200)


class Fault(StrEnum):
    """A fault in a time or a window; the language files have its words."""

    MISSING = "window_missing"
    HALF = "window_half"
    NOT_A_TIME = "window_not_a_time"
    GAP = "window_gap"
    TWICE = "window_twice"
    ENDS_FIRST = "window_ends_first"
    PAST = "window_past"


@dataclass(frozen=True)
class WindowFault(Exception):
    """A window that nobody can mean: its number (from 1), and what was entered."""

    fault: Fault
    number: int
    entered: str = ""


def wanted_windows(
    pairs: list[tuple[str, str]], zone: str, now: float
) -> tuple[tuple[float, float], ...]:
    """Return the windows in epoch seconds; they were entered as local (start, end).

    Raises:
        WindowFault: One is not in the future, or there is none.
    """
    found = [
        _window(number, start.strip(), end.strip(), ZoneInfo(zone), now)
        for number, (start, end) in enumerate(pairs[:WINDOWS_LIMIT], start=1)
        if start.strip() or end.strip()
    ]
    if not found:
        raise WindowFault(Fault.MISSING, 1)
    return tuple(found)


def _window(number: int, start: str, end: str, zone: ZoneInfo, now: float) -> tuple[float, float]:
    if not start or not end:
        raise WindowFault(Fault.HALF, number, start or end)
    begins, ends = (_instant(number, text, zone) for text in (start, end))
    if begins >= ends:
        raise WindowFault(Fault.ENDS_FIRST, number, end)
    if begins <= now:
        raise WindowFault(Fault.PAST, number, start)
    return begins, ends


def _instant(number: int, text: str, zone: ZoneInfo) -> float:
    """Return the only instant with this local time."""
    local = _local(text)
    if local is None or local.year not in _YEARS:
        raise WindowFault(Fault.NOT_A_TIME, number, text[:40])
    first, second = (local.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    if datetime.fromtimestamp(first, UTC).astimezone(zone).replace(tzinfo=None) != local:
        raise WindowFault(Fault.GAP, number, text)
    if first != second:
        raise WindowFault(Fault.TWICE, number, text)
    return first


def _local(text: str) -> datetime | None:
    for form in _FORMS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
