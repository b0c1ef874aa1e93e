"""Lambda: turn an announced change into a plan of who in this account gets which mail."""

import json
import logging
import time
from typing import Any

import boto3

import changecast.startup  # noqa: F401
from changecast import runs
from changecast.admission import Limits
from changecast.batches import Answer, Record, each_record
from changecast.compose import Brand
from changecast.errors import ContractError, PauseRun
from changecast.event import ChangeAnnounced, parse_announced
from changecast.ledger import batches_of, connect
from changecast.ledger_items import Run, run_id
from changecast.pace import Wave, account_pace
from changecast.planning import Planned, Planner, plan_run
from changecast.queues import hint_report, park, send_all, send_deliveries
from changecast.rejections import rejection
from changecast.settings import Plan
from changecast.tracing import sender_trace_id, step

log = logging.getLogger("changecast")
# Where a layer of the customer's own puts templates that go before ours; mostly there is none.
TEMPLATES = "/opt/changecast/templates"
settings = Plan.from_env()
sqs = boto3.client("sqs")
ses = boto3.client("sesv2")
ledger = connect(settings)
planner = Planner(
    ledger,
    boto3.client("s3"),
    ses,
    settings.mails_bucket,
    settings.contact_list,
    Brand(
        settings.customer_code,
        settings.customer_name,
        settings.sender,
        settings.sender_name,
        settings.support_contact,
        settings.language,
        settings.timezone,
        settings.brand_color,
        settings.brand_footer,
        TEMPLATES,
    ),
    settings.environment,
    settings.allow_list,
    settings.batch_size,
    Limits(
        settings.max_mails_per_day,
        settings.max_announcements_per_hour,
        settings.max_list_growth,
        settings.link_domains,
    ),
)


def handler(event: dict[str, Any], context: object) -> Answer:
    """Plan every announcement of the batch; one that fails goes back to the queue alone."""
    return each_record(event, plan_one)


def plan_one(record: Record) -> None:
    """Plan one announcement; what can never be planned is parked and reported."""
    trace_id = sender_trace_id(record)
    try:
        announced = parse_announced(record["body"]).detail
        with step("plan", settings.customer_code, announced.change_id, announced.revision):
            planned = plan(announced, trace_id)
    except ContractError as error:
        refuse(record["body"], error, trace_id)
        return
    queue(planned.run)
    touched = {run.run: None for run in (planned.run, *planned.superseded)}
    send_all(sqs, settings.reports_queue_url, [(hint_report(run), 0) for run in touched])
    log.info(
        "planned",
        extra={
            "customer": settings.customer_code,
            "change_id": announced.change_id,
            "revision": announced.revision,
            "kind": planned.run.kind,
            "recipients": planned.run.planned,
            "trace_id": trace_id,
        },
    )


def plan(announced: ChangeAnnounced, trace_id: str) -> Planned:
    """Plan it; where only a person can help, the run says so until the message comes again."""
    now = time.time()
    try:
        return plan_run(planner, announced, trace_id, now)
    except PauseRun as stop:
        run = run_id(announced.change_id, announced.revision)
        runs.pause(ledger, run, stop, now)
        send_all(sqs, settings.reports_queue_url, [(hint_report(run), 0)])
        raise


def queue(run: Run) -> None:
    """Queue the first wave of what nobody has looked at yet; the sweep queues everything else."""
    if run.paused or run.superseded or not run.planned:
        return
    fresh = [batch for batch in batches_of(ledger, run) if batch.waiting and not batch.version]
    if fresh:
        now = time.time()
        released = Wave(ledger, account_pace(ses), now).release(fresh)
        send_deliveries(sqs, settings.deliveries_queue_url, released, now)


def refuse(body: str, error: ContractError, trace_id: str) -> None:
    """Report and park an event that can never be planned."""
    log.warning("rejected", extra={"code": error.code, "reason": error.message[:500]})
    rejected = json.dumps({"v": 1, "rejected": rejection(body, error, trace_id)})
    send_all(sqs, settings.reports_queue_url, [(rejected, 0)])
    park(sqs, settings.announcements_dlq_url, body, code=error.code, message=error.message)
