"""Report hints from the queue: put one DeliveryReported for each run that they name."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from changecast.contract.delivery_reported import DeliveryReported, RunState, reported_entry
from changecast.contract.messages import named, object_in, part
from changecast.contract.response_events import recorded_entry
from changecast.customer.hints import answer_in
from changecast.customer.ledger.account_counters import next_report_seq
from changecast.customer.ledger.answers import GivenAnswer, note_reported, read_given, read_view
from changecast.customer.ledger.due_index import mark_attention
from changecast.customer.ledger.report_schedule import begin_report
from changecast.customer.ledger.runs import note_end, pause
from changecast.customer.ledger.schema import Run
from changecast.customer.ledger.ses_requests import read_quota
from changecast.customer.ledger.states import State
from changecast.customer.ledger.table import Ledger, counts, read_run
from changecast.customer.reporting.channels import channel_reports
from changecast.customer.reporting.freezes import report_freezes
from changecast.customer.reporting.quota_wait import with_wait
from changecast.customer.reporting.report import is_final, rejection_of, report_of, state_of
from changecast.customer.reporting.reputation import RateLimits, stop_of
from changecast.customer.reporting.responses import recorded, summarised
from changecast.customer.reporting.settings import ReportSettings
from changecast.lambdas.batches import Answer, Record, each_record
from changecast.lambdas.bus import put
from changecast.lambdas.tracing import step

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

log = logging.getLogger("changecast")


@dataclass(frozen=True)
class Reporter:
    """What reporting needs; `events` puts to the hub's Region."""

    ledger: Ledger
    events: "EventBridgeClient"
    settings: ReportSettings
    clock: Callable[[], float] = time.time

    @property
    def limits(self) -> RateLimits:
        """Bounce and complaint rates above which a run pauses."""
        return RateLimits(self.settings.bounce_limit_percent, self.settings.complaint_limit_percent)


def report_each_once(reporter: Reporter, event: dict[str, Any]) -> Answer:
    """Report once about everything that the records of an SQS event name."""
    reported: set[str] = set()

    def report_one(record: Record) -> None:
        if record["body"] not in reported:
            report(reporter, object_in(record["body"]))
            reported.add(record["body"])

    return each_record(event, report_one)


def report(reporter: Reporter, hint: dict[str, Any]) -> None:
    """Put the report that a hint asks for: freezes, an answer, a refused event, or a run."""
    if "freezes" in hint:
        report_freezes(reporter.ledger, reporter.events, reporter.settings)
        return
    if "answer" in hint:
        report_answer(reporter, answer_in(hint))
        return
    detail = _detail(reporter, hint)
    if detail is None:
        return
    settings = reporter.settings
    with step("report", settings.customer_code, detail.change_id or "", detail.revision or 0):
        entry = reported_entry(detail, bus=settings.hub_bus_arn, account=settings.account)
        put(reporter.events, [entry])
    log.info(
        "reported",
        extra={
            "customer": settings.customer_code,
            "change_id": detail.change_id,
            "revision": detail.revision,
            "state": detail.state,
            "report_seq": detail.report_seq,
        },
    )


def report_answer(reporter: Reporter, given: GivenAnswer) -> None:
    """Put one ResponseRecorded, with the ledger's current counts."""
    ledger, settings = reporter.ledger, reporter.settings
    answer, seq = read_given(ledger, given), next_report_seq(ledger)
    if answer is None:
        return
    customer, change_id = settings.customer_code, given.change_id
    summary = summarised(ledger, change_id, settings.approvals_needed)
    view = read_view(ledger, change_id)
    detail = recorded(answer, summary, view, customer=customer, seq=seq)
    with step("answer", customer, change_id, answer.revision):
        put(
            reporter.events,
            [recorded_entry(detail, bus=settings.hub_bus_arn, account=settings.account)],
        )
    note_reported(ledger, answer)
    log.info("answer reported", extra={"customer": customer, "change_id": change_id, "seq": seq})


def _detail(reporter: Reporter, hint: dict[str, Any]) -> DeliveryReported | None:
    """Make the report; take its number before reading the ledger, so the highest is the newest."""
    ledger, customer = reporter.ledger, reporter.settings.customer_code
    if "rejected" in hint:
        seq, now = next_report_seq(ledger), reporter.clock()
        return rejection_of(part(hint, "rejected"), customer=customer, seq=seq, now=now)
    run = named(hint, "run")
    begin_report(ledger, run)
    return _of_run(reporter, run, next_report_seq(ledger))


def _of_run(reporter: Reporter, run_id: str, seq: int) -> DeliveryReported | None:
    ledger, run = reporter.ledger, read_run(reporter.ledger, run_id)
    if run is None:
        return None
    counted, now = counts(ledger, run), reporter.clock()
    if stop := stop_of(run, counted, reporter.limits):
        pause(ledger, run.run, stop, now)
        run = read_run(ledger, run_id) or run
    # Before the report to the hub, so that the account's own alarms do not depend on the hub.
    _mark_attention(ledger, run, counted, seq, now)
    ended = note_end(ledger, run, now) if is_final(state_of(run, counted)) else None
    settings = reporter.settings
    customer, needed = settings.customer_code, settings.approvals_needed
    if counted[State.PLANNED]:
        run = with_wait(run, counted[State.PLANNED], read_quota(ledger), now)
    found = report_of(run, counted, customer=customer, seq=seq, ended_at=ended)
    more: dict[str, Any] = {}
    if settings.lets_people_answer and run.announces:
        more["responses"] = summarised(ledger, run.change_id, needed)
    if settings.has_channels and (told := channel_reports(ledger, run)):
        more["channels"] = told
    return found.model_copy(update=more) if more else found


def _mark_attention(
    ledger: Ledger, run: Run, counted: Counter[State], seq: int, now: float
) -> None:
    paused = state_of(run, counted) is RunState.PAUSED
    mark_attention(ledger, run.run, paused=paused, held=counted[State.HELD], seq=seq, now=now)
