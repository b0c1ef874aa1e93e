"""The sweep: leases end, windows close, planned batches are found, automatic pauses end."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import PauseRun, Retry
from changecast.contract.pause_code import PauseCode
from changecast.customer.hints import (
    hint_answer,
    hint_digest,
    hint_reminder,
    hint_report,
    send_deliveries,
)
from changecast.customer.ledger import runs
from changecast.customer.ledger.answers import postpone_report, unreported
from changecast.customer.ledger.digests import ask_for_digest, read_digest
from changecast.customer.ledger.due_index import attention_needed, due_batches, schedule, set_due
from changecast.customer.ledger.due_reminders import due_reminders, postpone_reminder
from changecast.customer.ledger.endpoints import dead_endpoints, read_endpoints
from changecast.customer.ledger.evidence import EventFlow, is_flowing, read_event_flow
from changecast.customer.ledger.schema import GRACE, Batch, Recipient, Run, due_at
from changecast.customer.ledger.states import OPEN, RecipientEvent, State
from changecast.customer.ledger.table import Ledger, batch_counts, read_batch, read_run
from changecast.customer.ledger.transitions import Move, move
from changecast.customer.planning.shared_reading import delete_used
from changecast.customer.sending.pace import Pace, Wave, interleaved, may_send, may_tell
from changecast.customer.sending.settings import SweepSettings
from changecast.customer.sending.shared_quota import shared_pace
from changecast.customer.sending.unanswered import (
    NO_ANSWER,
    Policy,
    is_window_over,
    window_over,
)
from changecast.customer.week import week_at
from changecast.lambdas.metrics import Measure, count, measured, percent
from changecast.lambdas.queues import send_all
from changecast.lambdas.tracing import step

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient

log = logging.getLogger("changecast")

# Seconds until a batch is checked again that is paused or lacks evidence.
LATER = 300.0
ANSWERS_AGAIN = 1_800.0
# Seconds until the next hint at a reminder that was not planned: it waits, or its hint was lost.
REMINDERS_AGAIN = 120.0
DIGEST_AGAIN = 120.0
BATCHES_A_GROUP = 50
# The last group must finish, and the next sweep must not overlap this one.
LAST_SECONDS = 20.0
# A report waits this long, until the change that caused it is written.
REPORT_DELAY = 10


@dataclass(frozen=True)
class Sweeper:
    """What the sweep needs; `measure` publishes metrics.

    `connect_s3` creates an S3 client, which takes a fifth of a cold start and few sweeps need.
    """

    ledger: Ledger
    ses: "SESV2Client"
    sqs: "SQSClient"
    connect_s3: Callable[[], "S3Client"]
    settings: SweepSettings
    clock: Callable[[], float] = time.time
    measure: Callable[..., None] = measured

    def request_report(self, run: str) -> None:
        """Request a report of a run that is about to change, delayed until it has changed."""
        send_all(self.sqs, self.settings.reports_queue_url, [(hint_report(run), REPORT_DELAY)])

    def event_flow(self) -> EventFlow:
        """Read whether SES's events arrive."""
        queues = (self.settings.outcomes_queue_url, self.settings.outcomes_dlq_url)
        return read_event_flow(self.ledger, self.sqs, queues)


@dataclass
class Sweep:
    """One sweep: its settings, and what it has read so far.

    `request_report` is called with a run before its status changes, so that a crash in between
    causes one extra report, not a missing one. `read_event_flow` reads the flow of SES's events.
    `failures` are the errors of batches that could not be checked.
    """

    ledger: Ledger
    policy: Policy
    pace: Pace
    now: float
    request_report: Callable[[str], None]
    read_event_flow: Callable[[], EventFlow]
    runs: dict[str, Run | None] = field(default_factory=dict)
    evidence_arrives: dict[str, bool] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @cached_property
    def event_flow(self) -> EventFlow:
        """The flow of SES's events, read once a sweep and only if needed."""
        return self.read_event_flow()


def sweep(sweeper: Sweeper, until: float) -> None:
    """Handle everything that is due, group by group, while there is time.

    Args:
        until: When the invocation ends (epoch seconds).

    Raises:
        Retry: Some batches could not be checked; all others were.
    """
    ledger = sweeper.ledger
    delete_used(ledger, sweeper.connect_s3, sweeper.settings.mails_bucket, sweeper.clock())
    _report_answers(sweeper)
    _hint_reminders(sweeper)
    _hint_digest(sweeper)
    pace = shared_pace(ledger, sweeper.ses, sweeper.clock)
    now = sweeper.clock()
    _publish(sweeper, pace)
    policy = Policy(sweeper.settings.unknown_policy)
    this = Sweep(ledger, policy, pace, now, sweeper.request_report, sweeper.event_flow)
    wave = Wave(ledger, pace, now)
    # Interleave before grouping, because later groups queue behind all earlier ones.
    due = iter(interleaved(due_batches(ledger, now)))
    looked_at, queued, last = 0, 0, until - LAST_SECONDS
    customer = sweeper.settings.customer_code
    with step("sweep", customer):
        while sweeper.clock() < last and (group := list(islice(due, BATCHES_A_GROUP))):
            looked = look_at_batches(this, group)
            ready = [batch for batch in looked if not batch.is_of_endpoint]
            _queue_notices(sweeper, [batch for batch in looked if batch.is_of_endpoint], now)
            released = wave.release(ready)
            _note_waits(this, {batch.run for batch in ready}, wave.beyond_quota)
            send_deliveries(sweeper.sqs, sweeper.settings.deliveries_queue_url, released, now)
            looked_at, queued = looked_at + len(group), queued + len(released)
    log.info("swept", extra={"customer": customer, "looked_at": looked_at, "queued": queued})
    if this.failures:
        failed = len(this.failures)
        raise Retry(
            f"batches that could not be checked: {failed}; the first error: {this.failures[0]}"
        )


def _queue_notices(sweeper: Sweeper, batches: Iterable[Batch], now: float) -> None:
    """Queue what is due for endpoints, which SES's quota does not pace; look again in time."""
    scheduled = [
        schedule(sweeper.ledger, batch, not_before=batch.not_before, rate=0.0, look_at=now + GRACE)
        for batch in batches
    ]
    found = [batch for batch in scheduled if batch]
    send_deliveries(sweeper.sqs, sweeper.settings.notices_queue_url, found, now)


def _note_waits(this: Sweep, looked_at: set[str], waiting: set[str]) -> None:
    """Note which runs wait for the daily quota, and report those for which this is new."""
    for run_id in sorted(looked_at):
        run, waits = this.runs[run_id], run_id in waiting
        if run is not None and run.waits is not waits:
            this.request_report(run_id)
            runs.note_wait(this.ledger, run_id, waits=waits)
            this.runs[run_id] = replace(run, waits=waits)


def _report_answers(sweeper: Sweeper) -> None:
    """Request reports again for answers whose first hint was lost."""
    if not sweeper.settings.lets_people_answer:
        return
    now = sweeper.clock()
    for given in unreported(sweeper.ledger, now):
        # The hub may be down for a long time; hints that wait need no second hint.
        postpone_report(sweeper.ledger, given, now + ANSWERS_AGAIN)
        send_all(sweeper.sqs, sweeper.settings.reports_queue_url, [(hint_answer(given), 0)])


def _hint_reminders(sweeper: Sweeper) -> None:
    """Hint at the reminders whose time has come; the planner decides what becomes of each."""
    queue, now = sweeper.settings.announcements_queue_url, sweeper.clock()
    if not sweeper.settings.reminders:
        return
    for due in due_reminders(sweeper.ledger, now):
        # Done first, so that a crash in between costs two minutes, not a flood of hints.
        if postpone_reminder(sweeper.ledger, due, now + REMINDERS_AGAIN):
            send_all(sweeper.sqs, queue, [(hint_reminder(due), 0)])


def _hint_digest(sweeper: Sweeper) -> None:
    """Hint at this week's digest from Monday 08:00 until it is settled or too late."""
    settings, now = sweeper.settings, sweeper.clock()
    if not settings.has_digest:
        return
    week = week_at(now, settings.timezone)
    if not week.is_due(now):
        return
    known = read_digest(sweeper.ledger)
    # Noted first, so that a crash in between costs two minutes, not a flood of hints.
    if known.is_wanted(week.monday, now - DIGEST_AGAIN) and ask_for_digest(
        sweeper.ledger, week.monday, known, now
    ):
        send_all(sweeper.sqs, settings.announcements_queue_url, [(hint_digest(week.monday), 0)])


def _publish(sweeper: Sweeper, pace: Pace) -> None:
    """Publish the metrics of the account's own alarms each time, so that an alarm lasts."""
    attention = attention_needed(sweeper.ledger)
    measures = {
        "QuotaUsed": percent(pace.used),
        "PausedRuns": count(attention.paused),
        "HeldRecipients": count(attention.held),
        **_channel_measures(sweeper),
    }
    sweeper.measure({"customer": sweeper.settings.customer_code}, measures)


def _channel_measures(sweeper: Sweeper) -> dict[str, Measure]:
    if not sweeper.settings.has_channels:
        return {}
    dead = dead_endpoints(read_endpoints(sweeper.ledger), sweeper.clock())
    return {"DeadChannels": count(dead)}


def look_at_batches(this: Sweep, found: Iterable[Batch]) -> list[Batch]:
    """Check batches that are due.

    A batch with too many other writers is left for the next sweep. A batch that fails is noted and
    stops no other; because the oldest come first, it would otherwise stop every sweep.

    Returns:
        The batches that are ready to be sent.
    """
    ready = []
    for batch in found:
        try:
            looked_at = _look(this, batch)
        except Retry:
            continue
        except (ClientError, BotoCoreError) as error:
            this.failures.append(str(error)[:500])
            continue
        if looked_at is not None:
            ready.append(looked_at)
    return ready


def _look(this: Sweep, found: Batch) -> Batch | None:
    ledger, now = this.ledger, this.now
    batch = read_batch(ledger, found.run, found.number)
    if batch is None or batch.due_at is None or batch.due_at > now:
        return None  # the index lags behind
    run = _run_of(this, found.run)
    if run is None:
        set_due(ledger, batch, None)  # expired
        return None
    moves = list(_moves(this, run, batch))
    if moves or not any(recipient.state in OPEN for recipient in batch.recipients):
        this.request_report(run.run)  # if nothing is open, an operator settled it
    batch, moved = move(ledger, batch, moves, now)
    if batch.is_of_endpoint and batch.planned and may_tell(run):
        return batch
    if batch.planned and not batch.is_of_endpoint:
        run = _paused_if_unable(this, run)
        if may_send(run, batch):
            return batch
    if not moved or run.paused:
        set_due(ledger, batch, _look_again(run, batch, ledger.window, now))
    return None


def _run_of(this: Sweep, run_id: str) -> Run | None:
    """Read a run once a sweep, and resume it if its automatic pause is over."""
    if run_id not in this.runs:
        run = read_run(this.ledger, run_id)
        if run and run.resumes_by_itself and this.pace.ends(run.pause_code):
            this.request_report(run_id)
            run = runs.resume(this.ledger, run)
        this.runs[run_id] = run
    return this.runs[run_id]


def _paused_if_unable(this: Sweep, run: Run) -> Run:
    """Return the run, paused if the account cannot send at all."""
    if this.pace.able or run.paused or run.superseded:
        return run
    stop = PauseRun(
        PauseCode.SENDING_PAUSED, "SES says that this account is not allowed to send now"
    )
    if this.pace.enabled:
        stop = PauseRun(
            PauseCode.DAILY_QUOTA, "the account's quota of mails in 24 hours is used up"
        )
    this.request_report(run.run)
    runs.pause(this.ledger, run.run, stop, this.now)
    paused = read_run(this.ledger, run.run) or run
    this.runs[run.run] = paused
    return paused


def _moves(this: Sweep, run: Run, batch: Batch) -> Iterator[Move]:
    now, window = this.now, this.ledger.window
    for recipient in batch.recipients:
        if recipient.state is State.SENDING and recipient.lease_until <= now:
            yield Move(recipient, RecipientEvent.LEASE_OVER, code=NO_ANSWER)
        elif is_window_over(recipient, window, now):
            if over := _window_over(this, run, recipient):
                yield Move(recipient, over)
        elif recipient.state is State.PLANNED and (run.superseded or run.is_too_late(now)):
            yield Move(recipient, RecipientEvent.SUPERSEDED)


def _window_over(this: Sweep, run: Run, recipient: Recipient) -> RecipientEvent | None:
    """Return the event for a recipient whose window is over; None to wait for evidence."""
    return window_over(
        this.policy, recipient, this.ledger.window, this.now,
        settled=run.superseded or run.is_too_late(this.now),
        evidence_arrives=lambda: _evidence_arrives(this, run),
    )  # fmt: skip


def _evidence_arrives(this: Sweep, run: Run) -> bool:
    """Return whether SES's events about a run arrive, read once a sweep."""
    if run.run not in this.evidence_arrives:
        arrives = is_flowing(this.event_flow, run, batch_counts(this.ledger, run))
        if not arrives:
            log.warning("no events from SES", extra={"run": run.run, **this.event_flow._asdict()})
        this.evidence_arrives[run.run] = arrives
    return this.evidence_arrives[run.run]


def _look_again(run: Run, batch: Batch, window: float, now: float) -> float | None:
    """Return when the sweep must check again; later if it could do nothing now."""
    when = due_at(batch.recipients, not_before=batch.not_before, window=window)
    if when is None or (when > now and not run.paused):
        return when
    return max(when, now + (LATER if run.paused else min(LATER, window)))
