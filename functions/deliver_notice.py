"""Lambda: tell one endpoint, a chat or a webhook, about one run."""

import changecast.lambdas.startup  # noqa: F401

import time
from functools import partial
from typing import Any

import boto3

from changecast.customer.channels import chat, webhook
from changecast.customer.ledger.schema import ChannelName
from changecast.customer.ledger.table import connect
from changecast.customer.responding.links import links_of
from changecast.customer.sending.notices import Notices, tell_endpoint
from changecast.customer.sending.settings import NoticeSettings
from changecast.lambdas.batches import Answer, each_record
from changecast.lambdas.clients import PATIENT
from changecast.lambdas.clock import Context, deadline

settings = NoticeSettings.from_env()
ledger = connect(settings)
secrets = boto3.client("secretsmanager", config=PATIENT)
notices = Notices(
    ledger,
    boto3.client("s3"),
    boto3.client("sqs"),
    {
        ChannelName.CHAT: partial(chat.Chat, boto3.client("sns", config=chat.ONCE)),
        ChannelName.WEBHOOK: partial(webhook.Webhook, secrets, loopback=settings.allows_loopback),
    },
    settings,
    time.time,
    links_of(settings, lambda: secrets),
)


def handler(event: dict[str, Any], context: Context) -> Answer:
    """Tell every endpoint that the hints name; only hints that fail go back to the queue."""
    until = deadline(context, notices.clock())
    return each_record(event, lambda record: tell_endpoint(notices, record, until))
