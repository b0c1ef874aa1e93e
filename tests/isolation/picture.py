"""What the picture in the design shows, and nothing else: who may do what to what.

Written by hand from the design, not from the templates. Everybody else may do nothing: what is not
here must be refused.
"""

from collections.abc import Mapping
from typing import NamedTuple

from tests.isolation.things import Thing
from tests.isolation.world import HUB, Principal


class Right(NamedTuple):
    """Where (own account, the served customer's, the hub's), on what, which actions."""

    where: str
    name: str
    actions: frozenset[str]


OWN, SERVED, AT_HUB, ELSEWHERE = "own", "served", "at the hub", "elsewhere"


def _may(where: str, name: str, *actions: str) -> Right:
    return Right(where, name, frozenset(actions))


def _reads(queue: str) -> Right:
    return _may(OWN, queue, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def _puts(*queues: str) -> tuple[Right, ...]:
    return tuple(_may(OWN, queue, "sqs:SendMessage") for queue in queues)


def _runs(function: str) -> tuple[Right, ...]:
    """What every function needs to run at all: its own logs, and traces."""
    logs = _may(OWN, f"{function}Logs", "logs:CreateLogStream", "logs:PutLogEvents")
    return logs, _may(OWN, "Account", "xray:PutTraceSegments", "xray:PutTelemetryRecords")


def _ledger(*actions: str) -> Right:
    return _may(OWN, "Ledger", *(f"dynamodb:{action}" for action in actions))


def _statuses(*actions: str) -> Right:
    return _may(OWN, "StatusTable", *(f"dynamodb:{action}" for action in actions))


def _key(*, reads: str = "", writes: str = "") -> tuple[Right, ...]:
    """The account's own key, where it has one, through the services that these names list.

    A caller who puts something there needs both rights: a new data key is looked at before use.
    """
    uses = [("kms:Decrypt", reads), ("kms:GenerateDataKey", writes)]
    return tuple(
        _may(OWN, f"Key/{service}", action)
        for action, services in uses
        for service in services.split()
    )


def _alerts() -> tuple[Right, ...]:
    """Telling people, through a topic under a key of the hub's."""
    key = _may(OWN, "AlertsKey/sns", "kms:Decrypt", "kms:GenerateDataKey")
    return key, _may(OWN, "AlertsTopic", "sns:Publish")


PICTURE: Mapping[str, tuple[Right, ...]] = {
    "PlanDeliveryRole": (
        _reads("AnnouncementsQueue"),
        _may(OWN, "AnnouncementsQueue", "sqs:ChangeMessageVisibility"),
        *_puts("AnnouncementsQueue", "AnnouncementsDeadLetters", "DeliveriesQueue", "ReportsQueue"),
        _ledger("GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem"),
        _may(OWN, "Mails/runs", "s3:GetObject", "s3:PutObject", "s3:PutObjectTagging"),
        _may(OWN, "Mails/contacts", "s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
        _may(OWN, "Mails", "s3:ListBucket"),
        _may(OWN, "CreatedContactList", "ses:ListContacts", "ses:GetContactList"),
        _may(OWN, "Account", "ses:GetAccount"),
        *_key(reads="sqs dynamodb s3", writes="sqs s3"),
        *_runs("PlanDelivery"),
    ),
    "SendMailRole": (
        _reads("DeliveriesQueue"),
        *_puts("DeliveriesQueue", "ReportsQueue"),
        _ledger("GetItem", "Query", "UpdateItem"),
        _may(OWN, "Mails/runs", "s3:GetObject"),
        _may(OWN, "Mails", "s3:ListBucket"),
        _may(OWN, "CreatedIdentity", "ses:SendEmail", "ses:SendRawEmail"),
        _may(OWN, "CreatedConfigurationSet", "ses:SendEmail", "ses:SendRawEmail"),
        *_key(reads="sqs dynamodb s3", writes="sqs"),
        *_runs("SendMail"),
    ),
    "RecordOutcomeRole": (
        _reads("OutcomesQueue"),
        *_puts("ReportsQueue"),
        _ledger("GetItem", "BatchGetItem", "UpdateItem"),
        *_key(reads="sqs dynamodb", writes="sqs"),
        *_runs("RecordOutcome"),
    ),
    "ReportDeliveryRole": (
        _reads("ReportsQueue"),
        _ledger("GetItem", "BatchGetItem", "UpdateItem"),
        _may(AT_HUB, "Bus", "events:PutEvents"),
        *_key(reads="sqs dynamodb"),
        *_runs("ReportDelivery"),
    ),
    "SweepRole": (
        *_puts("DeliveriesQueue", "ReportsQueue"),
        _may(OWN, "OutcomesQueue", "sqs:GetQueueAttributes"),
        _may(OWN, "OutcomesDeadLetters", "sqs:GetQueueAttributes"),
        _ledger("GetItem", "BatchGetItem", "Query", "UpdateItem"),
        _may(OWN, "Ledger/due", "dynamodb:Query"),
        _may(OWN, "Mails/contacts", "s3:DeleteObject"),
        _may(OWN, "Account", "ses:GetAccount"),
        *_key(reads="sqs dynamodb", writes="sqs"),
        *_runs("Sweep"),
    ),
    # The people of the customer who keep its list of contacts.
    "ContactsManagerRole": (
        _may(
            OWN,
            "CreatedContactList",
            "ses:GetContactList",
            "ses:UpdateContactList",
            "ses:ListContacts",
            "ses:GetContact",
            "ses:CreateContact",
            "ses:UpdateContact",
            "ses:DeleteContact",
        ),
        _may(OWN, "Mails/imports", "s3:PutObject", "s3:DeleteObject"),
        *_key(writes="s3"),
        _may(OWN, "Stack", "cloudformation:DescribeStacks"),
        _may(
            OWN,
            "Account",
            "ses:CreateImportJob",
            "ses:GetImportJob",
            "ses:ListSuppressedDestinations",
            "ses:PutSuppressedDestination",
            "ses:DeleteSuppressedDestination",
        ),
    ),
    "OperatorRole": (
        _ledger("GetItem", "BatchGetItem", "Query", "UpdateItem"),
        *_key(reads="sqs dynamodb s3", writes="sqs"),
        _may(OWN, "Ledger/due", "dynamodb:Query"),
        _may(OWN, "Mails/runs", "s3:GetObject"),
        _may(
            OWN,
            "AnnouncementsDeadLetters",
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
        ),
        _may(OWN, "AnnouncementsQueue", "sqs:SendMessage", "sqs:GetQueueAttributes"),
        *_puts("ReportsQueue"),
        _may(OWN, "DeliveriesDeadLetters", "sqs:GetQueueAttributes"),
        _may(OWN, "OutcomesDeadLetters", "sqs:GetQueueAttributes"),
        _may(OWN, "ReportsDeadLetters", "sqs:GetQueueAttributes"),
        _may(OWN, "CreatedIdentity", "ses:GetEmailIdentity"),
        _may(OWN, "CreatedContactList", "ses:GetContactList"),
        _may(
            OWN,
            "CreatedConfigurationSet",
            "ses:GetConfigurationSet",
            "ses:GetConfigurationSetEventDestinations",
        ),
        _may(OWN, "Bus", "events:DescribeEventBus"),
        _may(
            OWN,
            "Stack",
            "cloudformation:DescribeStacks",
            "cloudformation:DescribeStackResources",
        ),
        _may(OWN, "AnnouncementsRule", "events:DescribeRule", "events:ListTargetsByRule"),
        _may(OWN, "OutcomesRule", "events:DescribeRule", "events:ListTargetsByRule"),
        _may(
            OWN,
            "Account",
            "ses:GetAccount",
            "xray:GetTraceSummaries",
            "xray:BatchGetTraces",
            "cloudwatch:GetMetricData",
        ),
    ),
    "TrackStatusRole": (
        _reads("StatusQueue"),
        *_puts("StatusDeadLetters"),
        _statuses("GetItem", "BatchGetItem", "Query", "PutItem"),
        _may(OWN, "Registry", "ssm:GetParametersByPath"),
        _may(OWN, "RegistryEntry", "ssm:GetParameters"),
        _may(OWN, "Bus", "events:PutEvents"),  # answers only: cases/buses.py
        *_key(reads="sqs dynamodb", writes="sqs"),
        *_runs("TrackStatus"),
    ),
    # Looks at every route and at its dead letters, and leaves them where they are.
    "WatchRole": (
        _statuses("GetItem", "Query", "PutItem", "UpdateItem"),
        _may(OWN, "StatusTable/by_deadline", "dynamodb:Query"),
        _may(OWN, "StatusTable/by_state", "dynamodb:Query"),
        _may(OWN, "Registry", "ssm:GetParametersByPath"),
        _may(OWN, "RegistryEntry", "ssm:GetParameters"),
        _may(OWN, "Rule", "events:DescribeRule", "events:ListTargetsByRule"),
        _may(
            OWN,
            "DeadLetters",
            "sqs:GetQueueUrl",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            "sqs:ChangeMessageVisibility",
        ),
        *_alerts(),
        *_key(reads="sqs dynamodb sns", writes="sns"),
        *_runs("Watch"),
    ),
    # The one function that announces: what somebody dropped into the intake bucket.
    "IntakeRole": (
        _reads("IntakeQueue"),
        _may(
            OWN,
            "Intake/incoming",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
        ),
        *(
            _may(OWN, f"Intake/{kept}", "s3:PutObject")
            for kept in ("announced", "drafts", "rejected")
        ),
        _may(OWN, "Intake", "s3:ListBucket", "s3:ListBucketVersions"),
        _may(OWN, "Bus", "events:PutEvents"),
        _statuses("Query", "PutItem", "UpdateItem"),
        _may(OWN, "Registry", "ssm:GetParametersByPath"),
        _may(OWN, "RegistryEntry", "ssm:GetParameters"),
        _may(OWN, "ConfidentialSetting", "ssm:GetParameters"),
        *_alerts(),
        *_key(reads="sqs dynamodb s3 sns", writes="s3 sns"),
        *_runs("Intake"),
    ),
    # Announces tests, as intake announces files.
    "CanaryRole": (
        _may(OWN, "Bus", "events:PutEvents"),
        _statuses("Query", "PutItem", "UpdateItem"),
        _may(OWN, "Registry", "ssm:GetParametersByPath"),
        _may(OWN, "RegistryEntry", "ssm:GetParameters"),
        _may(OWN, "ConfidentialSetting", "ssm:GetParameters"),
        *_key(reads="dynamodb"),
        *_runs("Canary"),
    ),
    "Role": (_may(SERVED, "Bus", "events:PutEvents"),),
    "Administrator": (),  # at home everything, elsewhere nothing
}


def relation(who: Principal, what: Thing) -> str:
    """How a resource relates to a principal: own, served, at the hub, elsewhere."""
    if who.account == what.account:
        return OWN
    if who.owner == f"{what.owner}-route":
        return SERVED
    return AT_HUB if what.owner == HUB else ELSEWHERE


def drawn(who: Principal, action: str, what: Thing) -> bool:
    """Whether the picture lets somebody do this."""
    where = relation(who, what)
    rights = PICTURE[who.kind] if who.owner != "stranger" else ()
    return any(
        right.where == where and right.name == what.name and action in right.actions
        for right in rights
    )
