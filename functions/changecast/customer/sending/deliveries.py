"""Delivery hints from the queue: send the batch that each names, and request a report of it."""

import logging
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from changecast.contract.errors import ContractError
from changecast.contract.messages import object_in
from changecast.customer.channels.email import Mailer
from changecast.customer.hints import (
    CodeHint,
    code_in,
    delivery_in,
    hint_delivery,
    hint_report,
)
from changecast.customer.ledger.report_schedule import confirm_request, request_report
from changecast.customer.sending.batch import Sender, send_batch
from changecast.customer.sending.codes import AGAIN, mail_code
from changecast.customer.sending.settings import SendSettings
from changecast.lambdas.batches import Record, came_before
from changecast.lambdas.queues import MAX_DELAY, send_all
from changecast.lambdas.tracing import step

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

log = logging.getLogger("changecast")


@dataclass(frozen=True)
class Deliveries:
    """What sending hinted batches needs.

    The first `always_reported` batches of a run are reported one by one, later ones together.
    """

    sender: Sender
    sqs: "SQSClient"
    settings: SendSettings
    always_reported: int = 20


def send_delivery(deliveries: Deliveries, record: Record, until: float) -> None:
    """Send one batch; if it must wait, queue a new hint and finish this message.

    So waiting does not use up a message's receives. The sweep finds batches that must wait longer
    than a queue can delay.
    """
    hint = object_in(record["body"])
    if "code" in hint:
        _mail_code(deliveries, code_in(hint), record["body"])
        return
    run, number = delivery_in(record["body"])
    owner, customer = uuid.uuid4().hex, deliveries.settings.customer_code
    with step("send", customer, run=run):
        again = send_batch(deliveries.sender, run, number, owner=owner, deadline=until)
    if again is not None:
        _queue_again(deliveries, run, number, again)
    is_reported = number <= deliveries.always_reported or came_before(record)
    _request_report(deliveries, run, owner, is_reported=is_reported)
    log.info("sent", extra={"customer": customer, "run": run, "batch": number})


def _mail_code(deliveries: Deliveries, hint: CodeHint, body: str) -> None:
    """Mail a code; if SES must wait, hint it again while the code works."""
    sender = deliveries.sender
    if not isinstance(sender.channel, Mailer):
        raise ContractError("schema", "this queue's channel does not send codes")
    with step("code", deliveries.settings.customer_code, run=hint.run):
        waits = mail_code(
            sender.ledger, sender.s3, sender.bucket, sender.channel, hint, sender.clock()
        )
    if waits:
        send_all(deliveries.sqs, deliveries.settings.deliveries_queue_url, [(body, AGAIN)])


def _queue_again(deliveries: Deliveries, run: str, number: int, again: float) -> None:
    seconds = again - deliveries.sender.clock()
    if seconds <= MAX_DELAY:
        hint = (hint_delivery(run, number), max(1, int(seconds)))
        send_all(deliveries.sqs, deliveries.settings.deliveries_queue_url, [hint])


def _request_report(deliveries: Deliveries, run: str, owner: str, *, is_reported: bool) -> None:
    sender = deliveries.sender
    delay = 0 if is_reported else request_report(sender.ledger, run, owner, sender.clock())
    if delay is not None:
        hint = (hint_report(run), delay)
        send_all(deliveries.sqs, deliveries.settings.reports_queue_url, [hint])
        if not is_reported:
            confirm_request(sender.ledger, run, owner)
