"""Refuse resources with missing or unsuitable references, as AWS does."""

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id
from ministack.services import eventbridge, lambda_svc, sns, sqs

from changecast_local import policies
from changecast_local.stacks.arns import values
from changecast_local.stacks.permissions import Properties

RECEIVING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def check(kind: str, properties: Properties) -> None:
    """Raise ValueError, with AWS's reason, if a reference of the resource is missing."""
    look = CHECKS.get(kind)
    if look:
        look(properties)


def _queue_policy(properties: Properties) -> None:
    for url in values(properties, "Queues"):
        if url not in sqs._queues:
            raise ValueError(f"The specified queue does not exist: {url}")


def _topic_policy(properties: Properties) -> None:
    for arn in values(properties, "Topics"):
        if arn not in sns._topics:
            raise ValueError(f"Topic does not exist: {arn}")


def _mapping(properties: Properties) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    name = str(properties.get("FunctionName", ""))
    function = lambda_svc._get_func_record_for_ref(name)[1]
    if function is None:
        raise ValueError(f"Function does not exist: {name}")
    source = str(properties.get("EventSourceArn", ""))
    if ":sqs:" in source:
        _queue_of_mapping(source, function)


def _queue_of_mapping(arn: str, function: Mapping[str, Any]) -> None:
    queue = sqs._queue_by_arn(arn)
    if queue is None:
        raise ValueError(f"Error occurred while ReceiveMessage. SQS Error Code: {arn} not found")
    visible, runs = int(queue["attributes"]["VisibilityTimeout"]), int(function["Timeout"])
    if visible < runs:
        raise ValueError(
            f"Queue visibility timeout: {visible} seconds is less than Function timeout: "
            f"{runs} seconds"
        )
    for action in RECEIVING:
        if not policies.role_allows(function["Role"], action, arn, {}):
            raise ValueError(
                "The provided execution role does not have permissions to call "
                f"{action.partition(':')[2]} on SQS"
            )


def _rule(properties: Properties) -> None:
    bus = str(properties.get("EventBusName") or "default").rpartition("/")[2]
    if bus != "default" and bus not in eventbridge._event_buses:
        raise ValueError(f"Event bus {bus} does not exist.")
    for path in ("Targets.Arn", "Targets.DeadLetterConfig.Arn"):
        for arn in values(properties, path):
            _target(arn)


def _target(arn: str) -> None:
    """Check a queue of this account; EventBridge cannot check other accounts' resources."""
    spec = parse_arn(arn)
    ours = spec.account_id == get_account_id()
    if spec.service == "sqs" and ours and sqs._queue_by_arn(arn) is None:
        raise ValueError(f"Target {arn} does not exist.")


CHECKS: Mapping[str, Callable[[Properties], None]] = {
    "AWS::Events::Rule": _rule,
    "AWS::Lambda::EventSourceMapping": _mapping,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::QueuePolicy": _queue_policy,
}
