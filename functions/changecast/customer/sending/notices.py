"""Notice hints from the queue: send one run's notice to one endpoint, and request a report.

Endpoints are recipients in the ledger like people, each in its own batch. Another function sends
them from another queue, so that a slow or dead endpoint delays neither mails nor other endpoints.
sending/unanswered.py handles calls without an answer.
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import ContractError, RecipientRefused, Retry, Unanswered
from changecast.contract.messages import object_in
from changecast.customer.channels.channel import LONGEST_CALL, Channel
from changecast.customer.channels.webhook import GONE
from changecast.customer.hints import delivery_in, hint_delivery, hint_report
from changecast.customer.ledger.endpoints import (
    Endpoint,
    note_failure,
    note_told,
    read_endpoint,
    switch_off,
)
from changecast.customer.ledger.schema import Batch, ChannelName, Recipient, Run
from changecast.customer.ledger.states import RecipientEvent
from changecast.customer.ledger.table import Ledger, read_batch, read_run
from changecast.customer.ledger.transitions import Move, claim, move
from changecast.customer.renderings import mails_bucket
from changecast.customer.renderings.page_link import with_page
from changecast.customer.responding.links import Links
from changecast.customer.sending.endpoint_tests import hinted_test, try_endpoint
from changecast.customer.sending.pace import may_tell
from changecast.customer.sending.settings import NoticeSettings
from changecast.customer.sending.unanswered import NO_ANSWER
from changecast.lambdas.batches import Record
from changecast.lambdas.queues import MAX_DELAY, send_all
from changecast.lambdas.tracing import annotate, step

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

log = logging.getLogger("changecast")
# Seconds between the tries of a notice, about 22 hours in all; after the last try, the notice has
# failed.
DELAYS = (5, 60, 300, 900, 1_800, 3_600, *[7_200] * 10)
LONGEST_DELAY = 6 * 3_600.0
# How early a hint may arrive (seconds).
EARLY = 2.0
REMOVED, OFF = "removed", "off"
Channels = Mapping[ChannelName, Callable[[Endpoint], Channel[Any]]]


@dataclass(frozen=True)
class Notices:
    """What sending notices needs. `channels` makes an endpoint's channel.

    `links` makes the link to the change's page, if people may answer.
    """

    ledger: Ledger
    s3: "S3Client"
    sqs: "SQSClient"
    channels: Channels
    settings: NoticeSettings
    clock: Callable[[], float]
    links: Links | None = None


def tell_endpoint(notices: Notices, record: Record, until: float) -> None:
    """Send one notice, or one test of an endpoint.

    A notice that must wait is queued again, delayed as long as a queue can; the sweep finds those
    that wait longer. So waiting does not use up a message's receives.
    """
    hint = object_in(record["body"])
    customer = notices.settings.customer_code
    if (name := hinted_test(hint)) is not None:
        with step("test-channel", customer):
            try_endpoint(notices.ledger, name, notices.channels, customer, notices.clock)
        return
    run, number = delivery_in(record["body"])
    with step("notice", customer, run=run):
        again = _send(notices, run, number, until)
    if again is not None and (seconds := again - notices.clock()) <= MAX_DELAY:
        hints = [(hint_delivery(run, number), max(1, int(seconds)))]
        send_all(notices.sqs, notices.settings.notices_queue_url, hints)
    send_all(notices.sqs, notices.settings.reports_queue_url, [(hint_report(run), 0)])
    log.info("notice handled", extra={"customer": customer, "run": run, "batch": number})


def _send(notices: Notices, run_id: str, number: int, until: float) -> float | None:
    """Send one notice; return when to try again (epoch seconds), None if never."""
    ledger, now = notices.ledger, notices.clock()
    run, batch = read_run(ledger, run_id), read_batch(ledger, run_id, number)
    if run is None or batch is None or not batch.planned or not may_tell(run):
        return None
    if run.is_too_late(now):
        return None  # the sweep ends it
    annotate(change_id=run.change_id, revision=run.revision)
    if batch.not_before - now > EARLY:
        return batch.not_before
    if now + LONGEST_CALL > until:
        return now + 1.0
    (recipient,) = batch.recipients
    endpoint = read_endpoint(ledger, recipient.address)
    if endpoint is None or not endpoint.is_on:
        why = REMOVED if endpoint is None else OFF
        move(ledger, batch, [Move(recipient, RecipientEvent.SUPERSEDED, code=why)], now)
        return None
    return _tell(notices, run, batch, endpoint)


def _tell(notices: Notices, run: Run, batch: Batch, endpoint: Endpoint) -> float | None:
    """Claim an endpoint's notice, make the one call, and record the result."""
    ledger, lease = notices.ledger, notices.settings.lease_seconds
    owner, now = uuid.uuid4().hex, notices.clock()
    batch, claimed = claim(ledger, batch, owner=owner, lease=lease, now=now)
    if not claimed:
        return None
    result, again = _call(notices, run, batch, claimed[0], endpoint)
    now = notices.clock()
    later = max(now, again) if again is not None else now
    batch = move(ledger, batch, [result], now, not_before=later).batch
    _note(ledger, endpoint, result, now)
    return later if batch.planned else None


def _call(
    notices: Notices, run: Run, batch: Batch, recipient: Recipient, endpoint: Endpoint
) -> tuple[Move, float | None]:
    """Return the event for the recipient, and when to try again, if ever."""
    try:
        channel = notices.channels[endpoint.channel](endpoint)
        body = _rendering(notices, run, recipient, endpoint.channel)
        id_ = channel.deliver(run, batch, recipient, channel.prepare(body))
    except Retry as later:
        again = _next_try(recipient.attempt, later.not_before, notices.clock())
        event = RecipientEvent.REFUSED if again is None else RecipientEvent.THROTTLED
        return Move(recipient, event, code=later.message), again
    except RecipientRefused as refusal:
        return Move(recipient, RecipientEvent.REFUSED, code=refusal.code), None
    except Unanswered as silence:
        log.warning("no answer", extra={"recipient": recipient.key, "why": silence.message})
        return Move(recipient, RecipientEvent.NO_ANSWER, code=NO_ANSWER), None
    return Move(recipient, RecipientEvent.ACCEPTED, message_id=id_, at=notices.clock()), None


def _rendering(notices: Notices, run: Run, recipient: Recipient, channel: ChannelName) -> bytes:
    """Read the text of a run for an endpoint.

    Raises:
        RecipientRefused: It is no longer in the mails bucket.
    """
    key = mails_bucket.rendering_key(run.run, recipient.variant)
    body = mails_bucket.get(notices.s3, notices.settings.mails_bucket, key)
    if body is None:
        raise RecipientRefused("no_rendering", "the notice is no longer in the mails bucket")
    page = _page(notices.links, run)
    return with_page(body, channel, page) if page else body


def _page(links: Links | None, run: Run) -> str:
    """Return the link to the change's page; empty if there is none, or no key to sign it with."""
    if links is None:
        return ""
    try:
        return links.view(run)
    except (ClientError, BotoCoreError, ContractError) as error:
        log.warning("no link", extra={"run": run.run, "why": type(error).__name__})
        return ""


def _next_try(attempt: int, asked_for: datetime | None, now: float) -> float | None:
    """Return when to try again after this many tries; None to give up.

    Args:
        attempt: The number of tries so far.
        asked_for: When the receiver wants the next try.
        now: The time (epoch seconds).
    """
    if attempt > len(DELAYS):
        return None
    delay = max(DELAYS[attempt - 1], asked_for.timestamp() - now if asked_for else 0.0)
    return now + min(delay, LONGEST_DELAY)


def _note(ledger: Ledger, endpoint: Endpoint, result: Move, now: float) -> None:
    """Record the endpoint's state, for `changecast channels` and the alarm."""
    if result.event is RecipientEvent.ACCEPTED:
        note_told(ledger, endpoint.name, now)
        return
    note_failure(ledger, endpoint, result.code, now)
    if result.code == GONE:
        switch_off(ledger, endpoint.name, GONE)
