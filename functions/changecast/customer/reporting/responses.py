"""Reports to the hub about the answers in this account."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from changecast.contract.approval import ResponseSummary
from changecast.contract.response_events import ResponseRecorded, WantedWindow
from changecast.customer.ledger.answers import (
    Answer,
    ChangeView,
    answers_to,
    read_view,
)
from changecast.customer.ledger.schema import Run, mailbox_of, run_id
from changecast.customer.ledger.states import NOT_SENT, State
from changecast.customer.ledger.table import Ledger, batches_of, read_run, runs_of
from changecast.customer.mailing import Topic
from changecast.customer.planning.recipients import normalise
from changecast.customer.responding.tally import ALL, summary_of

# People who were not reached cannot approve.
_UNREACHED = NOT_SENT | {State.SUPPRESSED, State.BOUNCED}


def summarised(ledger: Ledger, change_id: str, needed: str) -> ResponseSummary:
    """Return the current summary of a change's answers."""
    view = read_view(ledger, change_id)
    if view is None:
        return ResponseSummary()
    asked = read_run(ledger, view.asked_run)
    return summary_of(
        answers_to(ledger, change_id),
        view.fingerprint,
        asked=asked.planned if asked else 0,
        needed=needed,
        approvers=_approvers(ledger, view) if needed == ALL else (),
    )


def _approvers(ledger: Ledger, view: ChangeView) -> set[str]:
    """Return who was asked to approve, including by later revisions that told nothing new."""
    first: Run | None = read_run(ledger, view.approvals_run) if view.approvals_run else None
    if first is None:
        return set()
    asking = [
        run
        for run in runs_of(ledger, view.change_id)
        if first.revision <= run.revision <= view.revision
        and run.topic == Topic.APPROVALS
        and not run.discarded
    ]
    return {
        mailbox_of(normalise(recipient.address))
        for run in asking
        for batch in batches_of(ledger, run)
        for recipient in batch.recipients
        # A person whose data was erased has no address, and no answer that could match it.
        if recipient.address and recipient.state not in _UNREACHED
    }


def recorded(
    answer: Answer, summary: ResponseSummary, view: ChangeView | None, *, customer: str, seq: int
) -> ResponseRecorded:
    """Return the event of an answer; a repeat has the same `event_id`."""
    newer = view is not None and view.fingerprint != answer.fingerprint
    return ResponseRecorded(
        event_id=event_id_of(answer, customer),
        change_id=answer.change_id,
        revision=answer.revision,
        customer=customer,
        response=answer.response,
        responder=answer.address or answer.responder,
        windows=tuple(WantedWindow(start=_time(a), end=_time(b)) for a, b in answer.windows),
        comment=answer.comment,
        superseded_by=view.revision if view and newer else None,
        counts=summary.counts,
        approval=summary.approval,
        response_seq=answer.seq,
        report_seq=seq,
        recorded_at=_time(answer.at),
    )


def event_id_of(answer: Answer, customer: str) -> UUID:
    """Return an answer's own id."""
    run = run_id(answer.change_id, answer.revision)
    return uuid5(NAMESPACE_URL, f"changecast:{customer}:{run}:{answer.person}:{answer.version}")


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
