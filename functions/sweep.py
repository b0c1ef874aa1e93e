"""Lambda, every minute: do what time brings about, and queue again what was lost."""

import logging
import time
from itertools import islice
from typing import Any

import boto3

import changecast.startup  # noqa: F401
from changecast.agenda import due
from changecast.channel import Channel, read_channel
from changecast.clock import Context, deadline
from changecast.errors import Retry
from changecast.ledger import connect
from changecast.metrics import count, measured, percent
from changecast.pace import Pace, Wave, account_pace, in_turn
from changecast.queues import hint_report, send_all, send_deliveries
from changecast.settings import Sweeping
from changecast.sweeping import Policy, Sweep, sweep
from changecast.tracing import step
from changecast.waiting import waiting

log = logging.getLogger("changecast")
settings = Sweeping.from_env()
sqs = boto3.client("sqs")
ses = boto3.client("sesv2")
ledger = connect(settings)
A_TIME = 50
# The last group must be done, and the next sweep must not meet this one.
LAST_SECONDS = 20.0
TELL_SECONDS = 10


def handler(event: dict[str, Any], context: Context) -> None:
    """Look at everything that is due, some batches at a time while there is time. Raises Retry."""
    pace, now = account_pace(ses), time.time()
    until = deadline(context, now) - LAST_SECONDS
    publish(pace)
    this = Sweep(ledger, Policy(settings.unknown_policy), pace, now, tell, ask)
    wave = Wave(ledger, pace, now)
    # In turn before they are grouped: whoever comes in a later group waits behind all before it.
    found = iter(in_turn(due(ledger, now)))
    looked_at = queued = 0
    with step("sweep", settings.customer_code):
        while time.time() < until and (group := list(islice(found, A_TIME))):
            released = wave.release(sweep(this, group))
            send_deliveries(sqs, settings.deliveries_queue_url, released, now)
            looked_at, queued = looked_at + len(group), queued + len(released)
    log.info(
        "swept",
        extra={"customer": settings.customer_code, "looked_at": looked_at, "queued": queued},
    )
    if this.failures:
        failed = len(this.failures)
        raise Retry(f"{failed} could not be looked at, first: {this.failures[0]}")


def publish(pace: Pace) -> None:
    """What the account's own alarms look at, each time: an alarm lasts as long as its cause."""
    now_waiting = waiting(ledger)
    measures = {
        "QuotaUsed": percent(pace.used),
        "PausedRuns": count(now_waiting.paused),
        "HeldRecipients": count(now_waiting.held),
    }
    measured({"customer": settings.customer_code}, measures)


def tell(run: str) -> None:
    """Let the hub hear of a run whose status is about to change, when it has."""
    send_all(sqs, settings.reports_queue_url, [(hint_report(run), TELL_SECONDS)])


def ask() -> Channel:
    """Whether SES's events arrive."""
    queues = (settings.outcomes_queue_url, settings.outcomes_dlq_url)
    return read_channel(ledger, sqs, queues)
