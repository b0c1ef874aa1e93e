"""Lambda of the hub, where two persons announce: publish what one proposed and another approved."""

import changecast.lambdas.startup  # noqa: F401

from typing import Any

import boto3

from changecast.hub.announcing.announce import connect
from changecast.hub.announcing.publish_approved import publish_approved
from changecast.hub.settings import PublishSettings

settings = PublishSettings.from_env()
s3 = boto3.client("s3")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Announce the proposal that an object in the bucket approves; refuse everything else."""
    hub = connect(table=settings.status_table)
    return publish_approved(s3, settings.intake_bucket, hub, event)
