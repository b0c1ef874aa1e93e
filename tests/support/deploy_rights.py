"""What somebody who deploys must be allowed, by the templates and by the programs that deploy them.

Computed from AWS's handler permissions; docs/policies/ must say the same, and no more.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from changecast_local.stacks.arns import Resource
from changecast_local.stacks.permissions import actions
from testbed.expand import expanded
from tests.isolation.resolve import Place, Stack

CUSTOMER, HUB, ROUTE = "template.yaml", "hub/template.yaml", "hub/route.yaml"
BUS = "hub/bus.yaml"
HANDLERS = ("create", "update", "delete")
REGION = "eu-central-1"
ACCOUNTS = {CUSTOMER: "222222222222", HUB: "111111111111", ROUTE: "111111111111",
            BUS: "111111111111"}  # fmt: skip
STACKS = {CUSTOMER: "changecast", HUB: "changecast-hub", ROUTE: "changecast-route-acme",
          BUS: "changecast-hub-2"}  # fmt: skip
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
PARAMETERS: Mapping[str, Mapping[str, str]] = {
    CUSTOMER: {
        "CustomerCode": "acme",
        "CustomerName": "Acme",
        "HubAccount": "111111111111",
        "HubBusArn": "arn:aws:events:eu-central-1:111111111111:event-bus/changecast-hub",
        "Sender": "changes@acme.example",
        "SenderName": "Acme",
        "SenderIdentity": "acme.example",
        "OperatorAccount": "111111111111",
        "OperatorExternalId": "agreed-between-us",
    },
    HUB: {"CustomerAccounts": "222222222222", "CanarySchedule": "rate(1 day)"},
    ROUTE: {
        "CustomerCode": "acme",
        "CustomerName": "Acme",
        "CustomerAccount": "222222222222",
        "CustomerRegion": REGION,
    },
    BUS: {"BusName": "changecast-hub-2", "CustomerAccounts": "222222222222"},
}


@dataclass(frozen=True)
class Need:
    """One evaluation by IAM: an action on a resource, in a step that fails without it."""

    step: str
    action: str
    arn: str
    keys: tuple[tuple[str, Any], ...] = ()
    by_cloudformation: bool = True


def of_template(template: str, **parameters: str) -> Iterator[Need]:
    """What CloudFormation calls for the resources of a template with these parameters."""
    place = Place(ACCOUNTS[template], REGION, STACKS[template])
    stack = Stack(expanded(template), {**PARAMETERS[template], **parameters}, place)
    for name, properties in stack.resources.items():
        kind = properties["Type"]
        resource = Resource(kind, _called(kind, properties), _name(stack, name), *_where(place))
        for handler in HANDLERS:
            for action in actions(kind, handler, properties):
                for arn in resource.arns(action):
                    step = f"{handler} {name} of {template}"
                    yield Need(step, action, arn, tuple(resource.keys(action).items()))
        if properties.get("AccessLogSettings"):
            yield from _access_logs(f"{name} of {template}")


# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
LOG_DELIVERY = (
    "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries",
    "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
)  # fmt: skip


def _access_logs(of: str) -> Iterator[Need]:
    """What API Gateway does for everyone who gives a stage access logs; no schema names it."""
    for action in LOG_DELIVERY:
        yield Need(f"log the access to {of}", action, "*")


def _where(place: Place) -> tuple[str, str]:
    return place.account, place.region


def _name(stack: Stack, name: str) -> str:
    made_up = f"{stack.place.stack}-{name}-1A2B3C4D5E6F"
    return made_up.lower() if stack.kind(name).startswith("AWS::S3") else made_up


def _called(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The code of a function is where sam puts it."""
    if kind != "AWS::Lambda::Function":
        return dict(properties)
    code = {"S3Bucket": SAM_BUCKET, "S3Key": "changecast/1"}
    return {**properties, "Code": code}


SAM_STACK = "aws-sam-cli-managed-default"
SAM_BUCKET = "aws-sam-cli-managed-default-samclisourcebucket-1"
CHANGE_SETS = (
    "cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeStacks", "cloudformation:ExecuteChangeSet",
)  # fmt: skip
DEPLOYED_BY_SAM = (
    *CHANGE_SETS, "cloudformation:DescribeStackEvents", "cloudformation:GetTemplateSummary",
)  # fmt: skip
DEPLOYED_BY_US = (
    "cloudformation:CreateStack", "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks", "cloudformation:UpdateStack",
)  # fmt: skip


def of_stack(template: str) -> Iterator[Need]:
    """What sam, or our own command for a route, calls to deploy the stack, and to begin again."""
    stack = _cloudformation(template, f"stack/{STACKS[template]}/1")
    if template in (ROUTE, BUS):
        yield from _direct(f"customers add --deploy for {template}", DEPLOYED_BY_US, stack)
    yield from _direct(f"sam deploy {template}", DEPLOYED_BY_SAM, stack)
    yield from _direct(f"recover {template}", ["cloudformation:DeleteStack"], stack)
    if template == HUB:
        yield from _direct("parameters of the hub", ["cloudformation:UpdateStack"], stack)
    if template == CUSTOMER:
        yield from _direct("customers move", ["cloudformation:UpdateStack"], stack)
        yield from _direct("customers add", ["ses:ListContactLists"], "*")
        yield from _direct("customers add", ["ses:ListConfigurationSets"], "*")
        identity = f"arn:aws:ses:{REGION}:{ACCOUNTS[template]}:identity/acme.example"
        yield from _direct("customers add", ["ses:GetEmailIdentity"], identity)
        adopted = f"arn:aws:ses:{REGION}:{ACCOUNTS[template]}:contact-list/staff"
        topics = ["ses:GetContactList", "ses:UpdateContactList"]
        yield from _direct("add topics to an adopted list", topics, adopted)


def of_sam() -> Iterator[Need]:
    """What `sam deploy` needs beside the stack: its own stack with a bucket, and code in it."""
    stack = _cloudformation(HUB, f"stack/{SAM_STACK}/1")
    made = [*CHANGE_SETS, "cloudformation:TagResource"]
    yield from _direct("create sam's own stack", made, stack)
    transform = f"arn:aws:cloudformation:{REGION}:aws:transform/Serverless-2016-10-31"
    yield from _direct("transform a template", ["cloudformation:CreateChangeSet"], transform)
    upload, bucket = ["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{SAM_BUCKET}"
    yield from _direct("upload the code", upload, f"{bucket}/changecast/1")
    yield from _direct("upload the code", ["s3:ListBucket"], bucket)
    yield from _bucket_of_sam()


def _bucket_of_sam() -> Iterator[Need]:
    """Created once, and deleted where that fails; nobody updates it."""
    made: dict[str, dict[str, Any]] = {
        "AWS::S3::Bucket": {
            "BucketName": SAM_BUCKET,
            "BucketEncryption": {"ServerSideEncryptionConfiguration": ["aws:kms"]},
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": True},
            "VersioningConfiguration": {"Status": "Enabled"},
        },
        "AWS::S3::BucketPolicy": {"Bucket": SAM_BUCKET},
    }
    for kind, properties in made.items():
        resource = Resource(kind, properties, SAM_BUCKET, ACCOUNTS[HUB], REGION)
        for handler in ("create", "delete"):
            for action in actions(kind, handler, properties):
                (arn,) = resource.arns(action)
                yield Need(f"{handler} {kind} of sam", action, arn)


def _cloudformation(template: str, resource: str) -> str:
    return f"arn:aws:cloudformation:{REGION}:{ACCOUNTS[template]}:{resource}"


def _direct(step: str, called: Iterable[str], arn: str) -> Iterator[Need]:
    for action in called:
        yield Need(step, action, arn, by_cloudformation=False)
