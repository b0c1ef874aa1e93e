"""Lambda: send one batch of mails of one run through this account's SES."""

import logging
import time
import uuid
from typing import Any

import boto3

import changecast.startup  # noqa: F401
from changecast.batches import Answer, Record, came_before, each_record
from changecast.clock import Context, deadline, wait
from changecast.expecting import ask_once
from changecast.ledger import connect
from changecast.mailer import ONCE, Mailer
from changecast.queues import MAX_DELAY, delivery_in, hint_delivery, hint_report, send_all
from changecast.sending import Sender, send_batch
from changecast.settings import Send
from changecast.tracing import step

log = logging.getLogger("changecast")
# A short run is heard of batch by batch, a long one now and then.
ALWAYS_TOLD = 20
settings = Send.from_env()
sqs = boto3.client("sqs")
ledger = connect(settings)
sender = Sender(
    ledger,
    Mailer(boto3.client("sesv2", config=ONCE), settings.contact_list, settings.configuration_set),
    boto3.client("s3"),
    settings.mails_bucket,
    settings.sender,
    settings.lease_seconds,
    time.time,
    wait,
)


def handler(event: dict[str, Any], context: Context) -> Answer:
    """Send every batch that the messages name; one that fails goes back to the queue alone."""
    until = deadline(context, time.time())
    return each_record(event, lambda record: send_one(record, until))


def send_one(record: Record, until: float) -> None:
    """Send one batch; where it must wait, the hint is queued again and this message is done.

    So waiting uses up none of a message's receives. What waits longer than a queue can, the sweep
    finds in the ledger.
    """
    run, number = delivery_in(record["body"])
    owner = uuid.uuid4().hex
    with step("send", settings.customer_code, run=run):
        again = send_batch(sender, run, number, owner=owner, deadline=until)
    if again is not None and again - time.time() <= MAX_DELAY:
        delay = max(1, int(again - time.time()))
        send_all(sqs, settings.deliveries_queue_url, [(hint_delivery(run, number), delay)])
    soon = number <= ALWAYS_TOLD or came_before(record)
    wait_for_report = 0 if soon else ask_once(ledger, run, owner, time.time())
    if wait_for_report is not None:
        send_all(sqs, settings.reports_queue_url, [(hint_report(run), wait_for_report)])
    log.info("sent", extra={"customer": settings.customer_code, "run": run, "batch": number})
