"""Freezes and minimum notice: refuse what a customer objects to, unless there is a reason.

They apply to first announcements and moved windows, never to drafts, starts, completions,
cancellations, withdrawals and tests.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from changecast.contract.change import Status, Window
from changecast.contract.errors import ContractError
from changecast.hub.announcing.metadata import Document
from changecast.hub.announcing.windows import doubts
from changecast.hub.tracking.freezes import (
    CustomerFreezes,
    declared_freezes,
    kept_freezes,
    objections_to,
)
from changecast.hub.tracking.revisions import Record, window_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# Why this customer does not want a change in this window; empty if it has no objection.
Objections = Callable[[str, Window], Sequence[str]]
# The statuses in which a window can be objected to.
GATED = frozenset({Status.SUBMITTED, Status.APPROVED})


def refuse_in_freeze(
    document: Document, standing: Sequence[Record], objections: Objections
) -> None:
    """Raise ContractError `not_wanted` with every customer's objection to a new window."""
    window = document.change.window
    if window is None or document.change.status not in GATED:
        return
    found = [
        f"{code}: {objection}"
        for code in _with_a_new_window(document, standing)
        for objection in objections(code, window)
    ]
    if found:
        raise ContractError(
            "not_wanted",
            f"{'; '.join(found)}. Move the window, or announce anyway with a reason: "
            "--despite REASON (in an intake file: the field `despite`). To see all freezes: "
            "changecast freeze list --hub",
        )


def refuse_doubtful(document: Document, standing: Sequence[Record], now: datetime) -> None:
    """Raise ContractError `doubtful_window` if a new window is doubtful."""
    if not [*_with_a_new_window(document, standing)]:
        return
    if found := [*doubts(document.change, now)]:
        raise ContractError(
            "doubtful_window",
            f"{'; '.join(found)}. Correct the window, or announce anyway with a reason: "
            "--past REASON (in an intake file: the field `past`)",
        )


def kept_objections(table: "Table") -> Objections:
    """Return the objections by all freezes that the hub keeps."""
    return _objections_by(kept_freezes(table))


def declared_objections(table: "Table") -> Objections:
    """Return the objections by the freezes that customers declared themselves."""
    return _objections_by(declared_freezes(table))


def _objections_by(kept: Mapping[str, CustomerFreezes]) -> Objections:
    def of(code: str, window: Window) -> Sequence[str]:
        return [*objections_to(kept[code], window, datetime.now(UTC))] if code in kept else []

    return of


def _with_a_new_window(document: Document, standing: Sequence[Record]) -> Iterator[str]:
    """Yield the customers for which this window is new."""
    for code in document.customers:
        before = next((one for one in reversed(standing) if code in one.customers), None)
        if before is None or (before.window_start, before.window_end) != window_of(document.change):
            yield code
