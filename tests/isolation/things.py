"""Everything in a stack that must be protected, and its resource policies."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.isolation.arns import FORMS
from tests.isolation.engine import Policy
from tests.isolation.resolve import Stack

# The folders of each bucket that somebody has a right to, and one that nobody has.
FOLDERS = {
    "Mails": ("runs", "contacts", "imports", "else"),
    "Intake": (
        "incoming",
        "announced",
        "drafts",
        "rejected",
        "proposals",
        "approvals",
        "break-glass",
        "published",
        "repeats",
        "else",
    ),
}

# The services through which anything of ours may use a key.
SERVICES = ("sqs", "dynamodb", "s3", "sns")


@dataclass(frozen=True)
class Thing:
    """Something to protect: `name` is its logical id, `policy` its own policy if it has one."""

    arn: str
    account: str
    owner: str
    name: str
    type: str
    policy: Policy | None = field(hash=False)


def things(owner: str, stack: Stack) -> Iterator[Thing]:
    """Return everything in a stack that has an ARN, with its resource policy if there is one."""
    policies = _resource_policies(stack)
    for name, resource in stack.resources.items():
        if resource["Type"] in FORMS:
            arn = stack.arn(name)
            whole = Thing(
                arn, stack.place.account, owner, name, resource["Type"], policies.get(arn)
            )
            yield whole
            yield from _parts(whole, resource)
    stack_arn = str(stack.parameters["AWS::StackId"])
    yield Thing(stack_arn, stack.place.account, owner, "Stack", "stack", None)
    if not owner.endswith("-route"):
        yield Thing("*", stack.place.account, owner, "Account", "account", None)


def _parts(whole: Thing, resource: dict[str, Any]) -> Iterator[Thing]:
    """What a thing is made of: indexes, objects; and the ways to use it, where it is a key."""
    for index in resource.get("GlobalSecondaryIndexes", []):
        name = index["IndexName"]
        arn, label = f"{whole.arn}/index/{name}", f"{whole.name}/{name}"
        yield replace(whole, arn=arn, name=label, type="index")
    if whole.type == "AWS::S3::Bucket":
        for folder in FOLDERS[whole.name]:
            arn, label = f"{whole.arn}/{folder}/1/change.json", f"{whole.name}/{folder}"
            yield replace(whole, arn=arn, name=label, type="object")
    if whole.type == "AWS::KMS::Key":
        yield from uses_of_key(whole)


def uses_of_key(key: Thing) -> Iterator[Thing]:
    """A key as each service uses it in its caller's name; the key itself is its direct use."""
    for service in SERVICES:
        yield replace(key, name=f"{key.name}/{service}", type="key through a service")


def _resource_policies(stack: Stack) -> dict[str, Policy]:
    """Return the resource policy of each ARN that has one."""
    found: dict[str, Policy] = {}
    for name, resource in stack.resources.items():
        for arn, statements in _statements(name, resource, stack):
            whole = found.setdefault(arn, {"Version": "2012-10-17", "Statement": []})
            whole["Statement"] += statements
    return found


def _statements(
    name: str, resource: dict[str, Any], stack: Stack
) -> Iterator[tuple[str, list[Policy]]]:
    match resource["Type"]:
        case "AWS::Events::EventBusPolicy":
            bus = resource["EventBusName"]
            arn = f"arn:aws:events:{stack.place.region}:{stack.place.account}:event-bus/{bus}"
            yield arn, [{"Sid": resource["StatementId"], **resource["Statement"]}]
        case "AWS::IAM::Role":
            yield stack.arn(name), resource["AssumeRolePolicyDocument"]["Statement"]
        case "AWS::KMS::Key":
            yield stack.arn(name), resource["KeyPolicy"]["Statement"]
        case "AWS::Lambda::Permission":
            yield _function_arn(resource, stack), [_permission(resource)]
        case kind if kind.endswith("Policy"):
            document = resource["PolicyDocument"]["Statement"]
            yield from ((arn, document) for arn in _stands_on(kind, resource))


def _stands_on(kind: str, resource: dict[str, Any]) -> list[str]:
    """The ARNs of what a policy names; a kind of policy that we do not know must not go unseen."""
    match kind:
        case "AWS::SQS::QueuePolicy":
            return list(resource["Queues"])
        case "AWS::SNS::TopicPolicy":
            return list(resource["Topics"])
        case "AWS::S3::BucketPolicy":
            return [f"arn:aws:s3:::{resource['Bucket']}"]
    raise NotImplementedError(f"nobody looks at what a {kind} grants")


def _function_arn(permission: dict[str, Any], stack: Stack) -> str:
    return next(
        stack.arn(name)
        for name, found in stack.resources.items()
        if found["Type"] == "AWS::Lambda::Function"
        and stack.name(name) == permission["FunctionName"]
    )


def _permission(permission: dict[str, Any]) -> Policy:
    """What Lambda writes into a function's policy for a permission."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": permission["Principal"]},
        "Action": permission["Action"],
        "Resource": "*",
        "Condition": {"ArnLike": {"aws:SourceArn": permission["SourceArn"]}},
    }
