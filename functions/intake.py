"""Lambda of the hub: announce the metadata.json files that are dropped into the intake bucket."""

import changecast.lambdas.startup  # noqa: F401

from typing import Any

import boto3

from changecast.hub.announcing.announce import Hub, connect
from changecast.hub.announcing.intake import Intake, take_in
from changecast.hub.settings import IntakeSettings
from changecast.lambdas.batches import Answer, each_record

settings = IntakeSettings.from_env()
intake = Intake(boto3.client("s3"), boto3.client("sns"), settings.alerts_topic_arn)


def handler(event: dict[str, Any], context: object) -> Answer:
    """Process every file in the batch; only those that fail go back to the queue."""
    return each_record(event, lambda record: take_in(intake, hub, record["body"]))


def hub() -> Hub:
    """Connect to the hub; each file sees the current registry."""
    return connect(table=settings.status_table)
