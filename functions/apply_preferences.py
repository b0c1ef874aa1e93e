"""Lambda: apply people's choices from their page to this account's contact list."""

import changecast.lambdas.startup  # noqa: F401

import time
from typing import Any

import boto3

from changecast.customer.ledger.table import connect
from changecast.customer.responding.applying import Applier, apply_chosen
from changecast.customer.responding.settings import ApplySettings
from changecast.lambdas.batches import Answer, each_record
from changecast.lambdas.clients import ONE_TRY

settings = ApplySettings.from_env()
applier = Applier(
    connect(settings), boto3.client("sesv2", config=ONE_TRY), settings.contact_list, time.time
)


def handler(event: dict[str, Any], context: object) -> Answer:
    """Apply every choice in the batch; only those that fail go back to the queue."""
    return each_record(event, lambda record: apply_chosen(applier, record["body"]))
