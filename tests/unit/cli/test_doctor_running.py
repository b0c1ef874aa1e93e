"""What is switched off, late, silent or left over is named; what is not is well."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast_cli.doctor import running
from changecast_cli.doctor.customer import guarded
from changecast_cli.doctor.verdicts import Verdict
from tests.unit.cli.test_doctor_verdicts import Aws, checked_account

FUNCTION = {"SendMailFunction": ("AWS::Lambda::Function", "changecast-send")}
QUEUES = {
    "DeliveriesQueue": ("AWS::SQS::Queue", "https://sqs.example/222222222222/deliveries"),
    "DeliveriesDeadLetters": ("AWS::SQS::Queue", "https://sqs.example/222222222222/dead"),
}
ALARM = {"PausedRunAlarm": ("AWS::CloudWatch::Alarm", "changecast-acme-paused")}
RULE = {"SweepFunctionEveryMinute": ("AWS::Events::Rule", "sweep")}
ON = {
    # What would switch them on again; the doctor itself does not call it.
    "delete_function_concurrency": {},
    "update_event_source_mapping": {},
    "enable_rule": {},
    "get_function_concurrency": {},
    "list_event_source_mappings": {"EventSourceMappings": [{"UUID": "1", "State": "Enabled"}]},
    "describe_rule": {"Name": "sweep", "State": "ENABLED"},
}


def only(check: Any, resources: dict[str, Any], aws: Aws, **changed: Any) -> Verdict:
    (verdict,) = check(checked_account(aws, resources=resources, **changed))
    assert isinstance(verdict, Verdict)
    return verdict


def metric(*results: tuple[str, list[float]]) -> dict[str, Any]:
    found = [{"Label": label, "Values": values} for label, values in results]
    return {"get_metric_data": {"MetricDataResults": found}}


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"get_function_concurrency": {"ReservedConcurrentExecutions": 0}}, "SendMailFunction"),
        (
            {"list_event_source_mappings": {"EventSourceMappings": [
                {"UUID": "1", "State": "Disabled"}]}},
            "SendMailFunction does not get",
        ),
        ({"describe_rule": {"Name": "sweep", "State": "DISABLED"}}, "SweepFunctionEveryMinute is"),
    ],
)  # fmt: skip
def test_what_is_switched_off_is_broken_and_repair_switches_it_on(
    answers: dict[str, Any], said: str
) -> None:
    verdict = only(running.switched_off, FUNCTION | RULE, Aws(**ON | answers))
    assert (verdict.level, verdict.fix) == ("broken", "changecast repair acme")
    assert verdict.reason.startswith(said)


def test_a_function_with_some_reserved_concurrency_is_on() -> None:
    some = {"get_function_concurrency": {"ReservedConcurrentExecutions": 1}}
    assert only(running.switched_off, FUNCTION | RULE, Aws(**ON | some)).level == "ok"


@pytest.mark.parametrize(("age", "level"), [(2_700.0, "ok"), (2_701.0, "warning")])
def test_a_queue_that_nobody_reads_is_named(age: float, level: str) -> None:
    verdict = only(running.queue_age, QUEUES, Aws(**metric(("DeliveriesQueue", [age, 1.0]))))
    assert verdict.level == level
    assert ("DeliveriesQueue 45 min" in verdict.reason) == (level == "warning")


@pytest.mark.parametrize(
    ("name", "rate", "level"),
    [
        ("BounceRate", 0.039, "ok"),
        ("BounceRate", 0.04, "warning"),
        ("ComplaintRate", 0.0007, "ok"),
        ("ComplaintRate", 0.0008, "warning"),
    ],
)
def test_a_reputation_near_sess_limits_is_named(name: str, rate: float, level: str) -> None:
    assert only(running.reputation, {}, Aws(**metric((name, [rate])))).level == level


def test_a_failed_stack_of_ours_is_named_and_nobody_elses() -> None:
    stacks = [
        {"StackName": "changecast-route-globex", "StackStatus": "ROLLBACK_COMPLETE"},
        {"StackName": "another-product", "StackStatus": "ROLLBACK_COMPLETE"},
    ]
    aws = Aws(list_stacks={"StackSummaries": stacks})
    verdict = only(running.failed_stacks, {}, aws)
    assert verdict.reason == "left over: changecast-route-globex ROLLBACK_COMPLETE"
    aws = Aws(list_stacks={"StackSummaries": stacks[1:]})
    assert only(running.failed_stacks, {}, aws).level == "ok"


OPS = {"AlarmTopicArn": "arn:aws:sns:eu-central-1:222222222222:ops"}
PUBLISHES = {"AlarmName": "changecast-acme-paused", "AlarmActions": ["arn:topic"]}


def heard_by(*subscriptions: str, alarms: Any = (PUBLISHES,), error: str = "") -> Aws:
    """An account whose topic has these subscriptions, or for whose topic SNS has an error."""

    def pages(TopicArn: str) -> list[dict[str, Any]]:  # noqa: N803
        if error:
            said = {"Error": {"Code": error, "Message": "no"}}
            raise ClientError(said, "ListSubscriptionsByTopic")  # type: ignore[arg-type]
        return [{"Subscriptions": [
            {"SubscriptionArn": one, "Endpoint": f"{one}@{TopicArn}"} for one in subscriptions
        ]}]  # fmt: skip

    class Sns(Aws):
        def get_paginator(self, _: str) -> Any:
            return SimpleNamespace(paginate=pages)

    return Sns(describe_alarms={"MetricAlarms": list(alarms)})


@pytest.mark.parametrize(
    ("subscriptions", "error", "said", "fix"),
    [
        ((), "NotFound", "which does not exist", "aws sns create-topic --name ops"),
        ((), "", "nobody subscribes", "aws sns subscribe --topic-arn"),
        (("Deleted",), "", "nobody subscribes", "aws sns subscribe --topic-arn"),
        (("PendingConfirmation",), "", "until these confirm their subscription: ", "open the link"),
    ],
)
def test_a_topic_that_nobody_hears_is_a_warning(
    subscriptions: tuple[str, ...], error: str, said: str, fix: str
) -> None:
    aws = heard_by(*subscriptions, error=error)
    verdict = only(running.alarm_actions, ALARM, aws, parameters=OPS)
    assert verdict.level == "warning"
    assert verdict.reason.startswith("1 alarm publishes to ops, ")
    assert said in verdict.reason
    assert verdict.fix.startswith(fix)


def test_a_topic_with_a_confirmed_subscriber_is_well() -> None:
    verdict = only(
        running.alarm_actions, ALARM, heard_by("arn:1", "PendingConfirmation"), parameters=OPS
    )
    assert (verdict.level, verdict.reason) == (
        "ok", "1 alarm publishes to ops, which has 1 subscriber",
    )  # fmt: skip


def test_a_topic_that_may_not_be_looked_at_is_not_called_well() -> None:
    """The operator role may not: the addresses are the customer's."""
    one = checked_account(heard_by(error="AuthorizationError"), resources=ALARM, parameters=OPS)
    (verdict,) = guarded("changecast doctor", running.alarm_actions, one)
    assert verdict.level == "warning"
    assert verdict.reason.startswith("1 alarm publishes to ops; this role may not list who subscri")
    assert "(docs/policies/operate-customer.json)" in verdict.fix
    assert f"sns list-subscriptions-by-topic --topic-arn {OPS['AlarmTopicArn']}" in verdict.fix


def test_another_fault_of_sns_is_told_as_it_is() -> None:
    one = checked_account(heard_by(error="InternalError"), resources=ALARM, parameters=OPS)
    (verdict,) = guarded("changecast doctor", running.alarm_actions, one)
    assert verdict.reason == "ListSubscriptionsByTopic: InternalError"


@pytest.mark.parametrize(
    ("alarms", "level"),
    [
        ([{"AlarmName": "changecast-acme-paused", "AlarmActions": ["arn:topic"]}], "ok"),
        ([{"AlarmName": "changecast-acme-paused", "AlarmActions": []}], "warning"),
        ([], "warning"),
    ],
)
def test_an_alarm_that_tells_nobody_or_is_gone_is_named(
    alarms: list[dict[str, Any]], level: str
) -> None:
    verdict = only(running.alarm_actions, ALARM, heard_by("1", alarms=alarms), parameters=OPS)
    assert verdict.level == level
    assert verdict.fix == ("changecast repair acme" if level == "warning" else "")


def test_alarms_that_publish_nowhere_are_a_warning_with_the_command_that_names_a_topic() -> None:
    verdict = only(running.alarm_actions, ALARM, Aws(), parameters={"AlarmTopicArn": ""})
    assert verdict.level == "warning"
    assert "publish nowhere" in verdict.reason
    topic = "arn:aws:sns:eu-central-1:222222222222:changecast-alarms"
    assert verdict.fix.startswith(f"changecast customers set acme --alarm-topic {topic} --deploy")
