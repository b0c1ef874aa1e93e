"""One batch: claim its recipients, call SES once for each, write down what came of it."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

from changecast import mails_bucket, runs
from changecast.account import reserve_slots
from changecast.agenda import schedule
from changecast.errors import PauseRun, RecipientRefused, Retry, Unanswered
from changecast.ledger import Ledger, read_batch, read_run
from changecast.ledger_items import GRACE, Batch, Recipient, Run
from changecast.mailer import LONGEST_CALL, THREADS, Mail, Mailer, send
from changecast.moves import Move, claim, move
from changecast.pace import HORIZON
from changecast.splice import Template, load, splice
from changecast.states import Happening, State
from changecast.tracing import annotate

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger("changecast")

THROTTLE_WAIT = 5.0
# A function may wait so long for a batch's slot; longer waits are the queue's.
EARLY = 2.0

Call = Callable[[int, Recipient], Move]


def in_threads(call: Call, recipients: Sequence[Recipient]) -> list[Move]:
    """Call for every recipient, at most THREADS at a time; over when all calls are.

    Even where one of them fails: no call may go on behind the back of an invocation that ended.
    """
    calls = [_threads().submit(call, *each) for each in enumerate(recipients)]
    wait(calls)
    return [made.result() for made in calls]


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    """Kept while the function is warm: to start 25 anew costs each mail a tenth more CPU."""
    return ThreadPoolExecutor(THREADS)


@dataclass(frozen=True)
class Sender:
    """What sending works with."""

    ledger: Ledger
    mailer: Mailer
    s3: "S3Client"
    bucket: str
    sender: str
    lease: float
    clock: Callable[[], float]
    wait: Callable[[float], None]
    each: Callable[[Call, Sequence[Recipient]], list[Move]] = in_threads


# So many refused for one reason, and nobody taken, are no accident of addresses.
ALL_REFUSED = 5


@dataclass
class Brake:
    """Shared by the calls of one batch: once SES says stop, nobody calls it any more."""

    pulled: Event
    pause: PauseRun | None = None
    refusal: RecipientRefused | None = None


class Job(NamedTuple):
    """One batch in hand: claimed, its renderings read. No call starts after `stop_at`."""

    run: Run
    batch: Batch
    templates: dict[str, Template]
    start: float
    stop_at: float
    brake: Brake


def send_batch(
    sender: Sender, run_id: str, number: int, *, owner: str, deadline: float
) -> float | None:
    """Send one batch. Comes back: when to look at it again (epoch seconds), None if it is done.

    A batch that is not due yet, or whose run is paused or superseded, is left as it is. `owner` is
    this invocation's own name, `deadline` (epoch seconds) is when it must be over. Raises Retry.
    """
    run, batch = read_run(sender.ledger, run_id), read_batch(sender.ledger, run_id, number)
    if run is None or batch is None or not batch.waiting or run.paused or run.superseded:
        return None
    annotate(change_id=run.change_id, revision=run.revision)
    early = batch.not_before - sender.clock()
    if early > EARLY:
        return batch.not_before
    templates = _templates(sender, run, batch)
    if templates is None:
        return None
    sender.wait(early)
    now = sender.clock()
    batch, claimed = claim(sender.ledger, batch, owner=owner, lease=sender.lease, now=now)
    if not claimed:
        return None
    stop_at = min(deadline, now + sender.lease) - LONGEST_CALL
    job = Job(run, batch, templates, sender.clock(), stop_at, Brake(Event()))
    moves = sender.each(lambda index, recipient: _call(sender, job, index, recipient), claimed)
    return _write_down(sender, job, moves)


def _templates(sender: Sender, run: Run, batch: Batch) -> dict[str, Template] | None:
    """The renderings that the batch needs, read before anybody is claimed; None: the run pauses."""
    variants = sorted({r.variant for r in batch.recipients if r.state is State.PLANNED})
    try:
        return {name: _template(sender.s3, sender.bucket, run.run, name) for name in variants}
    except FileNotFoundError:
        stop = PauseRun("no_rendering", "the run's mail is no longer in the mails bucket")
        runs.pause(sender.ledger, run.run, stop, sender.clock())
        return None


@lru_cache(maxsize=64)
def _template(s3: "S3Client", bucket: str, run: str, variant: str) -> Template:
    """Kept while the function is warm; that it is not there is not kept: it may be put back."""
    body = mails_bucket.get(s3, bucket, mails_bucket.rendering_key(run, variant))
    if body is None:
        raise FileNotFoundError(variant)
    return load(body)


def _call(sender: Sender, job: Job, index: int, recipient: Recipient) -> Move:
    """One mail at its turn, and what its answer means for its recipient."""
    brake = job.brake
    if job.batch.rate and not brake.pulled.is_set():
        sender.wait(job.start + index / job.batch.rate - sender.clock())
    if brake.pulled.is_set() or sender.clock() > job.stop_at:
        return Move(recipient, Happening.NOT_CALLED)
    try:
        message_id = send(sender.mailer, _mail(sender, job, recipient))
    except Retry:
        brake.pulled.set()
        return Move(recipient, Happening.THROTTLED)
    except PauseRun as stop:
        brake.pause = stop
        brake.pulled.set()
        return Move(recipient, Happening.PAUSED, code=stop.code)
    except RecipientRefused as refusal:
        brake.refusal = refusal
        return Move(recipient, Happening.REFUSED, code=refusal.code)
    except Unanswered as silence:
        log.warning("no answer", extra={"recipient": recipient.key, "why": silence.message})
        return Move(recipient, Happening.NO_ANSWER, code="no_answer")
    return Move(recipient, Happening.ACCEPTED, message_id=message_id, at=sender.clock())


def _mail(sender: Sender, job: Job, recipient: Recipient) -> Mail:
    tags = {
        "k": recipient.key,
        "a": str(recipient.attempt),
        "r": f"{job.run.run}-{job.batch.number}",
        # SES begins its Feedback-ID header with these: complaints by topic and by kind of mail.
        "ses:feedback-id-a": job.run.topic,
        "ses:feedback-id-b": job.run.kind,
    }
    raw = splice(job.templates[recipient.variant], recipient.address)
    return Mail(sender.sender, recipient.address, raw, job.run.topic, tags)


def _write_down(sender: Sender, job: Job, moves: Sequence[Move]) -> float | None:
    """What came of the calls; then, where some could not be made, when to go on."""
    now, brake, run = sender.clock(), job.brake, job.run.run
    moves = _paused_if_nobody_was_taken(moves, brake)
    throttled = brake.pulled.is_set() and brake.pause is None
    later = now + THROTTLE_WAIT if throttled else now
    batch = move(sender.ledger, job.batch, moves, now, not_before=later).batch
    if brake.pause:
        runs.pause(sender.ledger, run, brake.pause, now)
        return None
    if brake.refusal:
        runs.note(sender.ledger, run, brake.refusal, now)
    return _again(sender.ledger, batch, later) if batch.waiting else None


def _paused_if_nobody_was_taken(moves: Sequence[Move], brake: Brake) -> Sequence[Move]:
    """Where SES refuses a whole batch for one reason, it is not the recipients: the run pauses.

    FAILED is for good, so a fault of ours or of the account must not end there.
    """
    alike = {(each.happening, each.code) for each in moves}
    refusal = brake.refusal
    if refusal is None or len(moves) < ALL_REFUSED or len(alike) > 1:
        return moves
    brake.pause = PauseRun("all_refused", refusal.message, refusal.request_id)
    return [each._replace(happening=Happening.PAUSED, code="all_refused") for each in moves]


def _again(ledger: Ledger, batch: Batch, earliest: float) -> float | None:
    """New slots for who was not called; None: none soon, the sweep will find some."""
    rate = batch.rate or 1.0
    starts, _ = reserve_slots(
        ledger, [batch.waiting], rate=rate, horizon=HORIZON, left=None, now=earliest
    )
    if not starts:
        return None
    look_at = starts[0] + batch.waiting / rate + GRACE
    schedule(ledger, batch, not_before=starts[0], rate=rate, look_at=look_at)
    return starts[0]
