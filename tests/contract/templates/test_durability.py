"""What the templates promise of every resource of a kind: kept, private, forgotten in time."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.isolation.expand import TEMPLATES, expanded

RETAINED = {
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::SES::ContactList",
    "AWS::SES::EmailIdentity",
    "AWS::Events::Archive",
    "AWS::KMS::Key",
}


def _resources(*kinds: str) -> Iterator[Any]:
    for path in TEMPLATES:
        for name, resource in expanded(path)["Resources"].items():
            if resource["Type"] in kinds:
                yield pytest.param(resource, id=f"{path}:{name}")


def _properties(*kinds: str) -> Iterator[Any]:
    for found in _resources(*kinds):
        yield pytest.param(found.values[0]["Properties"], id=found.id)


@pytest.mark.parametrize("resource", [*_resources(*RETAINED)])
def test_what_holds_data_outlives_its_stack(resource: dict[str, Any]) -> None:
    assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("queue", [*_properties("AWS::SQS::Queue")])
def test_a_queue_keeps_messages_for_two_weeks(queue: dict[str, Any]) -> None:
    assert queue["MessageRetentionPeriod"] == 14 * 86_400


@pytest.mark.parametrize("bucket", [*_properties("AWS::S3::Bucket")])
def test_a_bucket_is_private_and_forgets(bucket: dict[str, Any]) -> None:
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["LifecycleConfiguration"]["Rules"][0]["Status"] == "Enabled"


def test_ledger_and_mails_are_forgotten_together() -> None:
    resources = expanded("template.yaml")["Resources"]
    everything, *_ = resources["Mails"]["Properties"]["LifecycleConfiguration"]["Rules"]
    forgets = resources["Ledger"]["Properties"]["TimeToLiveSpecification"]
    days = {
        resource["Properties"]["Environment"]["Variables"]["LEDGER_TTL_DAYS"]["Ref"]
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::Function"
    }

    assert "Prefix" not in everything
    assert everything["ExpirationInDays"] == {"Ref": "LedgerTtlDays"}
    assert forgets == {"AttributeName": "expires_at", "Enabled": True}
    assert days == {"LedgerTtlDays"}


@pytest.mark.parametrize("table", [*_properties("AWS::DynamoDB::Table")])
def test_a_table_can_be_restored_to_any_second(table: dict[str, Any]) -> None:
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


@pytest.mark.parametrize("logs", [*_properties("AWS::Logs::LogGroup")])
def test_logs_are_forgotten_in_time(logs: dict[str, Any]) -> None:
    assert logs["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("function", [*_properties("AWS::Lambda::Function")])
def test_a_function_traces_and_logs_into_a_group_of_the_template(function: dict[str, Any]) -> None:
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["LoggingConfig"]["LogFormat"] == "JSON"
    assert function["LoggingConfig"]["LogGroup"]["Ref"].endswith("Logs")


@pytest.mark.parametrize("key", [*_properties("AWS::KMS::Key")])
def test_a_key_is_turned_every_year(key: dict[str, Any]) -> None:
    assert key["EnableKeyRotation"] is True
