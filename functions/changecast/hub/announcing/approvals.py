"""Missing or refused approvals of customers, when a change is announced as approved.

Each customer's own setting says whether it needs any; its reports carry that.
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

_MISSING = frozenset({Approval.PENDING, Approval.REJECTED})


def missing_approvals(table: "Table", document: Document) -> Sequence[str]:
    """Return a sentence for each customer whose approval is missing."""
    if document.change.status is not Status.APPROVED:
        return ()
    counted = counted_last(statuses(table, document.change.change_id))
    return [
        sentence
        for code in document.customers
        if code in counted
        for sentence in _sentence(code, counted[code])
    ]


def refuse_missing_approvals(missing: Sequence[str]) -> None:
    """Raise ContractError `not_approved` if an approval is missing."""
    if missing:
        raise ContractError(
            "not_approved",
            f"{'; '.join(missing)}. See who answered what: changecast responses CHANGE_ID",
        )


def _sentence(code: str, counted: dict[str, object]) -> Iterator[str]:
    approval, counts = counted["approval"], counted["counts"]
    if approval not in _MISSING or not isinstance(counts, dict):
        return
    if approval == Approval.REJECTED:
        yield f"{code} rejects this change"
    else:
        yield f"{code} has not approved this change: {counts['approved']} of {counts['needed']}"
