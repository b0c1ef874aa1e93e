"""Approvals that customers have not given, or refused, when a change is announced as approved.

Each customer's own setting says whether it must approve; its reports contain that.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from changecast.contract.approval import Approval
from changecast.contract.change import Status
from changecast.contract.errors import ContractError
from changecast.hub.announcing.metadata import Document
from changecast.hub.tracking.queries import statuses
from changecast.hub.tracking.rows import counted_last

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def missing_approvals(table: "Table", document: Document) -> Sequence[str]:
    """Return a sentence for each customer whose approval is missing, or whose people reject it.

    A rejection also counts where no approval is needed, because somebody has asked to stop.
    """
    if document.change.status is not Status.APPROVED:
        return ()
    counted = counted_last(statuses(table, document.change.change_id))
    return [
        sentence
        for code in document.customers
        if code in counted
        for sentence in _sentence(code, counted[code])
    ]


def refuse_missing_approvals(change_id: str, missing: Sequence[str]) -> None:
    """Raise ContractError `not_approved` if an approval is missing."""
    if missing:
        raise ContractError(
            "not_approved",
            f"{'; '.join(missing)}. To see who answered what: changecast responses {change_id}",
        )


def _sentence(code: str, counted: dict[str, object]) -> Iterator[str]:
    approval, counts = counted["approval"], counted["counts"]
    if not isinstance(counts, dict):
        return
    if approval == Approval.REJECTED or (approval == Approval.NONE and counts.get("rejected")):
        yield f"{code} rejects this change"
    elif approval == Approval.PENDING:
        given = f"{counts['approved']} of {counts['needed']}"
        yield f"{code} has not approved this change: it has {given} approvals"
