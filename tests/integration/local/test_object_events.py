"""A bucket sends events about its objects to EventBridge, as the intake needs."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.local import stage

Account = Callable[[], stage.Account]


@pytest.mark.parametrize("versioned", [True, False])
def test_a_new_object_is_an_event_that_names_its_version(account: Account, versioned: bool) -> None:
    here = account()
    s3, bucket = here.client("s3"), f"drops-{stage.number_of(here)}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": stage.REGION})
    if versioned:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    url, arn = stage.make_queue(here, "drops")
    pattern = {"source": ["aws.s3"], "detail": {"object": {"key": [{"prefix": "in/"}]}}}
    stage.make_rule(here, "drops", pattern, {"Arn": arn}, "default")
    s3.put_object(Bucket=bucket, Key="out/1.json", Body=b"{}")
    put: dict[str, Any] = s3.put_object(Bucket=bucket, Key="in/a file.json", Body=b"{}")
    (message,) = stage.eventually(lambda: stage.received(here, url))
    event = json.loads(message["Body"])
    assert (event["detail-type"], event["account"]) == ("Object Created", stage.number_of(here))
    assert event["detail"]["bucket"]["name"] == bucket
    thing = event["detail"]["object"]
    assert (thing["key"], thing["size"]) == ("in/a file.json", 2)
    assert thing.get("version-id") == put.get("VersionId")
    assert ("version-id" in thing) == versioned
