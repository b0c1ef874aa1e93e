"""Queues and the functions that read them fit together; nothing that fails is dropped."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from testbed.expand import TEMPLATES, Template, expanded, read


class Reading(NamedTuple):
    queue: dict[str, Any]
    function: dict[str, Any]
    mapping: dict[str, Any]


def _readings() -> Iterator[Any]:
    for path in TEMPLATES:
        resources = expanded(path)["Resources"]
        for name, mapping in resources.items():
            if mapping["Type"] == "AWS::Lambda::EventSourceMapping":
                yield pytest.param(_reading(resources, mapping["Properties"]), id=f"{path}:{name}")


def _reading(resources: Template, mapping: dict[str, Any]) -> Reading:
    queue, _ = mapping["EventSourceArn"]["Fn::GetAtt"]
    function = mapping["FunctionName"]["Ref"]
    return Reading(resources[queue]["Properties"], resources[function]["Properties"], mapping)


@pytest.mark.parametrize("reading", [*_readings()])
def test_a_message_stays_hidden_for_six_tries(reading: Reading) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    window = reading.mapping.get("MaximumBatchingWindowInSeconds", 0)

    assert reading.queue["VisibilityTimeout"] >= 6 * reading.function["Timeout"] + window


@pytest.mark.parametrize("reading", [*_readings()])
def test_a_failed_message_goes_back_alone_and_ends_among_dead_letters(reading: Reading) -> None:
    assert reading.mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert reading.mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
    assert reading.queue["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_reports_wait_a_day_for_a_hub_that_is_away() -> None:
    """Only a person redrives dead letters, in every customer's account."""
    queue = read("template.yaml")["Resources"]["ReportsQueue"]["Properties"]

    seconds = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]

    assert 86_400 < seconds < queue["MessageRetentionPeriod"]


def test_a_claim_is_held_longer_than_its_function_can_run() -> None:
    """The lease covers the function's timeout, SES's timeouts (3 s and 10 s) and clock skew."""
    function = read("template.yaml")["Resources"]["SendMailFunction"]["Properties"]

    lease = int(function["Environment"]["Variables"]["LEASE_SECONDS"])

    assert lease >= function["Timeout"] + 3 + 10 + 30


def test_the_ledger_remembers_longer_than_the_hub_can_replay() -> None:
    customer, hub = read("template.yaml")["Parameters"], read("hub/template.yaml")["Parameters"]
    queue_days = 14

    remembered = customer["LedgerTtlDays"]["Default"]

    assert remembered >= hub["ArchiveDays"]["Default"] + queue_days + 1


def _targets() -> Iterator[Any]:
    for path in TEMPLATES:
        for name, rule in expanded(path)["Resources"].items():
            if rule["Type"] == "AWS::Events::Rule" and "EventPattern" in rule["Properties"]:
                for target in rule["Properties"]["Targets"]:
                    yield pytest.param(target, id=f"{path}:{name}")


@pytest.mark.parametrize("target", [*_targets()])
def test_an_event_that_its_target_does_not_take_is_kept(target: dict[str, Any]) -> None:
    assert target["DeadLetterConfig"]["Arn"]
