"""What somebody who operates must be allowed: by verb, on the resources of the templates.

docs/policies/operate-*.json must say the same, and no more. Which resource each action is about is
AWS's own table: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from collections.abc import Iterator, Mapping
from typing import Any

from testbed.expand import expanded
from tests.isolation.resolve import Place, Stack
from tests.support.deploy_rights import (
    ACCOUNTS,
    BUS,
    CUSTOMER,
    HUB,
    PARAMETERS,
    REGION,
    ROUTE,
    STACKS,
    Need,
)

HERE, THERE = ACCOUNTS[HUB], ACCOUNTS[CUSTOMER]
OPERATOR_ROLE = f"arn:aws:iam::{THERE}:role/changecast-operator"
STATUS = f"arn:aws:dynamodb:{REGION}:{HERE}:table/changecast-status"
LEDGER = f"arn:aws:dynamodb:{REGION}:{THERE}:table/changecast-Ledger-1A2B3C4D5E6F"
MAILS = "arn:aws:s3:::changecast-mails-1a2b3c4d5e6f"
ANYTHING = ("*",)
BY_PUT = {"events:source": ["changecast.changes"], "events:detail-type": ["ChangeAnnounced"]}
TURN = {"dynamodb:LeadingKeys": ["control-plane"], "dynamodb:Attributes": ["pk", "sk", "free_at"],
        "dynamodb:ReturnValues": "NONE"}  # fmt: skip
RESUMED = {"dynamodb:LeadingKeys": ["run#CHG-1#1"], "dynamodb:ReturnValues": "NONE",
           "dynamodb:Attributes": ["pk", "sk", "paused", "reason_code"]}  # fmt: skip
Keys = Mapping[str, Any]
# A step, what it calls, on what, and with which condition keys.
Step = tuple[str, tuple[str, ...], tuple[str, ...], Keys]
NO_KEYS: Keys = {}


def _named(kind: str, *templates: str, ending: str = "") -> tuple[str, ...]:
    """The ARNs of all resources of a kind in these templates, or of those that end so."""
    found: list[str] = []
    for template in templates:
        place = Place(ACCOUNTS[template], REGION, STACKS[template])
        stack = Stack(expanded(template), PARAMETERS[template], place)
        names = [name for name in stack.resources if stack.kind(name) == kind]
        found += [_arn(kind, template, stack, name) for name in names if name.endswith(ending)]
    return tuple(found)


def _arn(kind: str, template: str, stack: Stack, name: str) -> str:
    made_up = f"{STACKS[template]}-{name}-1A2B3C4D5E6F"
    given: Mapping[str, Any] = stack.resources[name]
    account = f"{REGION}:{ACCOUNTS[template]}"
    match kind:
        case "AWS::SQS::Queue":
            return f"arn:aws:sqs:{account}:{given.get('QueueName', made_up)}"
        case "AWS::Lambda::Function":
            return f"arn:aws:lambda:{account}:function:{given.get('FunctionName', made_up)}"
        case "AWS::CloudWatch::Alarm":
            return f"arn:aws:cloudwatch:{account}:alarm:{given.get('AlarmName', made_up)}"
        case "AWS::Events::Rule":
            bus = f"{STACKS[template].removesuffix('-route-acme')}/"
            bus = "changecast-hub/" if template == ROUTE else bus
            bus = bus if "EventBusName" in given else ""
            return f"arn:aws:events:{account}:rule/{bus}{given.get('Name', made_up)}"
    raise ValueError(kind)


def _stacks(*templates: str) -> tuple[str, ...]:
    return tuple(
        f"arn:aws:cloudformation:{REGION}:{ACCOUNTS[one]}:stack/{STACKS[one]}/1"
        for one in templates
    )


def _events(*resources: str, account: str = HERE) -> tuple[str, ...]:
    return tuple(f"arn:aws:events:{REGION}:{account}:{each}" for each in resources)


def _ses(*resources: str) -> tuple[str, ...]:
    return tuple(f"arn:aws:ses:{REGION}:{THERE}:{each}" for each in resources)


def _parameters(*names: str) -> tuple[str, ...]:
    return tuple(f"arn:aws:ssm:{REGION}:{HERE}:parameter/changecast/{each}" for each in names)


INTAKE = "arn:aws:s3:::changecast-hub-intake-1a2b3c4d5e6f"
PUBLISH = (
    f"arn:aws:lambda:{REGION}:{HERE}:function:changecast-hub-PublishApprovedFunction-1A2B3C4D5E6F",
)
AS_BOB = {"aws:SourceIdentity": "bob"}
KEYRING = (
    f"arn:aws:secretsmanager:{REGION}:{THERE}:secret:changecast-ResponseKeyring-1A2B3C4D5E6F",
)
STAGE = (f"arn:aws:apigateway:{REGION}::/apis/1a2b3c4d5e/stages/$default",)
SIGNING = (f"arn:aws:secretsmanager:{REGION}:{THERE}:secret:changecast/channels/ops-1A2B3C",)
OF_CHANNELS = {"dynamodb:LeadingKeys": ["channels"]}
QUEUE, FUNCTION = "AWS::SQS::Queue", "AWS::Lambda::Function"
ALARM, RULE = "AWS::CloudWatch::Alarm", "AWS::Events::Rule"
LISTS = _ses("contact-list/changecast", "contact-list/staff")
SENDERS = _ses("identity/acme.example", "identity/changes@acme.example")
SETS = _ses("configuration-set/changecast", "configuration-set/theirs")
WATCHED = ("cloudformation:ListStacks", "cloudwatch:GetMetricData", "lambda:GetAccountSettings",
           "lambda:ListEventSourceMappings", "xray:GetTraceSummaries")  # fmt: skip
BUSES = ("event-bus/changecast-hub", "event-bus/changecast-hub-2")
ARCHIVES = ("archive/changecast-announcements", "archive/changecast-hub-2")

STEPS: Mapping[str, tuple[Step, ...]] = {
    "operate-hub": (
        ("announce", ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query",
                      "dynamodb:UpdateItem"), (STATUS,), NO_KEYS),
        ("announce", ("events:PutEvents",), _events(*BUSES), BY_PUT),
        ("announce", ("ssm:GetParameters",),
         _parameters("customers/acme", "hub/confidential"), NO_KEYS),
        ("announce", ("ssm:GetParametersByPath",), _parameters("customers/"), NO_KEYS),
        ("announce", ("xray:PutTraceSegments",), ANYTHING, NO_KEYS),
        ("status", ("dynamodb:Query",), (f"{STATUS}/index/by_day", f"{STATUS}/index/by_state",
                                         f"{STATUS}/index/by_customer"), NO_KEYS),
        ("console", ("dynamodb:BatchGetItem",), (STATUS,), NO_KEYS),
        ("status", ("sqs:GetQueueUrl",), _named(QUEUE, ROUTE), NO_KEYS),
        ("trace", ("xray:BatchGetTraces", "xray:GetTraceSummaries"), ANYTHING, NO_KEYS),
        ("replay", ("cloudformation:DescribeStacks",), _stacks(ROUTE), NO_KEYS),
        ("replay", ("events:DescribeEventBus", "events:StartReplay"), _events(*BUSES), NO_KEYS),
        ("replay", ("events:DescribeArchive", "events:StartReplay"), _events(*ARCHIVES), NO_KEYS),
        ("replay", ("events:DescribeReplay", "events:StartReplay"),
         _events("replay/changecast-acme-0a1b2c3d"), NO_KEYS),
        ("replay", ("events:ListArchives",), ANYTHING, NO_KEYS),
        ("replay", ("events:DescribeRule",), _named(RULE, ROUTE), NO_KEYS),
        ("replay", ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"),
         _named(QUEUE, ROUTE), NO_KEYS),
        ("resume", ("sts:AssumeRole", "sts:SetSourceIdentity"), (OPERATOR_ROLE,), NO_KEYS),
        ("doctor", ("cloudformation:DescribeStackResources", "cloudformation:DescribeStacks"),
         _stacks(HUB, BUS), NO_KEYS),
        ("doctor", ("cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms",
                    "cloudwatch:SetAlarmState"), _named(ALARM, HUB, BUS), NO_KEYS),
        ("doctor", ("events:DescribeRule", "events:ListTargetsByRule"),
         _named(RULE, HUB, ROUTE, BUS), NO_KEYS),
        ("doctor", ("lambda:GetFunctionConcurrency",), _named(FUNCTION, HUB), NO_KEYS),
        ("doctor", ("sns:ListSubscriptionsByTopic",),
         (f"arn:aws:sns:{REGION}:{HERE}:changecast-alerts",), NO_KEYS),
        ("doctor", ("sqs:GetQueueAttributes",), _named(QUEUE, HUB, ROUTE), NO_KEYS),
        ("doctor", (*WATCHED, "events:ListEventBuses", "events:ListRules",
                    "servicequotas:GetServiceQuota", "servicequotas:GetAWSDefaultServiceQuota"),
         ANYTHING, NO_KEYS),
    ),
    "operate-customer": (
        ("doctor", ("cloudformation:DescribeStackResources", "cloudformation:DescribeStacks"),
         _stacks(CUSTOMER), NO_KEYS),
        ("doctor", ("cloudwatch:DescribeAlarms",), _named(ALARM, CUSTOMER), NO_KEYS),
        ("doctor", ("events:DescribeEventBus",), _events("event-bus/changecast", account=THERE),
         NO_KEYS),
        ("doctor", ("events:DescribeRule", "events:ListTargetsByRule"),
         _named(RULE, CUSTOMER), NO_KEYS),
        ("doctor", ("lambda:GetFunctionConcurrency",), _named(FUNCTION, CUSTOMER), NO_KEYS),
        ("doctor", ("ses:GetContactList",), LISTS, NO_KEYS),
        ("doctor", ("ses:GetEmailIdentity",), SENDERS, NO_KEYS),
        ("doctor", ("ses:GetConfigurationSet", "ses:GetConfigurationSetEventDestinations"),
         SETS, NO_KEYS),
        ("doctor", ("sns:ListSubscriptionsByTopic",),
         (f"arn:aws:sns:{REGION}:{THERE}:changecast-alarms", f"arn:aws:sns:{REGION}:{THERE}:ops"),
         NO_KEYS),
        ("doctor", ("sqs:GetQueueAttributes",), _named(QUEUE, CUSTOMER), NO_KEYS),
        ("doctor", ("iam:GetRole",), (f"arn:aws:iam::{THERE}:role/changecast-reporter",), NO_KEYS),
        ("doctor", ("iam:SimulatePrincipalPolicy",),
         (f"arn:aws:iam::{THERE}:role/changecast-SendMailRole-1A2B3C4D5E6F",), NO_KEYS),
        ("doctor", (*WATCHED, "ses:GetAccount", "ses:ListSuppressedDestinations"),
         ANYTHING, NO_KEYS),
        ("throttles.md", ("cloudwatch:GetMetricStatistics",), ANYTHING, NO_KEYS),
        ("failed-target.md", ("events:ListRules",), ANYTHING, NO_KEYS),
        ("doctor", ("dynamodb:UpdateItem",), (LEDGER,), TURN),
        ("doctor", ("apigateway:GET",), STAGE, NO_KEYS),
        ("doctor", ("secretsmanager:DescribeSecret",), KEYRING, NO_KEYS),
        ("doctor --canary", ("ses:CreateContact", "ses:DeleteContact"), LISTS, NO_KEYS),
        ("announce --dry-run", ("ses:ListContacts",), LISTS, NO_KEYS),
        ("announce --dry-run", ("s3:GetObject",), (f"{MAILS}/runs/CHG-1/1/change.json",), NO_KEYS),
        ("announce --dry-run", ("s3:ListBucket",), (MAILS,), NO_KEYS),
        ("resume", ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"),
         (LEDGER,), NO_KEYS),
        ("resume", ("dynamodb:Query",), (f"{LEDGER}/index/due",), NO_KEYS),
        ("resume", ("dynamodb:UpdateItem",), (LEDGER,), RESUMED),
        ("redrive", ("sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"),
         _named(QUEUE, CUSTOMER, ending="AnnouncementsDeadLetters"), NO_KEYS),
        ("redrive", ("sqs:SendMessage",),
         _named(QUEUE, CUSTOMER, ending="AnnouncementsQueue"), NO_KEYS),
        ("trace", ("xray:BatchGetTraces",), ANYTHING, NO_KEYS),
    ),
    "operate-contacts": (
        ("contacts list", ("cloudformation:DescribeStacks",), _stacks(CUSTOMER), NO_KEYS),
        ("contacts list", ("dynamodb:GetItem", "dynamodb:Query"), (LEDGER,), NO_KEYS),
        ("contacts list", ("dynamodb:UpdateItem",), (LEDGER,), TURN),
        ("contacts list", ("ses:GetContactList", "ses:ListContacts"), LISTS, NO_KEYS),
        ("contacts list", ("ses:ListContactLists",), ANYTHING, NO_KEYS),
        ("contacts add", ("ses:CreateContact", "ses:DeleteContact", "ses:GetContact",
                          "ses:UpdateContact"), LISTS, NO_KEYS),
        ("contacts set", ("dynamodb:UpdateItem",), (LEDGER,),
         {"dynamodb:LeadingKeys": ["preferences"]}),
        ("contacts topics", ("ses:UpdateContactList",), LISTS, NO_KEYS),
        ("contacts import", ("s3:DeleteObject", "s3:PutObject"), (f"{MAILS}/imports/1.json",),
         NO_KEYS),
        ("contacts import", ("ses:CreateImportJob",), ANYTHING, NO_KEYS),
        ("contacts import", ("ses:GetImportJob",), _ses("import-job/1"), NO_KEYS),
        ("contacts suppression", ("ses:DeleteSuppressedDestination",
                                  "ses:ListSuppressedDestinations",
                                  "ses:PutSuppressedDestination"), ANYTHING, NO_KEYS),
    ),
    "operate-freeze": (
        ("freeze list", ("cloudformation:DescribeStacks",), _stacks(CUSTOMER), NO_KEYS),
        ("freeze list", ("dynamodb:GetItem",), (LEDGER,),
         {"dynamodb:LeadingKeys": ["account"]}),
        ("freeze add", ("dynamodb:UpdateItem",), (LEDGER,),
         {"dynamodb:LeadingKeys": ["account"], "dynamodb:ReturnValues": "NONE",
          "dynamodb:Attributes": ["pk", "sk", "freezes", "version"]}),
        ("freeze add", ("sqs:SendMessage",),
         _named(QUEUE, CUSTOMER, ending="ReportsQueue"), NO_KEYS),
    ),
    "operate-links": (
        ("contacts revoke", ("dynamodb:PutItem",), (LEDGER,),
         {"dynamodb:LeadingKeys": ["person#0123"]}),
        ("contacts revoke", ("secretsmanager:GetSecretValue",), KEYRING, NO_KEYS),
        ("contacts rotate-links", ("secretsmanager:PutSecretValue",), KEYRING, NO_KEYS),
        ("contacts rotate-links", ("secretsmanager:GetRandomPassword",), ANYTHING, NO_KEYS),
    ),
    "operate-channels": (
        ("channels list", ("cloudformation:DescribeStacks",), _stacks(CUSTOMER), NO_KEYS),
        ("channels list", ("dynamodb:GetItem", "dynamodb:Query"), (LEDGER,), OF_CHANNELS),
        ("channels add", ("dynamodb:PutItem",), (LEDGER,), OF_CHANNELS),
        ("channels add", ("secretsmanager:CreateSecret",), SIGNING, NO_KEYS),
        ("channels rotate", ("dynamodb:UpdateItem",), (LEDGER,), OF_CHANNELS),
        ("channels rotate", ("secretsmanager:PutSecretValue",), SIGNING, NO_KEYS),
        ("channels remove", ("dynamodb:DeleteItem",), (LEDGER,), OF_CHANNELS),
        ("channels remove", ("secretsmanager:DeleteSecret",), SIGNING, NO_KEYS),
        ("channels test", ("sqs:SendMessage",),
         (f"arn:aws:sqs:{REGION}:{THERE}:changecast-NoticesQueue-1A2B3C4D5E6F",), NO_KEYS),
    ),
    "operate-forget": (
        ("forget", ("dynamodb:Scan", "dynamodb:UpdateItem"), (LEDGER,), NO_KEYS),
        ("forget", ("dynamodb:DeleteItem",), (LEDGER,),
         {"dynamodb:LeadingKeys": ["preferences"]}),
        ("forget", ("s3:ListBucket",), (MAILS,), NO_KEYS),
        ("forget", ("s3:DeleteObject",), (f"{MAILS}/contacts/1.json",), NO_KEYS),
    ),
    "operate-repair": (
        ("doctor --drift", ("cloudformation:DescribeStackResourceDrifts",
                            "cloudformation:DetectStackDrift"),
         _stacks(CUSTOMER, HUB, BUS), NO_KEYS),
        ("doctor --drift", ("cloudformation:DescribeStackDriftDetectionStatus",), ANYTHING,
         NO_KEYS),
        ("repair", ("cloudformation:DeleteChangeSet",), _stacks(CUSTOMER, HUB, ROUTE, BUS),
         NO_KEYS),
        ("repair", ("cloudwatch:EnableAlarmActions",), _named(ALARM, CUSTOMER, HUB, ROUTE, BUS),
         NO_KEYS),
        ("repair", ("events:EnableRule",), _named(RULE, CUSTOMER, HUB, ROUTE, BUS), NO_KEYS),
        ("repair", ("events:PutPermission",), ANYTHING, NO_KEYS),
        ("repair", ("lambda:DeleteFunctionConcurrency",), _named(FUNCTION, CUSTOMER, HUB),
         NO_KEYS),
        ("repair", ("lambda:UpdateEventSourceMapping",),
         (f"arn:aws:lambda:{REGION}:{THERE}:event-source-mapping:1",),
         {"lambda:FunctionArn": _named(FUNCTION, CUSTOMER)[0]}),
        ("the doctor's aws sqs", ("sqs:DeleteMessage", "sqs:GetQueueAttributes",
                                  "sqs:PurgeQueue", "sqs:ReceiveMessage",
                                  "sqs:StartMessageMoveTask"),
         (*_named(QUEUE, CUSTOMER, ending="OutcomesDeadLetters"),
          *_named(QUEUE, HUB, ending="StatusDeadLetters")), NO_KEYS),
        ("the doctor's aws sqs", ("sqs:SendMessage",),
         (*_named(QUEUE, CUSTOMER, ending="OutcomesQueue"),
          *_named(QUEUE, HUB, ending="StatusQueue")), NO_KEYS),
        ("repair", ("ses:PutConfigurationSetSendingOptions",), SETS[:1], NO_KEYS),
        ("repair", ("ses:PutEmailIdentityDkimAttributes",), SENDERS[:1], NO_KEYS),
    ),
    "operate-evidence": (
        ("evidence", ("kms:Sign", "kms:Verify"),
         (f"arn:aws:kms:{REGION}:{HERE}:key/1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d",),
         {"kms:SigningAlgorithm": "ECDSA_SHA_256"}),
    ),
    "operate-intake": (
        ("a change system", ("s3:PutObject",), (f"{INTAKE}/incoming/CHG-1.json",), NO_KEYS),
        ("rejected-file.md", ("s3:GetObject",), (f"{INTAKE}/rejected/CHG-1.reason.txt",), NO_KEYS),
        ("rejected-file.md", ("s3:ListBucket",), (INTAKE,), {"s3:prefix": "rejected/"}),
        ("intake-dead-letters.md", ("s3:ListBucket",), (INTAKE,), {"s3:prefix": "incoming/"}),
    ),
    "operate-propose": (
        ("propose", ("s3:PutObject",), (f"{INTAKE}/proposals/bob/CHG-1.json",), AS_BOB),
        ("reannounce", ("s3:PutObject",), (f"{INTAKE}/repeats/bob/CHG-1.json",), AS_BOB),
        ("reannounce", ("lambda:InvokeFunction",), PUBLISH, AS_BOB),
    ),
    "operate-approve": (
        ("approve", ("s3:GetObject",), (f"{INTAKE}/proposals/alice/CHG-1.json",), AS_BOB),
        ("proposals", ("s3:ListBucket",), (INTAKE,), {"s3:prefix": "proposals/"}),
        ("approve", ("s3:PutObject",), (f"{INTAKE}/approvals/alice/bob/CHG-1.json",), AS_BOB),
        ("approve", ("lambda:InvokeFunction",), PUBLISH, AS_BOB),
    ),
    "operate-break-glass": (
        ("announce", ("s3:PutObject",), (f"{INTAKE}/break-glass/bob/CHG-1.json",), AS_BOB),
        ("announce", ("lambda:InvokeFunction",), PUBLISH, AS_BOB),
    ),
    "operate-send-test": (
        ("send-test", ("ses:SendEmail", "ses:SendRawEmail"), SENDERS, NO_KEYS),
    ),
}  # fmt: skip


def needs(document: str) -> Iterator[Need]:
    """All that the steps of a document must be allowed."""
    for step, called, arns, keys in STEPS[document]:
        for action in called:
            for arn in arns:
                yield Need(step, action, arn, tuple(keys.items()), by_cloudformation=False)
