"""What time brings about: leases end, windows close, waves are released, paused runs go on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from botocore.exceptions import BotoCoreError, ClientError

from changecast import runs
from changecast.agenda import look_at
from changecast.errors import PauseRun, Retry
from changecast.ledger import Ledger, read_batch, read_run
from changecast.ledger_items import Batch, Run, due_at
from changecast.moves import Move, move
from changecast.pace import Pace
from changecast.states import OPEN, Happening, State

PAUSED_LOOK = 300.0
# Reasons that pass by themselves; anything else waits for `changecast resume`.
PASSING = frozenset({"daily_quota", "SendingPausedException", "AccountSuspendedException"})


class Policy(StrEnum):
    """What becomes of a recipient of whom nothing was heard for the whole window."""

    RESEND = "resend"
    HOLD = "hold"


_WINDOW_OVER = {
    Policy.HOLD: Happening.WINDOW_OVER_HOLD,
    Policy.RESEND: Happening.WINDOW_OVER_RESEND,
}


@dataclass
class Sweep:
    """One sweep's rules, and the runs that it has read.

    `tell` is called with a run whose status is about to change: before the change, so that a crash
    in between costs a report too many and not one too few. `failures` says what went wrong.
    """

    ledger: Ledger
    policy: Policy
    pace: Pace
    now: float
    tell: Callable[[str], None]
    runs: dict[str, Run | None] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def sweep(sweep_: Sweep, found: Iterable[Batch]) -> list[Batch]:
    """Look at batches that were found due; comes back: those that wait to be sent.

    A batch that is too busy is left for the next sweep; one that fails is noted, and stops nobody
    else: the longest waiting come first, so it would stop every sweep.
    """
    waiting = []
    for batch in found:
        try:
            looked_at = _look(sweep_, batch)
        except Retry:
            continue
        except (ClientError, BotoCoreError) as error:
            sweep_.failures.append(str(error)[:500])
            continue
        if looked_at is not None:
            waiting.append(looked_at)
    return waiting


def _look(sweep_: Sweep, found: Batch) -> Batch | None:
    ledger, now = sweep_.ledger, sweep_.now
    batch = read_batch(ledger, found.run, found.number)
    if batch is None or batch.due_at is None or batch.due_at > now:
        return None  # the index lags behind
    run = _run_of(sweep_, found.run)
    if run is None:
        look_at(ledger, batch, None)  # expired
        return None
    moves = list(_moves(run, batch, sweep_.policy, ledger.window, now))
    if moves or not any(recipient.state in OPEN for recipient in batch.recipients):
        sweep_.tell(run.run)  # where nothing is open, somebody settled it by hand
    batch, moved = move(ledger, batch, moves, now)
    if batch.waiting:
        run = _stopped(sweep_, run)
        if not run.paused and not run.superseded:
            return batch
    if not moved or run.paused:
        look_at(ledger, batch, _look_again(run, batch, ledger.window, now))
    return None


def _run_of(sweep_: Sweep, run_id: str) -> Run | None:
    """The run, read once a sweep, and let go on where what paused it has passed."""
    if run_id not in sweep_.runs:
        run = read_run(sweep_.ledger, run_id)
        if run and run.paused and run.reason_code in PASSING and sweep_.pace.able:
            sweep_.tell(run_id)
            run = runs.resume(sweep_.ledger, run)
        sweep_.runs[run_id] = run
    return sweep_.runs[run_id]


def _stopped(sweep_: Sweep, run: Run) -> Run:
    """The run, paused where the account cannot send at all: SES need not be called to know that."""
    if sweep_.pace.able or run.paused or run.superseded:
        return run
    stop = PauseRun("SendingPausedException", "SES says that this account may not send now")
    if sweep_.pace.enabled:
        stop = PauseRun("daily_quota", "the account's quota of mails in 24 hours is used up")
    sweep_.tell(run.run)
    runs.pause(sweep_.ledger, run.run, stop, sweep_.now)
    paused = read_run(sweep_.ledger, run.run) or run
    sweep_.runs[run.run] = paused
    return paused


def _moves(run: Run, batch: Batch, policy: Policy, window: float, now: float) -> Iterator[Move]:
    for recipient in batch.recipients:
        if recipient.state is State.SENDING and recipient.lease_until <= now:
            yield Move(recipient, Happening.LEASE_OVER)
        elif recipient.state is State.UNKNOWN and recipient.since + window <= now:
            yield Move(recipient, _WINDOW_OVER[policy])
        elif recipient.state is State.PLANNED and run.superseded:
            yield Move(recipient, Happening.SUPERSEDED)


def _look_again(run: Run, batch: Batch, window: float, now: float) -> float | None:
    when = due_at(batch.recipients, not_before=batch.not_before, window=window)
    return max(when, now + PAUSED_LOOK) if when is not None and run.paused else when
