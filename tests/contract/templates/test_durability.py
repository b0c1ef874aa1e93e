"""What the templates promise of every resource of a kind: kept, private, forgotten in time."""

from collections.abc import Iterator
from typing import Any

import pytest

from changecast.customer.renderings.mails_bucket import KEEP_DAYS, KEEP_TAG
from testbed.expand import TEMPLATES, expanded

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
    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("queue", [*_properties("AWS::SQS::Queue")])
def test_a_queue_keeps_messages_for_two_weeks(queue: dict[str, Any]) -> None:
    assert queue["MessageRetentionPeriod"] == 14 * 86_400


@pytest.mark.parametrize("bucket", [*_properties("AWS::S3::Bucket")])
def test_a_bucket_is_private_and_forgets(bucket: dict[str, Any]) -> None:
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["LifecycleConfiguration"]["Rules"][0]["Status"] == "Enabled"


def test_every_time_that_a_mail_is_kept_for_has_its_rule() -> None:
    mails = expanded("template.yaml")["Resources"]["Mails"]["Properties"]
    rules = mails["LifecycleConfiguration"]["Rules"]
    tagged = {rule["TagFilters"][0]["Value"]: rule for rule in rules if "TagFilters" in rule}
    anything = next(rule for rule in rules if not {"Prefix", "TagFilters"} & {*rule})

    assert [*map(int, tagged)] == [*KEEP_DAYS]
    assert {rule["TagFilters"][0]["Key"] for rule in tagged.values()} == {KEEP_TAG}
    assert all(int(value) == rule["ExpirationInDays"] for value, rule in tagged.items())
    # S3 obeys the shortest rule that matches.
    assert anything["ExpirationInDays"] == max(KEEP_DAYS)


def test_the_hub_forgets_nothing_that_was_announced() -> None:
    resources = expanded("hub/template.yaml")["Resources"].values()
    tables = [one["Properties"] for one in resources if one["Type"] == "AWS::DynamoDB::Table"]

    assert tables
    assert not any("TimeToLiveSpecification" in table for table in tables)


def test_all_of_the_ledger_is_kept_equally_long() -> None:
    resources = expanded("template.yaml")["Resources"]
    forgets = resources["Ledger"]["Properties"]["TimeToLiveSpecification"]
    days = {
        resource["Properties"]["Environment"]["Variables"]["LEDGER_TTL_DAYS"]["Ref"]
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::Function"
    }

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


@pytest.mark.parametrize("function", [*_properties("AWS::Lambda::Function")])
def test_a_function_reserves_no_concurrency_unless_a_parameter_says_so(
    function: dict[str, Any],
) -> None:
    """New accounts may have ten in all: there AWS refuses whatever is reserved."""
    reserved = function.get("ReservedConcurrentExecutions", {"Fn::If": []})
    assert isinstance(reserved, dict)
    assert "Fn::If" in reserved
