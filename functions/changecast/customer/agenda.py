"""The changes ahead of one customer, day by day. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from changecast.contract.change import Status
from changecast.contract.reserved_ids import TEST_SUFFIX
from changecast.customer.ledger.answers import ChangeView

_ENDED = frozenset({Status.COMPLETED.value, Status.CANCELLED.value})


def ahead(views: Iterable[ChangeView], now: float, until: float) -> list[ChangeView]:
    """Return the changes that are under way or start before `until`, the earliest first.

    Tests are left out, and so are changes that ended, were withdrawn or have no window.
    """
    found = (view for view in views if _is_ahead(view, now, until))
    return sorted(found, key=lambda view: (view.window_start, view.change_id))


def by_day(views: Iterable[ChangeView], zone: str) -> Iterator[tuple[date, list[ChangeView]]]:
    """Yield each local day on which changes start, with those changes.

    Args:
        views: The changes, ordered by start.
        zone: The IANA name of the reader's time zone.
    """
    local = ZoneInfo(zone)

    def start_day(view: ChangeView) -> date:
        return datetime.fromtimestamp(view.window_start, UTC).astimezone(local).date()

    for day, found in groupby(views, key=start_day):
        yield day, list(found)


def _is_ahead(view: ChangeView, now: float, until: float) -> bool:
    if view.withdrawn or view.status in _ENDED or view.change_id.endswith(TEST_SUFFIX):
        return False
    return view.window_start < until and now < view.window_end
