"""Windows that meet a freeze, a notice that is too short, or another change of the same customer.

`announce` warns of them before it puts anything; `announce --dry-run` shows them by customer.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from changecast.contract.change import Status, Window
from changecast.contract.change_announced import ChangeAnnounced
from changecast.hub.announcing.announce import Announcement
from changecast.hub.announcing.freeze_gate import GATED, Objections
from changecast.hub.tracking.open_windows import OpenChange
from changecast_cli.terminal import some_of

_OVER = frozenset({Status.COMPLETED, Status.CANCELLED})


def clashes(
    detail: ChangeAnnounced, code: str, others: Iterable[OpenChange], objections: Objections
) -> Iterator[str]:
    """Yield what is in the way at one customer. A test is in nobody's way."""
    window = detail.change.window
    if window is None or detail.test or detail.change.status in _OVER:
        return
    if detail.change.status in GATED:
        yield from objections(code, window)
    for other in others:
        is_another = other.change_id != detail.change_id and _overlap(window, other)
        if is_another and code in other.customers:
            yield f"at the same time as {other.change_id} ({other.title})"


def clash_lines(
    announced: Announcement, others: Sequence[OpenChange], objections: Objections
) -> list[str]:
    """Return a line for each clash of an announcement, with the customers that have it.

    An old file is not announced, so it clashes with nothing.
    """
    if announced.newer:
        return []
    codes_of: dict[str, list[str]] = {}
    for detail in announced.details:
        for code in detail.customers:
            for clash in clashes(detail, code, others, objections):
                codes_of.setdefault(clash, []).append(code)
    return [f"{some_of(codes)}: {clash}" for clash, codes in codes_of.items()]


def _overlap(window: Window, other: OpenChange) -> bool:
    start, end = map(datetime.fromisoformat, (other.window_start, other.window_end))
    return window.start < end and start < window.end
