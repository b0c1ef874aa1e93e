"""Lambda, every minute: do what is due, and queue again what was lost."""

import changecast.lambdas.startup  # noqa: F401

from functools import cache, partial
from typing import Any

import boto3

from changecast.customer.ledger.table import connect
from changecast.customer.sending.settings import SweepSettings
from changecast.customer.sending.sweep import Sweeper, sweep
from changecast.lambdas.clients import ONE_TRY
from changecast.lambdas.clock import Context, deadline

settings = SweepSettings.from_env()
ledger = connect(settings)
sweeper = Sweeper(
    ledger,
    boto3.client("sesv2", config=ONE_TRY),
    boto3.client("sqs"),
    cache(partial(boto3.client, "s3")),
    settings,
)


def handler(event: dict[str, Any], context: Context) -> None:
    """Check everything that is due, in groups, while there is time. Raises Retry."""
    sweep(sweeper, deadline(context, sweeper.clock()))
