"""Lambda of the hub: store announcements and every customer's reports about them."""

import changecast.lambdas.startup  # noqa: F401

from datetime import UTC, datetime
from typing import Any

import boto3

from changecast.hub.registry import Accounts
from changecast.hub.settings import TrackSettings
from changecast.hub.tracking.registry_index import registered
from changecast.hub.tracking.table import TABLE
from changecast.hub.tracking.tracker import Tracker, read_together, track
from changecast.lambdas.batches import Answer, each_record

settings = TrackSettings.from_env()
table = boto3.resource("dynamodb", config=TABLE).Table(settings.status_table)
ssm = boto3.client("ssm")
tracker = Tracker(
    table,
    Accounts(ssm, everybody=lambda: registered(ssm, table, datetime.now(UTC))),
    boto3.client("sqs"),
    boto3.client("events"),
    settings,
)


def handler(event: dict[str, Any], context: object) -> Answer:
    """Track every event in the batch; only those that fail go back to the queue."""
    known = read_together(tracker, [record["body"] for record in event["Records"]])
    return each_record(event, lambda record: track(tracker, record["body"], known))
