"""Lambda of the hub, every minute: alert on silent customers and everything else overdue."""

import changecast.lambdas.startup  # noqa: F401

import logging
import time
from datetime import UTC, datetime
from typing import Any

import boto3

from changecast.contract.errors import Retry
from changecast.hub.settings import WatchSettings
from changecast.hub.tracking.watching import Watcher, watch_overdue
from changecast.lambdas.clock import Context, deadline

log = logging.getLogger("changecast")
settings = WatchSettings.from_env()
watcher = Watcher(
    boto3.resource("dynamodb").Table(settings.status_table),
    boto3.client("events"),
    boto3.client("sqs"),
    boto3.client("sns"),
    boto3.client("ssm"),
    settings,
)
# The longest step, reading a route's dead letters, must finish before Lambda ends the invocation.
LAST_SECONDS = 25.0


def handler(event: dict[str, Any], context: Context) -> None:
    """Check everything that is overdue; whatever fails is checked again in a minute."""
    until = deadline(context, time.time()) - LAST_SECONDS
    items, failures = watch_overdue(watcher, datetime.now(UTC), until)
    log.info("watched", extra={"looked_at": items, "failed": len(failures)})
    if failures:
        raise Retry(f"failed checks: {len(failures)}; the first error: {failures[0]}")
