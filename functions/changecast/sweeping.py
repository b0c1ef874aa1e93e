"""What time brings about: leases end, windows close, waves are released, paused runs go on."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from botocore.exceptions import BotoCoreError, ClientError

from changecast import runs
from changecast.agenda import look_at
from changecast.channel import Channel, is_open
from changecast.errors import PauseRun, Retry
from changecast.ledger import Ledger, heads, read_batch, read_run
from changecast.ledger_items import Batch, Recipient, Run, due_at
from changecast.moves import Move, move
from changecast.pace import Pace
from changecast.states import OPEN, Happening, State

log = logging.getLogger("changecast")

# A batch for which nothing can be done now: paused, or its evidence does not arrive.
LATER = 300.0
# So many windows a mail waits where SES's events do not arrive; then people must decide.
BLOCKED_WINDOWS = 2


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
    in between costs a report too many and not one too few. `ask` tells whether SES's events arrive.
    `failures` says what went wrong.
    """

    ledger: Ledger
    policy: Policy
    pace: Pace
    now: float
    tell: Callable[[str], None]
    ask: Callable[[], Channel]
    runs: dict[str, Run | None] = field(default_factory=dict)
    heard: dict[str, bool] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @cached_property
    def channel(self) -> Channel:
        """The way on which SES's events come: asked once a sweep, and only where it matters."""
        return self.ask()


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
    moves = list(_moves(sweep_, run, batch))
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
        if run and run.paused and run.reason_code in runs.PASSING and sweep_.pace.able:
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


def _moves(sweep_: Sweep, run: Run, batch: Batch) -> Iterator[Move]:
    now, window = sweep_.now, sweep_.ledger.window
    for recipient in batch.recipients:
        if recipient.state is State.SENDING and recipient.lease_until <= now:
            yield Move(recipient, Happening.LEASE_OVER)
        elif recipient.state is State.UNKNOWN and recipient.since + window <= now:
            if over := _window_over(sweep_, run, recipient):
                yield Move(recipient, over)
        elif recipient.state is State.PLANNED and run.superseded:
            yield Move(recipient, Happening.SUPERSEDED)


def _window_over(sweep_: Sweep, run: Run, recipient: Recipient) -> Happening | None:
    """What the policy says; None: wait, since silence means nothing where no events arrive."""
    if sweep_.policy is Policy.HOLD or run.superseded or _is_heard(sweep_, run):
        return _WINDOW_OVER[sweep_.policy]
    longest = BLOCKED_WINDOWS * sweep_.ledger.window
    return Happening.WINDOW_OVER_HOLD if recipient.since + longest <= sweep_.now else None


def _is_heard(sweep_: Sweep, run: Run) -> bool:
    """Whether SES's events about a run arrive, asked once a sweep."""
    if run.run not in sweep_.heard:
        heard = is_open(sweep_.channel, run, heads(sweep_.ledger, run))
        if not heard:
            log.warning("no events of SES", extra={"run": run.run, **sweep_.channel._asdict()})
        sweep_.heard[run.run] = heard
    return sweep_.heard[run.run]


def _look_again(run: Run, batch: Batch, window: float, now: float) -> float | None:
    """When time brings something about; later where it already should have."""
    when = due_at(batch.recipients, not_before=batch.not_before, window=window)
    if when is None or (when > now and not run.paused):
        return when
    return max(when, now + (LATER if run.paused else min(LATER, window)))
