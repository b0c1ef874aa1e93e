"""The matrix: everybody x everything that matters x every action on it, with what must come out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from testbed.expand import REGION
from tests.isolation.engine import Request
from tests.isolation.picture import OWN, drawn, relation
from tests.isolation.things import Thing
from tests.isolation.world import HUB, Principal, World

_SEND = ("ses:SendEmail", "ses:SendRawEmail")
ACTIONS: dict[str, tuple[str, ...]] = {
    "AWS::CloudWatch::Alarm": ("cloudwatch:DisableAlarmActions", "cloudwatch:DeleteAlarms"),
    "AWS::Events::EventBus": ("events:PutEvents", "events:DescribeEventBus"),
    "AWS::Events::Rule": (
        "events:DescribeRule", "events:ListTargetsByRule", "events:PutTargets",
        "events:DisableRule",
    ),
    "AWS::Events::Archive": ("events:DescribeArchive", "events:DeleteArchive"),
    "AWS::SQS::Queue": (
        "sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue",
        "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ChangeMessageVisibility",
        "sqs:SetQueueAttributes",
    ),
    "AWS::DynamoDB::Table": (
        "dynamodb:Query", "dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:BatchGetItem",
        "dynamodb:Scan", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:DeleteTable",
    ),
    "index": ("dynamodb:Query", "dynamodb:Scan"),
    "AWS::S3::Bucket": (
        "s3:ListBucket", "s3:ListBucketVersions", "s3:PutBucketPolicy", "s3:DeleteBucket",
    ),
    "object": (
        "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion",
        "s3:DeleteObjectVersion", "s3:PutObjectTagging",
    ),
    "AWS::SES::ContactList": (
        "ses:ListContacts", "ses:CreateContact", "ses:UpdateContact", "ses:DeleteContact",
        "ses:GetContact", "ses:GetContactList", "ses:UpdateContactList", "ses:DeleteContactList",
    ),
    "AWS::SES::EmailIdentity": (*_SEND, "ses:GetEmailIdentity", "ses:DeleteEmailIdentity"),
    "AWS::SES::ConfigurationSet": (
        *_SEND, "ses:GetConfigurationSet", "ses:GetConfigurationSetEventDestinations",
        "ses:DeleteConfigurationSetEventDestination",
    ),
    "AWS::IAM::Role": ("sts:AssumeRole", "iam:PutRolePolicy", "iam:PassRole"),
    "AWS::Lambda::Function": ("lambda:InvokeFunction", "lambda:UpdateFunctionCode"),
    "AWS::Logs::LogGroup": ("logs:PutLogEvents", "logs:CreateLogStream", "logs:FilterLogEvents"),
    "AWS::SecretsManager::Secret": (
        "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
        "secretsmanager:DeleteSecret", "secretsmanager:PutResourcePolicy",
    ),
    "AWS::SSM::Parameter": (
        "ssm:GetParameter", "ssm:GetParameters", "ssm:PutParameter", "ssm:DeleteParameter",
    ),
    "stack": (
        "cloudformation:DescribeStacks", "cloudformation:DescribeStackResources",
        "cloudformation:UpdateStack",
    ),
    "path": ("ssm:GetParametersByPath",),
    "AWS::KMS::Key": (
        "kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:Encrypt",
        "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo",
        "kms:PutKeyPolicy", "kms:DescribeKey",
        "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:EnableKeyRotation",
        "kms:DisableKeyRotation", "kms:EnableKey", "kms:DisableKey", "kms:UpdateKeyDescription",
        "kms:ScheduleKeyDeletion", "kms:CancelKeyDeletion", "kms:ListResourceTags",
        "kms:TagResource", "kms:UntagResource",
    ),
    "key through a service": ("kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant"),
    "AWS::SNS::Topic": ("sns:Publish", "sns:Subscribe"),
    "account": (
        "ses:GetAccount", "xray:PutTraceSegments", "xray:PutTelemetryRecords",
        "xray:GetTraceSummaries", "xray:BatchGetTraces", "cloudwatch:GetMetricData",
        "ses:CreateImportJob", "ses:GetImportJob", "ses:ListSuppressedDestinations",
        "ses:PutSuppressedDestination", "ses:DeleteSuppressedDestination",
        "ses:PutAccountSendingAttributes",
    ),
}  # fmt: skip


Context = dict[str, str | list[str]]


@dataclass(frozen=True)
class Question:
    """One request and whether it must be allowed; `row` says whose cell of the table it is in.

    `pair` are the two customers of the question, if there are two.
    """

    request: Request
    expected: bool
    says: str
    row: tuple[str, str, str] = ("", "", "")
    pair: tuple[str, str] = ("", "")


# How the table names a role whose logical id says too little.
_KINDS = {"Role": "route's Role"}


def matrix(world: World) -> Iterator[Question]:
    """Every principal's best try at every action on every thing, at home and elsewhere."""
    for who in world.principals:
        yield from _of(who, world.things)


def at_home(world: World, who: Principal) -> Iterator[Question]:
    """The part of the matrix that one principal has in its own account."""
    yield from _of(who, [what for what in world.things if what.account == who.account])


def homes(world: World) -> Iterator[Question]:
    """The part of the matrix that everybody has in the own account."""
    for who in world.principals:
        yield from at_home(world, who)


def _of(who: Principal, things: Iterable[Thing]) -> Iterator[Question]:
    for what in things:
        where = relation(who, what)
        if where == OWN and who.kind == "Administrator":
            continue  # an account's own administrator may do everything there
        if where != OWN and what.type == "account":
            continue  # nobody can even name another account's account-wide actions
        for action in ACTIONS[what.type]:
            yield _question(who, action, what, where)


def _question(who: Principal, action: str, what: Thing, where: str) -> Question:
    return Question(
        ask(who, action, what),
        drawn(who, action, what),
        f"{who.owner}'s {who.kind}: {action} on {what.owner}'s {what.name}",
        (_KINDS.get(who.kind, who.kind), where, what.name),
    )


def ask(who: Principal, action: str, what: Thing, context: Context | None = None) -> Request:
    """Somebody's request with the context that would serve it best, unless `context` says more.

    A value of "" leaves the key out.
    """
    values = {
        "aws:PrincipalArn": who.arn,
        "aws:PrincipalAccount": who.account,
        "aws:SecureTransport": "true",
        **_best(who, action, what),
        **(context or {}),
    }
    kept = {key: value for key, value in values.items() if value != ""}
    return Request(who.arn, action, what.arn, what.account, kept, who.policies, what.policy)


def _best(who: Principal, action: str, what: Thing) -> Context:
    """What the way to this thing would put into the request, if this were the right caller."""
    if action == "events:PutEvents" and who.kind == "TrackStatusRole":
        return {
            "events:source": ["changecast.responses"],
            "events:detail-type": ["ChangeResponded"],
            "events:eventBusInvocation": "false",
        }
    if action == "events:PutEvents" and what.owner == HUB:
        return {
            "events:source": [f"changecast.delivery.{who.account}"],
            "events:detail-type": ["DeliveryReported"],
            "events:eventBusInvocation": "false",
        }
    if action == "events:PutEvents":
        return {
            "events:source": ["changecast.changes"],
            "events:detail-type": ["ChangeAnnounced"],
            "events:eventBusInvocation": "true",
        }
    if action == "dynamodb:UpdateItem":
        return {"dynamodb:Attributes": ["pk", "sk"], "dynamodb:ReturnValues": "NONE"}
    if what.type == "key through a service":
        return {"kms:ViaService": f"{what.name.split('/')[1]}.{REGION}.amazonaws.com"}
    return {"ses:FromAddress": f"changes@{what.owner}.example"} if action in _SEND else {}


def wrong(questions: Iterable[Question], answers: Iterable[bool]) -> list[str]:
    """The questions whose answer is not the expected one, as sentences."""
    return [
        f"{question.says}: {'allowed' if answer else 'refused'}"
        for question, answer in zip(questions, answers, strict=True)
        if answer != question.expected
    ]
