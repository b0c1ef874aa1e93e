"""Lambda: send one batch of mails of one run through this account's SES."""

import changecast.lambdas.startup  # noqa: F401

import time
from typing import Any

import boto3

from changecast.customer.channels.email import ONCE, Mailer
from changecast.customer.ledger.table import connect
from changecast.customer.responding.links import links_of
from changecast.customer.sending.batch import Sender
from changecast.customer.sending.deliveries import Deliveries, send_delivery
from changecast.customer.sending.settings import SendSettings
from changecast.lambdas.batches import Answer, each_record
from changecast.lambdas.clients import PATIENT, light
from changecast.lambdas.clock import Context, deadline, wait

settings = SendSettings.from_env()
ledger = connect(settings)
links = links_of(settings, lambda: boto3.client("secretsmanager", config=PATIENT))
sender = Sender(
    ledger,
    Mailer(
        light(boto3.client("sesv2", config=ONCE)),
        settings.contact_list,
        settings.configuration_set,
        settings.sender,
        links,
    ),
    boto3.client("s3"),
    settings.mails_bucket,
    settings.lease_seconds,
    time.time,
    wait,
    links=links,
)
deliveries = Deliveries(sender, boto3.client("sqs"), settings)


def handler(event: dict[str, Any], context: Context) -> Answer:
    """Send every batch that the hints name; only hints that fail go back to the queue."""
    until = deadline(context, deliveries.sender.clock())
    return each_record(event, lambda record: send_delivery(deliveries, record, until))
