"""Lambda: write down what SES itself says became of the mails of this account."""

import logging
import time
from typing import Any

import boto3

from changecast.batches import Answer, Record, each_record
from changecast.channel import note_heard
from changecast.ledger import PATIENCE, Ledger, read_recipient
from changecast.ledger_items import Batch
from changecast.messages import object_in
from changecast.moves import Move, move
from changecast.outcomes import Outcome, outcome_of, said_at
from changecast.queues import hint_report, send_all
from changecast.settings import Outcomes
from changecast.tracing import step

log = logging.getLogger("changecast")
settings = Outcomes.from_env()
sqs = boto3.client("sqs")
ledger = Ledger(
    boto3.client("dynamodb", config=PATIENCE),
    settings.ledger_table,
    settings.keep_seconds,
    settings.window_seconds,
)
# Outcomes come in swarms, one or two for every mail: let a few gather before the hub hears.
GATHER_SECONDS = 3


def handler(event: dict[str, Any], context: object) -> Answer:
    """Record every outcome of the batch, then report once for every run that they touched."""
    touched: dict[str, None] = {}
    heard: list[float] = []

    def record_one(record: Record) -> None:
        said = object_in(record["body"])
        if outcome := outcome_of(said):
            with step("record", settings.customer_code, run=outcome.run):
                if write_down(outcome) or _came_before(record):
                    touched[outcome.run] = None
        heard.append(said_at(said))

    answer = each_record(event, record_one)
    if newest := max(heard, default=0.0):
        note_heard(ledger, newest)
    hints = [(hint_report(run), GATHER_SECONDS) for run in touched]
    send_all(sqs, settings.reports_queue_url, hints)
    return answer


def write_down(outcome: Outcome) -> bool:
    """Move the recipient that an outcome is about; whether anything changed."""
    recipient = read_recipient(ledger, outcome.run, outcome.batch, outcome.key)
    if recipient is None:
        log.warning("outcome of an unknown recipient", extra={"recipient": outcome.key})
        return False
    batch = Batch(outcome.run, outcome.batch, "", 0, version=None, recipients=(recipient,))
    news = Move(recipient, outcome.happening, outcome.message_id, outcome.code)
    return bool(move(ledger, batch, [news], time.time()).recipients)


def _came_before(record: Record) -> bool:
    """Whether an earlier try may have written this down and died before it could say so."""
    return int(record["attributes"]["ApproximateReceiveCount"]) > 1
