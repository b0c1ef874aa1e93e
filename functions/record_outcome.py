"""Lambda: record the outcomes of this account's mails from SES's own events."""

import changecast.lambdas.startup  # noqa: F401

from typing import Any

import boto3

from changecast.customer.ledger.table import connect
from changecast.customer.sending.outcomes import Recorder, record_outcomes
from changecast.customer.sending.settings import OutcomeSettings
from changecast.lambdas.batches import Answer
from changecast.lambdas.clock import Context, deadline

settings = OutcomeSettings.from_env()
ledger = connect(settings)
recorder = Recorder(ledger, boto3.client("sqs"), settings)


def handler(event: dict[str, Any], context: Context) -> Answer:
    """Record every outcome of the batch, then request a report of each run that changed."""
    return record_outcomes(recorder, event["Records"], deadline(context, recorder.clock()))
