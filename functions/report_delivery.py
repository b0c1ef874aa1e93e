"""Lambda: report the state of this account's runs to the hub; no other function reports."""

import changecast.lambdas.startup  # noqa: F401

from typing import Any

import boto3

from changecast.customer.ledger.table import connect
from changecast.customer.reporting.reporter import Reporter, report_each_once
from changecast.customer.reporting.settings import ReportSettings
from changecast.lambdas.batches import Answer

settings = ReportSettings.from_env()
ledger = connect(settings)
reporter = Reporter(ledger, boto3.client("events", region_name=settings.hub_region), settings)


def handler(event: dict[str, Any], context: object) -> Answer:
    """Report once for every run that the hints name."""
    return report_each_once(reporter, event)
