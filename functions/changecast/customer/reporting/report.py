"""A run's state and its DeliveryReported, from the ledger's counts. Pure."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from changecast.contract.delivery_reported import (
    FINAL_STATES,
    Counts,
    DeliveryReported,
    Reason,
    Reminder,
    RunState,
)
from changecast.contract.envelope import faults_of
from changecast.contract.errors import ContractError
from changecast.contract.reminder import words_of
from changecast.customer.ledger.schema import Run, with_reason
from changecast.customer.ledger.states import ACCEPTED, NOT_SENT, OPEN, State


def state_of(run: Run, counted: Counter[State]) -> RunState:
    """Return the state of a run; `sent` means that SES accepted every mail."""
    if not run.complete:
        return RunState.PAUSED if run.paused and not run.superseded else RunState.PLANNED
    if not run.planned:
        return RunState.SUPERSEDED if run.superseded else RunState.NOTHING_TO_SEND
    still_open = sum(counted[state] for state in OPEN)
    if still_open:
        return _open_state(run, counted)
    return _final_state(run, counted)


def _open_state(run: Run, counted: Counter[State]) -> RunState:
    if run.paused:
        return RunState.PAUSED
    untouched = counted[State.PLANNED] == run.planned
    return RunState.PLANNED if untouched else RunState.SENDING


def _final_state(run: Run, counted: Counter[State]) -> RunState:
    accepted = sum(counted[state] for state in ACCEPTED)
    if accepted == run.planned:
        return RunState.SENT
    if counted[State.HELD]:
        return RunState.HELD
    if counted[State.SUPERSEDED]:
        return RunState.SUPERSEDED
    return RunState.PARTIAL if accepted else RunState.FAILED


def counts_of(run: Run, counted: Counter[State]) -> Counts:
    """Return the counts of a report; `sent` is everything that SES accepted, including bounces."""
    return Counts(
        planned=run.planned,
        sent=sum(counted[state] for state in ACCEPTED),
        delivered=counted[State.DELIVERED],
        bounced=counted[State.BOUNCED] + counted[State.SOFT_BOUNCED],
        complained=counted[State.COMPLAINED],
        suppressed=counted[State.SUPPRESSED],
        failed=_failed(counted),
        unknown=counted[State.UNKNOWN],
        held=counted[State.HELD],
    )


def _failed(counted: Counter[State]) -> int:
    return sum(counted[state] for state in NOT_SENT)


def is_final(state: RunState) -> bool:
    """Return whether nothing more will be sent."""
    return state in FINAL_STATES


def report_of(
    run: Run, counted: Counter[State], *, customer: str, seq: int, ended_at: float | None
) -> DeliveryReported:
    """Return the report of a run's current state."""
    return DeliveryReported(
        event_id=UUID(run.event_id),
        change_id=run.change_id,
        revision=run.revision,
        customer=customer,
        state=state_of(run, counted),
        report_seq=seq,
        counts=counts_of(run, counted),
        reason=_reason(run, counted),
        started_at=_time(run.started_at),
        ended_at=_time(ended_at) if ended_at else None,
        trace_id=run.trace_id,
        reminder=_reminder(run),
    )


def _reminder(run: Run) -> Reminder | None:
    if not run.is_reminder:
        return None
    return Reminder(window_start=_time(run.starts_at), before=words_of(run.reminds))


def _reason(run: Run, counted: Counter[State]) -> Reason | None:
    if run.reason_class == "refused" and not _failed(counted):
        run = replace(run, reason_code="")  # SES's own events proved that the mails were sent
    if not run.reason_code and counted[State.HELD]:
        run = with_reason(
            run,
            class_="held",
            code="no_evidence",
            message="SES did not answer, and has reported nothing since. Number of mails: "
            f"{counted[State.HELD]}",
            now=run.ended_at or run.started_at,
        )
    if not run.reason_code:
        return None
    return Reason.model_validate(
        {
            "class": run.reason_class,
            "code": run.reason_code,
            "message": run.reason_message,
            "request_id": run.reason_request_id or None,
            "at": _time(run.reason_at),
        }
    )


def rejection_of(
    rejected: dict[str, Any], *, customer: str, seq: int, now: float
) -> DeliveryReported:
    """Return the report of a parked event, with the valid part of its identity.

    Raises:
        ContractError: `rejected` is not a result of `rejection`.
    """
    said = {
        "event_id": rejected.get("event_id"),
        "change_id": rejected.get("change_id"),
        "revision": rejected.get("revision"),
        "customer": customer,
        "state": RunState.REJECTED,
        "report_seq": seq,
        "reason": {
            "class": "rejected",
            "code": rejected.get("code"),
            "message": rejected.get("message"),
            "at": _time(now),
        },
        "started_at": _time(now),
        "ended_at": _time(now),
        "trace_id": rejected.get("trace_id", ""),
    }
    try:
        return DeliveryReported.model_validate(said)
    except ValidationError as error:
        path, message = faults_of(error)[0]
        raise ContractError("schema", f"the message is not a rejection: {message}", path) from error


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
