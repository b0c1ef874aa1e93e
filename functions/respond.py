"""Lambda behind the account's HTTP API: let people answer a change with personal links."""

import changecast.lambdas.startup  # noqa: F401

import time
from typing import Any

import boto3

from changecast.customer.ledger.table import connect
from changecast.customer.responding.application import respond
from changecast.customer.responding.reading import responder_of
from changecast.customer.responding.settings import RespondSettings
from changecast.lambdas.clients import PATIENT

settings = RespondSettings.from_env()
ledger = connect(settings)
responder = responder_of(
    settings,
    ledger,
    boto3.client("s3", config=PATIENT),
    boto3.client("sqs", config=PATIENT),
    boto3.client("secretsmanager", config=PATIENT),
    time.time,
)


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer one request; log nothing of its content."""
    return respond(responder, event)
