"""Sum up the answers of a customer's people: counts and an approval. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable

from changecast.contract.approval import Approval, ResponseCounts, ResponseSummary
from changecast.contract.response import Response
from changecast.customer.ledger.answers import Answer

ALL = "all"


def summary_of(
    answers: Iterable[Answer],
    fingerprint: str,
    *,
    asked: int,
    needed: str,
    approvers: Collection[str],
) -> ResponseSummary:
    """Return the summary for the hub.

    Args:
        answers: Everybody's current answer.
        fingerprint: The content that an approval must be for; a minor revision has the same.
        asked: Number of people who were told of the change.
        needed: Number of approvals that the customer wants, or `all`.
        approvers: For `all`, the mailboxes that were asked to approve.
    """
    given = list(answers)
    approved = [one for one in given if _approves(one, fingerprint)]
    rejected = any(one.response is Response.REJECTED for one in given)
    number = len(approvers) if needed == ALL else int(needed)
    kinds = Counter(one.response for one in given)
    counts = ResponseCounts(
        asked=asked,
        acknowledged=kinds[Response.ACKNOWLEDGED],
        approved=len(approved),
        rejected=kinds[Response.REJECTED],
        reschedule_requested=kinds[Response.RESCHEDULE_REQUESTED],
        needed=number,
    )
    enough = len(approved) >= number
    if needed == ALL:
        enough = {one.mailbox for one in approved} >= {*approvers}
    return ResponseSummary(counts=counts, approval=_approval(number, rejected, enough))


def _approves(answer: Answer, fingerprint: str) -> bool:
    """Return whether the answer approves the change in its current form."""
    return answer.response is Response.APPROVED and answer.fingerprint == fingerprint


def _approval(needed: int, rejected: bool, enough: bool) -> Approval:
    """Return the approval; a rejection counts, whatever others say, until its author changes it."""
    if not needed:
        return Approval.NONE
    if rejected:
        return Approval.REJECTED
    return Approval.APPROVED if enough else Approval.PENDING
