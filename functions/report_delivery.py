"""Lambda: tell the hub where this account's runs stand. The only one that may talk to the hub."""

import logging
import time
from typing import Any

import boto3

import changecast.startup  # noqa: F401
from changecast.account import next_report
from changecast.batches import Answer, Record, each_record
from changecast.bus import put
from changecast.event import DeliveryReported, RunState, reported_entry
from changecast.expecting import take_up
from changecast.ledger import connect, counts, read_run
from changecast.messages import named, object_in, part
from changecast.reports import is_final, rejection_of, report_of, state_of
from changecast.reputation import Limits, stop_of
from changecast.runs import end, pause
from changecast.settings import Report
from changecast.states import State
from changecast.tracing import step
from changecast.waiting import mark

log = logging.getLogger("changecast")
settings = Report.from_env()
events = boto3.client("events", region_name=settings.hub_region)
ledger = connect(settings)
limits = Limits(settings.bounce_limit_percent, settings.complaint_limit_percent)


def handler(event: dict[str, Any], context: object) -> Answer:
    """Report once for every run that the messages name, however many they are."""
    reported: set[str] = set()

    def report_one(record: Record) -> None:
        if record["body"] in reported:
            return
        report(object_in(record["body"]))
        reported.add(record["body"])

    return each_record(event, report_one)


def report(hint: dict[str, Any]) -> None:
    """Put one DeliveryReported: about a refused event, or about a run as the ledger has it now."""
    if "rejected" not in hint:
        take_up(ledger, named(hint, "run"))
    # The number comes before the reading: the highest then always belongs to the latest one.
    seq = next_report(ledger)
    detail = _rejection(hint, seq) if "rejected" in hint else _of_run(named(hint, "run"), seq)
    if detail is None:
        return
    with step("report", settings.customer_code, detail.change_id or "", detail.revision or 0):
        put(events, [reported_entry(detail, bus=settings.hub_bus_arn, account=settings.account)])
    log.info(
        "reported",
        extra={
            "customer": settings.customer_code,
            "change_id": detail.change_id,
            "revision": detail.revision,
            "state": detail.state,
            "report_seq": seq,
        },
    )


def _rejection(hint: dict[str, Any], seq: int) -> DeliveryReported:
    rejected = part(hint, "rejected")
    return rejection_of(rejected, customer=settings.customer_code, seq=seq, now=time.time())


def _of_run(run_id: str, seq: int) -> DeliveryReported | None:
    run = read_run(ledger, run_id)
    if run is None:
        return None
    counted, now = counts(ledger, run), time.time()
    if stop := stop_of(run, counted, limits):
        pause(ledger, run.run, stop, now)
        run = read_run(ledger, run_id) or run
    # Before the hub hears: the account's own alarms do not depend on it.
    paused = state_of(run, counted) is RunState.PAUSED
    mark(ledger, run.run, paused=paused, held=counted[State.HELD], seq=seq, now=now)
    ended = end(ledger, run, now) if is_final(state_of(run, counted)) else None
    return report_of(run, counted, customer=settings.customer_code, seq=seq, ended_at=ended)
