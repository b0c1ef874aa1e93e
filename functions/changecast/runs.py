"""Runs in the ledger: what is decided, superseded, paused and ended of one revision here."""

from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from changecast.account import note_list_size
from changecast.agenda import look_at
from changecast.conditions import lost_condition
from changecast.contention import ATTEMPTS, is_moving, step_aside
from changecast.errors import PauseRun, RecipientRefused, Retry
from changecast.ledger import Ledger, batches_of, read_run
from changecast.ledger_items import Run, encode, run_key, value_of
from changecast.moves import Move, move
from changecast.states import OPEN, Happening, State

_REASON = ("reason_class", "reason_code", "reason_message", "reason_request_id")
# What a run is stopped for and only a person lets go on: reputation.py, admission.py.
RATES = frozenset({"bounce_rate", "complaint_rate"})
LIMITS = frozenset({"mails_per_day", "announcements_per_hour", "link_domains", "list_growth"})
# What passes by itself: the sweep lets such a run go on.
PASSING = frozenset({"daily_quota", "SendingPausedException", "AccountSuspendedException"})
_NO_REASON: dict[str, Any] = {**dict.fromkeys(_REASON, ""), "reason_at": 0.0}


def complete(ledger: Ledger, run: Run) -> Run:
    """The plan stands: all its batches are written, and `run` says what was decided.

    A run is completed once; comes back: the run as it stands. One that is paused stands so in the
    ledger already, unless somebody has let it go on since.
    """
    decided = {
        "kind": run.kind,
        "topic": run.topic,
        "material": run.material,
        "complete": True,
    }
    if not run.paused:
        decided["paused"] = False
        decided |= {name: getattr(run, name) for name in (*_REASON, "reason_at")}
    if run.superseded:  # never back: a newer revision may have said so meanwhile
        decided["superseded"] = True
    _update(ledger, run.run, decided, only_if="complete = :no", values={":no": False})
    return read_run(ledger, run.run) or run


def supersede(ledger: Ledger, run: Run, now: float) -> None:
    """Whoever still waits in this run is no longer sent to; what was claimed keeps its claim."""
    _update(ledger, run.run, {"superseded": True})
    for batch in batches_of(ledger, run):
        waiting = [r for r in batch.recipients if r.state is State.PLANNED]
        move(ledger, batch, [Move(r, Happening.SUPERSEDED) for r in waiting], now)


def pause(ledger: Ledger, run: str, stop: PauseRun, now: float) -> None:
    """Stop a run: nobody calls SES for it until `resume`.

    What passes by itself takes no other reason's place, or the run would go on without a person.
    """
    only_if = "paused = :no" if stop.code in PASSING else "attribute_exists(pk)"
    values = {":no": False} if stop.code in PASSING else None
    decided = {"paused": True, **_reason("paused", stop, now)}
    _update(ledger, run, decided, only_if=only_if, values=values)


def hold(ledger: Ledger, run: str, stop: PauseRun, contacts: int, now: float) -> None:
    """Stop a run that is beyond a limit before it is planned, unless a person has let it go."""
    _update(
        ledger,
        run,
        {"paused": True, "contacts": contacts, **_reason("paused", stop, now)},
        only_if=(
            "complete = :no AND attribute_not_exists(let_go) OR complete = :no AND let_go = :no"
        ),
        values={":no": False},
    )


def note(ledger: Ledger, run: str, refusal: RecipientRefused, now: float) -> None:
    """Keep why a recipient failed, for the report."""
    _update(ledger, run, _reason("refused", refusal, now))


def _reason(class_: str, error: PauseRun | RecipientRefused, now: float) -> dict[str, Any]:
    return {
        "reason_class": class_,
        "reason_code": error.code[:128],
        "reason_message": error.message[:1_000],
        "reason_request_id": (error.request_id or "")[:128],
        "reason_at": now,
    }


def end(ledger: Ledger, run: Run, now: float) -> float:
    """When the run ended: now, unless it was noted before."""
    if not run.ended_at:
        _update(ledger, run.run, {"ended_at": now})
    return run.ended_at or now


def resume(ledger: Ledger, run: Run) -> Run:
    """Let a paused run go on; the sweep queues what waits, within minutes.

    What a run was stopped for, its bounces, its complaints or a limit, does not stop it again, and
    the next run is measured against the list of one that was let go.
    """
    decided = {
        "paused": False,
        "tolerant": run.tolerant or run.reason_code in RATES,
        "let_go": run.let_go or run.reason_code in LIMITS,
        **_NO_REASON,
    }
    _update(ledger, run.run, decided)
    if run.reason_code in LIMITS:
        note_list_size(ledger, run.topic, run.contacts)
    return replace(run, **decided)


def hurry(ledger: Ledger, run: Run, now: float) -> None:
    """Let the next sweep look at every batch of a run that has anything open.

    Where nothing is, it looks at one of them, and lets the hub hear how the run stands.
    """
    batches = list(batches_of(ledger, run))
    unfinished = [b for b in batches if any(r.state in OPEN for r in b.recipients)]
    for batch in unfinished or batches[:1]:
        look_at(ledger, batch, now)


def reopen(ledger: Ledger, run: Run) -> None:
    """A run that had ended goes on."""
    _update(ledger, run.run, {"ended_at": 0.0})


def _update(
    ledger: Ledger,
    run: str,
    sets: dict[str, Any],
    *,
    only_if: str = "attribute_exists(pk)",
    values: dict[str, Any] | None = None,
) -> None:
    """Set attributes of a run; nothing happens where the condition does not hold.

    A plan that is being written holds its run in one transaction after the other. Raises Retry.
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
        step_aside(ledger, attempt)
    raise Retry(f"run {run} is too busy to be written")


def _written(ledger: Ledger, request: dict[str, Any]) -> bool:
    """Whether the write is settled: done, or its condition does not hold."""
    try:
        ledger.client.update_item(**request)
    except ClientError as error:
        if is_moving(error):
            return False
        if not lost_condition(error):
            raise
    return True
