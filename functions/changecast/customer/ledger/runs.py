"""Runs in the ledger: completing, superseding, pausing, resuming and ending them."""

from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from changecast.contract.errors import PauseRun, RecipientRefused, Retry
from changecast.customer.ledger.account_counters import note_list_size
from changecast.customer.ledger.contention import ATTEMPTS, back_off, is_transaction_conflict
from changecast.customer.ledger.due_index import set_due
from changecast.customer.ledger.encoding import encode, value_of
from changecast.customer.ledger.schema import Run, run_key
from changecast.customer.ledger.states import OPEN, RecipientEvent, State
from changecast.customer.ledger.table import Ledger, all_batches, read_run
from changecast.customer.ledger.transitions import Move, move
from changecast.lambdas.conditions import lost_condition

_REASON = ("reason_class", "reason_code", "reason_message", "reason_request_id")
_NO_REASON: dict[str, Any] = {**dict.fromkeys(_REASON, ""), "reason_at": 0.0}


def complete(ledger: Ledger, run: Run) -> Run:
    """Complete the plan of a run, whose batches are all written; `run` has the decision.

    A run is completed only once. A pause is in the ledger already, unless it was resumed since. An
    interrupted reminder may have been opened for an earlier revision than the one that it tells.

    Returns:
        The run as the ledger has it.
    """
    decided = {
        "revision": run.revision,
        "fingerprint": run.fingerprint,
        "kind": run.kind,
        "topic": run.topic,
        "material": run.material,
        "complete": True,
    }
    if not run.paused:
        decided["paused"] = False
        decided |= {name: getattr(run, name) for name in (*_REASON, "reason_at")}
    if run.superseded:  # never unset: a newer revision may have set it since
        decided["superseded"] = True
    _update(ledger, run.run, decided, only_if="complete = :no", values={":no": False})
    return read_run(ledger, run.run) or run


def supersede(ledger: Ledger, run: Run, now: float) -> None:
    """Stop a run, except for recipients that are claimed already."""
    _update(ledger, run.run, {"superseded": True})
    for batch in all_batches(ledger, run):
        planned = [r for r in batch.recipients if r.state is State.PLANNED]
        move(ledger, batch, [Move(r, RecipientEvent.SUPERSEDED) for r in planned], now)


def discard(ledger: Ledger, run: Run, now: float) -> None:
    """Make a run void: nobody else is mailed, and later plans ignore it."""
    supersede(ledger, run, now)
    _update(ledger, run.run, {"discarded": True})


def pause(ledger: Ledger, run: str, stop: PauseRun, now: float) -> None:
    """Pause a run: SES is not called for it until `resume`.

    An automatic pause never replaces another one; otherwise, the run would resume without an
    operator.
    """
    only_if = "paused = :no" if stop.code.automatic else "attribute_exists(pk)"
    values = {":no": False} if stop.code.automatic else None
    decided = {"paused": True, **_reason("paused", stop, now)}
    _update(ledger, run, decided, only_if=only_if, values=values)


def pause_before_planning(
    ledger: Ledger, run: str, stop: PauseRun, contacts: int, now: float
) -> None:
    """Pause a run beyond a limit before it is planned, unless an operator has resumed it."""
    _update(
        ledger,
        run,
        {"paused": True, "contacts": contacts, **_reason("paused", stop, now)},
        only_if=(
            "complete = :no AND attribute_not_exists(limits_waived)"
            " OR complete = :no AND limits_waived = :no"
        ),
        values={":no": False},
    )


def note_refusal(ledger: Ledger, run: str, refusal: RecipientRefused, now: float) -> None:
    """Note for the report why a recipient failed."""
    _update(ledger, run, _reason("refused", refusal, now))


def _reason(class_: str, error: PauseRun | RecipientRefused, now: float) -> dict[str, Any]:
    return {
        "reason_class": class_,
        "reason_code": error.code[:128],
        "reason_message": error.message[:1_000],
        "reason_request_id": (error.request_id or "")[:128],
        "reason_at": now,
    }


def note_wait(ledger: Ledger, run: str, *, waits: bool) -> None:
    """Note for the report whether a run waits for SES's daily quota."""
    _update(ledger, run, {"waits": waits})


def note_end(ledger: Ledger, run: Run, now: float) -> float:
    """Note that the run has ended, unless it ended before; return when (epoch seconds)."""
    if not run.ended_at:
        _update(ledger, run.run, {"ended_at": now})
    return run.ended_at or now


def resume(ledger: Ledger, run: Run) -> Run:
    """Resume a paused run; the sweep queues its planned recipients within minutes.

    The rate or limit that paused the run does not pause it again. If limits were waived, the next
    run is compared with this run's list.
    """
    code = run.pause_code
    decided = {
        "paused": False,
        "tolerant": run.tolerant or (code is not None and code.is_rate),
        "limits_waived": run.limits_waived or (code is not None and code.is_account_limit),
        **_NO_REASON,
    }
    _update(ledger, run.run, decided)
    if code is not None and code.is_account_limit:
        note_list_size(ledger, run.topic, run.contacts)
    return replace(run, **decided)


def sweep_soon(ledger: Ledger, run: Run, now: float) -> None:
    """Make every batch with an open recipient due for the next sweep.

    If there is none, the first batch becomes due, so that the run is reported.
    """
    batches = list(all_batches(ledger, run))
    unfinished = [b for b in batches if any(r.state in OPEN for r in b.recipients)]
    for batch in unfinished or batches[:1]:
        set_due(ledger, batch, now)


def reopen(ledger: Ledger, run: Run) -> None:
    """Note that a run that had ended is open again."""
    _update(ledger, run.run, {"ended_at": 0.0})


def _update(
    ledger: Ledger,
    run: str,
    sets: dict[str, Any],
    *,
    only_if: str = "attribute_exists(pk)",
    values: dict[str, Any] | None = None,
) -> None:
    """Set attributes of a run if the condition holds.

    A planner that writes its plan locks the run by one transaction after another.

    Raises:
        Retry: Too many other writers of the run.
    """
    assigned = ", ".join(f"#{name} = :{name}" for name in sets)
    given = {f":{name}": value_of(value) for name, value in sets.items()}
    request: dict[str, Any] = {
        "TableName": ledger.table,
        "Key": run_key(run),
        "UpdateExpression": f"SET {assigned}",
        "ConditionExpression": only_if,
        "ExpressionAttributeNames": {f"#{name}": name for name in sets},
        "ExpressionAttributeValues": given | encode(values or {}),
    }
    for attempt in range(ATTEMPTS):
        if _written(ledger, request):
            return
        back_off(ledger, attempt)
    raise Retry(f"run {run} could not be written, because it kept changing")


def _written(ledger: Ledger, request: dict[str, Any]) -> bool:
    """Return whether the write is settled: done, or its condition does not hold."""
    try:
        ledger.client.update_item(**request)
    except ClientError as error:
        if is_transaction_conflict(error):
            return False
        if not lost_condition(error):
            raise
    return True
