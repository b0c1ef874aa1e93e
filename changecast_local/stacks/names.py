"""Refuse to create a resource whose name is taken; ministack would adopt it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
"""

from collections.abc import Callable, Mapping

from ministack.core.responses import get_account_id, get_region
from ministack.services import (
    cloudwatch,
    cloudwatch_logs,
    dynamodb,
    eventbridge,
    iam,
    lambda_svc,
    s3,
    sns,
    sqs,
    ssm,
)

from changecast_local.stacks.permissions import Properties

# By type: the property with the name, and a check whether the account has that name.
TAKEN: Mapping[str, tuple[str, Callable[[str, Properties], bool]]] = {
    "AWS::CloudWatch::Alarm": ("AlarmName", lambda name, _: name in cloudwatch._alarms),
    "AWS::CloudWatch::Dashboard": ("DashboardName", lambda name, _: name in cloudwatch._dashboards),
    "AWS::DynamoDB::Table": ("TableName", lambda name, _: name in dynamodb._tables),
    "AWS::Events::EventBus": ("Name", lambda name, _: name in eventbridge._event_buses),
    "AWS::Events::Rule": ("Name", lambda name, more: _rule(name, more) in eventbridge._rules),
    "AWS::IAM::Role": ("RoleName", lambda name, _: name in iam._roles),
    "AWS::Lambda::Function": ("FunctionName", lambda name, _: name in lambda_svc._functions),
    "AWS::Logs::LogGroup": ("LogGroupName", lambda name, _: name in cloudwatch_logs._log_groups),
    "AWS::S3::Bucket": ("BucketName", lambda name, _: name in s3._buckets),
    "AWS::SNS::Topic": ("TopicName", lambda name, _: _arn("sns", name) in sns._topics),
    "AWS::SQS::Queue": ("QueueName", lambda name, _: bool(sqs._queue_by_arn(_arn("sqs", name)))),
    "AWS::SSM::Parameter": ("Name", lambda name, _: name in ssm._parameters),
}


def check_free(kind: str, properties: Properties) -> None:
    """Raise ValueError, in CloudFormation's words, if the account has this name already."""
    named, taken = TAKEN.get(kind, ("", lambda *_: False))
    name = str(properties.get(named) or "")
    if name and taken(name, properties):
        raise ValueError(
            f"Resource of type '{kind}' with identifier '{name}' already exists. "
            "(HandlerErrorCode: AlreadyExists)"
        )


def _rule(name: str, properties: Properties) -> str:
    bus = str(properties.get("EventBusName") or "default").rpartition("/")[2]
    return str(eventbridge._rule_key(name, bus))


def _arn(service: str, name: str) -> str:
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{name}"
