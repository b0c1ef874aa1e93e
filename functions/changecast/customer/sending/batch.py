"""Sending one batch: claim its recipients, call the channel once for each, record each answer."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

from changecast.contract.errors import PauseRun, RecipientRefused, Retry, Unanswered
from changecast.contract.pause_code import PauseCode
from changecast.customer.channels.channel import LONGEST_CALL, THREADS, Channel
from changecast.customer.ledger import runs
from changecast.customer.ledger.due_index import schedule
from changecast.customer.ledger.schema import GRACE, Batch, Recipient, Run
from changecast.customer.ledger.send_slots import reserve_slots
from changecast.customer.ledger.states import RecipientEvent, State
from changecast.customer.ledger.table import Ledger, read_batch, read_run
from changecast.customer.ledger.transitions import Move, claim, move
from changecast.customer.renderings import mails_bucket
from changecast.customer.renderings.splice import RESPONSE, Rendering, load
from changecast.customer.responding.links import Links
from changecast.customer.sending.pace import HORIZON, may_send
from changecast.customer.sending.unanswered import NO_ANSWER
from changecast.lambdas.threads import in_threads
from changecast.lambdas.tracing import annotate

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger("changecast")

THROTTLE_WAIT = 5.0
# How long a function waits for a batch's slot (seconds); for longer waits, the queue delays the
# hint.
EARLY = 2.0

Call = Callable[[int, Recipient], Move]


@dataclass(frozen=True)
class Sender:
    """What sending needs; `links` makes the mails' personal links if people may answer."""

    ledger: Ledger
    channel: Channel[Rendering]
    s3: "S3Client"
    bucket: str
    lease: float
    clock: Callable[[], float]
    wait: Callable[[float], None]
    each: Callable[[Call, Sequence[Recipient]], list[Move]] = field(
        default=partial(in_threads, THREADS)
    )
    links: Links | None = None


# If this many mails are refused for one reason and none is accepted, the addresses are not at
# fault.
ALL_REFUSED = 5


@dataclass
class Brake:
    """Shared by a batch's calls: once SES refuses to go on, no further call is made."""

    pulled: Event
    pause: PauseRun | None = None
    refusal: RecipientRefused | None = None

    def stop(self, pause: PauseRun) -> None:
        """Pause the run; in the sandbox, finish the batch, because others may be verified."""
        if pause.code is not PauseCode.SANDBOX:
            self.pulled.set()
        elif self.pause:
            return
        self.pause = pause


class Job(NamedTuple):
    """A claimed batch with its renderings. No call starts after `stop_at`."""

    run: Run
    batch: Batch
    renderings: dict[str, Rendering]
    start: float
    stop_at: float
    brake: Brake


def send_batch(
    sender: Sender, run_id: str, number: int, *, owner: str, deadline: float
) -> float | None:
    """Send one batch, unless it is not due yet or its run is paused or superseded.

    Args:
        owner: A name that no other invocation has.
        deadline: When it must be done (epoch seconds).

    Returns:
        When to look at the batch again (epoch seconds); None if it is done.

    Raises:
        Retry: The ledger is too busy.
    """
    run, batch = read_run(sender.ledger, run_id), read_batch(sender.ledger, run_id, number)
    if run is None or batch is None or not batch.planned or not may_send(run, batch):
        return None
    annotate(change_id=run.change_id, revision=run.revision)
    if run.is_too_late(sender.clock()):
        return None
    early = batch.not_before - sender.clock()
    if early > EARLY:
        return batch.not_before
    renderings = _renderings(sender, run, batch)
    if renderings is None:
        return None
    sender.wait(early)
    now = sender.clock()
    batch, claimed = claim(sender.ledger, batch, owner=owner, lease=sender.lease, now=now)
    if not claimed:
        return None
    stop_at = min(deadline, now + sender.lease) - LONGEST_CALL
    job = Job(run, batch, renderings, sender.clock(), stop_at, Brake(Event()))
    moves = sender.each(lambda index, recipient: _call(sender, job, index, recipient), claimed)
    return _record(sender, job, moves)


def _renderings(sender: Sender, run: Run, batch: Batch) -> dict[str, Rendering] | None:
    """Read the batch's renderings before the claim; None if the run pauses."""
    variants = sorted({r.variant for r in batch.recipients if r.state is State.PLANNED})
    try:
        return {name: _served(sender, run.run, name) for name in variants}
    except FileNotFoundError:
        stop = PauseRun(PauseCode.NO_RENDERING, "the run's mail is no longer in the mails bucket")
        runs.pause(sender.ledger, run.run, stop, sender.clock())
        return None


def _served(sender: Sender, run: str, variant: str) -> Rendering:
    """Return a rendering whose links are served; answers may have been switched off since.

    The keys for links are read here, so that a failure leaves no recipient claimed.
    """
    found = _rendering(sender.s3, sender.bucket, mails_bucket.rendering_key(run, variant))
    if RESPONSE not in found.gaps:
        return found
    if sender.links is None:
        name = mails_bucket.without_page(variant)
        return _rendering(sender.s3, sender.bucket, mails_bucket.rendering_key(run, name))
    sender.links.keyrings.get()
    return found


@lru_cache(maxsize=64)
def _rendering(s3: "S3Client", bucket: str, key: str) -> Rendering:
    """Read a rendering and cache it while the function is warm; a missing one is not cached."""
    body = mails_bucket.get(s3, bucket, key)
    if body is None:
        raise FileNotFoundError(key)
    return load(body)


def _call(sender: Sender, job: Job, index: int, recipient: Recipient) -> Move:
    """Send one mail at its time, and return the event for its recipient."""
    brake = job.brake
    if job.batch.rate and not brake.pulled.is_set():
        sender.wait(job.start + index / job.batch.rate - sender.clock())
    if brake.pulled.is_set() or sender.clock() > job.stop_at:
        return Move(recipient, RecipientEvent.NOT_CALLED)
    try:
        rendering = job.renderings[recipient.variant]
        message_id = sender.channel.deliver(job.run, job.batch, recipient, rendering)
    except Retry:
        brake.pulled.set()
        return Move(recipient, RecipientEvent.THROTTLED)
    except PauseRun as stop:
        brake.stop(stop)
        return Move(recipient, RecipientEvent.PAUSED, code=stop.code)
    except RecipientRefused as refusal:
        brake.refusal = refusal
        return Move(recipient, RecipientEvent.REFUSED, code=refusal.code)
    except Unanswered as silence:
        log.warning("no answer", extra={"recipient": recipient.key, "why": silence.message})
        return Move(recipient, RecipientEvent.NO_ANSWER, code=NO_ANSWER)
    return Move(recipient, RecipientEvent.ACCEPTED, message_id=message_id, at=sender.clock())


def _record(sender: Sender, job: Job, moves: Sequence[Move]) -> float | None:
    """Record the answers; return when to continue if some calls could not be made."""
    now, brake, run = sender.clock(), job.brake, job.run.run
    moves = _paused_if_all_refused(moves, brake)
    throttled = brake.pulled.is_set() and brake.pause is None
    later = now + THROTTLE_WAIT if throttled else now
    batch = move(sender.ledger, job.batch, moves, now, not_before=later).batch
    if brake.pause:
        runs.pause(sender.ledger, run, brake.pause, now)
        return None
    if brake.refusal:
        runs.note_refusal(sender.ledger, run, brake.refusal, now)
    return _again(sender.ledger, batch, later) if batch.planned else None


def _paused_if_all_refused(moves: Sequence[Move], brake: Brake) -> Sequence[Move]:
    """Pause the run if SES refuses a whole batch for one reason: the recipients are not at fault.

    FAILED is final, so it must not result from a fault of ours or of the account.
    """
    alike = {(each.event, each.code) for each in moves}
    refusal = brake.refusal
    if refusal is None or len(moves) < ALL_REFUSED or len(alike) > 1:
        return moves
    brake.pause = PauseRun(PauseCode.ALL_REFUSED, refusal.message, refusal.request_id)
    return [
        each._replace(event=RecipientEvent.PAUSED, code=PauseCode.ALL_REFUSED) for each in moves
    ]


def _again(ledger: Ledger, batch: Batch, earliest: float) -> float | None:
    """Reserve new slots for the rest; None if the sweep must find some later."""
    rate = batch.rate or 1.0
    starts, _ = reserve_slots(
        ledger, [batch.planned], rate=rate, horizon=HORIZON, left=None, now=earliest
    )
    if not starts:
        return None
    look_at = starts[0] + batch.planned / rate + GRACE
    schedule(ledger, batch, not_before=starts[0], rate=rate, look_at=look_at)
    return starts[0]
