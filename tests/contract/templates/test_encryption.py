"""Everything at rest is encrypted: by AWS's keys, and where the account names one, by that."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.isolation.keys import KEY_ID
from tests.isolation.world import stacks


def _resources(kind: str, *, keyed: bool) -> Iterator[Any]:
    for owner, stack in stacks(1, keyed=keyed):
        for name, resource in stack.resources.items():
            if resource["Type"] == kind:
                yield pytest.param(resource, id=f"{owner}:{name}")


@pytest.mark.parametrize("queue", [*_resources("AWS::SQS::Queue", keyed=False)])
def test_a_queue_is_encrypted(queue: dict[str, Any]) -> None:
    assert queue["SqsManagedSseEnabled"] is True
    assert "KmsMasterKeyId" not in queue


@pytest.mark.parametrize("bucket", [*_resources("AWS::S3::Bucket", keyed=False)])
def test_a_bucket_is_encrypted(bucket: dict[str, Any]) -> None:
    assert _by_default(bucket) == {"SSEAlgorithm": "AES256"}


@pytest.mark.parametrize("topic", [*_resources("AWS::SNS::Topic", keyed=False)])
def test_a_topic_is_encrypted_by_a_key_that_cloudwatch_may_use(topic: dict[str, Any]) -> None:
    assert topic["KmsMasterKeyId"].endswith("AlertsKey")


@pytest.mark.parametrize("table", [*_resources("AWS::DynamoDB::Table", keyed=False)])
def test_a_table_is_encrypted_by_aws(table: dict[str, Any]) -> None:
    assert table["SSESpecification"] == {"SSEEnabled": False}  # the AWS-owned key


@pytest.mark.parametrize("queue", [*_resources("AWS::SQS::Queue", keyed=True)])
def test_a_queue_is_under_the_accounts_key(queue: dict[str, Any]) -> None:
    assert queue["KmsMasterKeyId"] == KEY_ID
    assert queue["SqsManagedSseEnabled"] is False  # SQS takes one of the two


@pytest.mark.parametrize("bucket", [*_resources("AWS::S3::Bucket", keyed=True)])
def test_a_bucket_is_under_the_accounts_key(bucket: dict[str, Any]) -> None:
    assert _by_default(bucket)["SSEAlgorithm"] == "aws:kms"
    assert _by_default(bucket)["KMSMasterKeyID"].endswith(f":key/{KEY_ID}")


@pytest.mark.parametrize("topic", [*_resources("AWS::SNS::Topic", keyed=True)])
def test_a_topic_is_under_the_accounts_key(topic: dict[str, Any]) -> None:
    assert topic["KmsMasterKeyId"] == KEY_ID


@pytest.mark.parametrize("table", [*_resources("AWS::DynamoDB::Table", keyed=True)])
def test_a_table_is_under_the_accounts_key(table: dict[str, Any]) -> None:
    encryption = table["SSESpecification"]

    assert (encryption["SSEEnabled"], encryption["SSEType"]) == (True, "KMS")
    assert encryption["KMSMasterKeyId"].endswith(f":key/{KEY_ID}")


@pytest.mark.parametrize("logs", [*_resources("AWS::Logs::LogGroup", keyed=True)])
def test_logs_are_under_the_accounts_key(logs: dict[str, Any]) -> None:
    assert logs["KmsKeyId"].endswith(f":key/{KEY_ID}")


def test_no_stack_makes_a_key_where_the_account_names_one() -> None:
    assert [*_resources("AWS::KMS::Key", keyed=True)] == []
    assert len([*_resources("AWS::KMS::Key", keyed=False)]) == 1


def _by_default(bucket: dict[str, Any]) -> dict[str, Any]:
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    found: dict[str, Any] = rule["ServerSideEncryptionByDefault"]
    return found
