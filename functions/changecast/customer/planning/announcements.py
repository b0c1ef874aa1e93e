"""Announcements from the queue: plan each one, queue its first wave, report it or refuse it."""

import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.change_announced import ChangeAnnounced, parse_announced
from changecast.contract.errors import ContractError, PauseRun, Retry
from changecast.contract.rejections import rejection
from changecast.customer.hints import digest_in, hint_report, reminder_in, send_deliveries
from changecast.customer.ledger import runs
from changecast.customer.ledger.due_reminders import DueReminder, settle_reminder
from changecast.customer.ledger.schema import Run, run_id
from changecast.customer.ledger.table import batches_of, endpoint_batches, read_run
from changecast.customer.planning.delivery_plan import Planned, plan_run
from changecast.customer.planning.digests import plan_digest
from changecast.customer.planning.planner import Planner
from changecast.customer.planning.reminders import plan_reminder
from changecast.customer.planning.settings import PlanSettings
from changecast.customer.sending.pace import Wave, may_tell
from changecast.customer.sending.shared_quota import shared_pace
from changecast.customer.week import week_named
from changecast.lambdas.aws_errors import passes
from changecast.lambdas.batches import Record, receives, sent_at
from changecast.lambdas.queues import park, queue_anew, receive_again, send_all
from changecast.lambdas.tracing import sender_trace_id, step

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

log = logging.getLogger("changecast")

# Seconds until the next try of an announcement that needs a person.
PAUSED_SECONDS = 300
# How many tries follow each other quickly if AWS fails. The others are the queue's visibility
# timeout apart, so that together they outlast an outage of an hour.
SOON_TRIES = 2


@dataclass(frozen=True)
class Announcements:
    """Everything that planning announcements needs."""

    planner: Planner
    sqs: "SQSClient"
    settings: PlanSettings
    clock: Callable[[], float] = time.time


def plan(announcements: Announcements, record: Record) -> None:
    """Plan what a message of the queue names: a reminder, a digest, or an announcement.

    Raises:
        Retry: Try the message again later.
    """
    if due := reminder_in(record["body"]):
        _remind(announcements, record, due)
    elif monday := digest_in(record["body"]):
        _digest(announcements, record, monday)
    else:
        plan_announcement(announcements, record)


def _remind(announcements: Announcements, record: Record, due: DueReminder) -> None:
    """Plan a reminder. If it must wait, the sweep hints at it again, so the message is done."""
    customer, trace_id = announcements.settings.customer_code, sender_trace_id(record)
    try:
        with step("remind", customer, due.change_id):
            planned = plan_reminder(
                announcements.planner, due, trace_id, announcements.clock(), sent_at(record)
            )
    except (PauseRun, Retry) as later:
        log.warning("reminder waits", extra={"change_id": due.change_id, "why": later.message})
        return
    if planned is None:
        return
    if run := planned.run:
        _queue_first_wave(announcements, run)
        _queue_notices(announcements, run)
        _request_reports(announcements, [run.run])
        named = {"customer": customer, "change_id": due.change_id, "recipients": run.planned}
        log.info("reminded", extra=named)
    # Last, so that a reminder whose planner dies here is planned and reported again.
    settle_reminder(announcements.planner.ledger, planned.due)


def _digest(announcements: Announcements, record: Record, monday: str) -> None:
    """Plan a digest. If it must wait, the sweep hints at it again."""
    customer, trace_id = announcements.settings.customer_code, sender_trace_id(record)
    week = week_named(monday, announcements.settings.timezone)
    try:
        with step("digest", customer, week.change_id):
            run = plan_digest(
                announcements.planner, week, trace_id, announcements.clock(), sent_at(record)
            )
    except (PauseRun, Retry) as later:
        log.warning("digest waits", extra={"change_id": week.change_id, "why": later.message})
        return
    if run is not None:
        _queue_first_wave(announcements, run)
        _request_reports(announcements, [run.run])
        named = {"customer": customer, "change_id": week.change_id, "recipients": run.planned}
        log.info("digest planned", extra=named)


def plan_announcement(announcements: Announcements, record: Record) -> None:
    """Plan one announcement; if it must wait, the queue delivers it again soon.

    If its run is paused until a person acts, it is queued as a new message, so that it is tried as
    long as the pause lasts and not only five times.

    Raises:
        Retry: Try the message again later.
    """
    queue = announcements.settings.announcements_queue_url
    try:
        _plan_and_queue(announcements, record)
    except PauseRun as stop:
        queue_anew(announcements.sqs, queue, record, PAUSED_SECONDS)
        log.warning("comes back", extra={"seconds": PAUSED_SECONDS, "why": stop.message})
    except Retry as later:
        wait = receive_again(announcements.sqs, queue, record, receives(record))
        log.warning("comes back", extra={"seconds": wait, "why": later.message})
        raise
    except (ClientError, BotoCoreError) as error:
        if passes(error) and receives(record) <= SOON_TRIES:
            # Another function may have planned and deleted the message meanwhile.
            with suppress(ClientError, BotoCoreError):
                receive_again(announcements.sqs, queue, record, receives(record))
        raise


def _plan_and_queue(announcements: Announcements, record: Record) -> None:
    """Plan one announcement; park and report one that can never be planned."""
    customer, trace_id = announcements.settings.customer_code, sender_trace_id(record)
    try:
        announced = parse_announced(record["body"]).detail
        with step("plan", customer, announced.change_id, announced.revision):
            planned = _plan(announcements, announced, trace_id, sent_at(record))
    except ContractError as error:
        _refuse(announcements, record["body"], error, trace_id)
        return
    _queue_first_wave(announcements, planned.run)
    _queue_notices(announcements, planned.run)
    _request_reports(announcements, [planned.run.run, *(run.run for run in planned.superseded)])
    log.info(
        "planned",
        extra={
            "customer": customer,
            "change_id": announced.change_id,
            "revision": announced.revision,
            "kind": planned.run.kind,
            "recipients": planned.run.planned,
            "trace_id": trace_id,
        },
    )


def _plan(
    announcements: Announcements, announced: ChangeAnnounced, trace_id: str, arrived_at: float
) -> Planned:
    now = announcements.clock()
    try:
        return plan_run(announcements.planner, announced, trace_id, now, arrived_at)
    except PauseRun as stop:
        _pause(announcements, run_id(announced.change_id, announced.revision), stop, now)
        raise


def _pause(announcements: Announcements, paused: str, stop: PauseRun, now: float) -> None:
    """Pause a run and report it, once while the cause stays the same."""
    ledger = announcements.planner.ledger
    run = read_run(ledger, paused)
    if run is None or (run.paused and run.pause_code is stop.code):
        return
    runs.pause(ledger, paused, stop, now)
    _request_reports(announcements, [paused])


def _queue_first_wave(announcements: Announcements, run: Run) -> None:
    """Queue the first wave of new batches; the sweep queues the rest."""
    if run.paused or run.superseded or not run.planned:
        return
    planner, queue = announcements.planner, announcements.settings.deliveries_queue_url
    batches = batches_of(planner.ledger, run)
    fresh = [batch for batch in batches if batch.planned and not batch.version]
    if fresh:
        pace = shared_pace(planner.ledger, planner.reader.ses, announcements.clock)
        now = announcements.clock()
        wave = Wave(planner.ledger, pace, now)
        send_deliveries(announcements.sqs, queue, wave.release(fresh), now)
        if run.run in wave.beyond_quota:
            runs.note_wait(planner.ledger, run.run, waits=True)


def _queue_notices(announcements: Announcements, run: Run) -> None:
    """Queue the notices of a run that nobody has looked at yet; the sweep queues lost ones."""
    if not run.endpoints or not may_tell(run):
        return
    batches = endpoint_batches(announcements.planner.ledger, run)
    fresh = [batch for batch in batches if batch.planned and not batch.version]
    queue, now = announcements.settings.notices_queue_url, announcements.clock()
    send_deliveries(announcements.sqs, queue, fresh, now)


def _request_reports(announcements: Announcements, run_ids: list[str]) -> None:
    hints = [(hint_report(run), 0) for run in dict.fromkeys(run_ids)]
    send_all(announcements.sqs, announcements.settings.reports_queue_url, hints)


def _refuse(announcements: Announcements, body: str, error: ContractError, trace_id: str) -> None:
    log.warning("rejected", extra={"code": error.code, "reason": error.message[:500]})
    sqs, settings = announcements.sqs, announcements.settings
    rejected = json.dumps({"v": 1, "rejected": rejection(body, error, trace_id)})
    send_all(sqs, settings.reports_queue_url, [(rejected, 0)])
    park(sqs, settings.announcements_dlq_url, body, code=error.code, message=error.message)
