"""Lambda: plan who in this account gets which mail about an announced change."""

import changecast.lambdas.startup  # noqa: F401

from typing import Any

import boto3

from changecast.customer.ledger.table import connect
from changecast.customer.planning.announcements import Announcements, plan
from changecast.customer.planning.planner import planner_of
from changecast.customer.planning.settings import PlanSettings
from changecast.lambdas.batches import Answer, each_record
from changecast.lambdas.clients import ONE_TRY

settings = PlanSettings.from_env()
ledger = connect(settings)
announcements = Announcements(
    planner_of(settings, ledger, boto3.client("s3"), boto3.client("sesv2", config=ONE_TRY)),
    boto3.client("sqs"),
    settings,
)


def handler(event: dict[str, Any], context: object) -> Answer:
    """Plan every message in the batch; only those that fail go back to the queue."""
    return each_record(event, lambda record: plan(announcements, record))
