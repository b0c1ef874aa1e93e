"""Revert a stack's resources to its template with a drift-aware change set of CloudFormation.

A plain deployment of the same template says "No changes to deploy", because CloudFormation compares
only templates. A change set with REVERT_DRIFT compares the template with the actual resources.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
"""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from changecast_cli.deploying.stacks import CAPABILITIES, reason_of_failure
from changecast_cli.failures import Failed, Refused

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudformation import CloudFormationClient

# Replacing one of these would lose its data.
HOLDS_DATA = frozenset({
    "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::S3::Bucket",
    "AWS::SES::ContactList", "AWS::SQS::Queue",
})  # fmt: skip
# CloudFormation's own words for a change set without changes.
NOTHING = ("didn't contain changes", "No updates are to be performed")
LONGEST_SECONDS, POLL_SECONDS = 900.0, 1.0
_DONE = "UPDATE_COMPLETE"


@dataclass(frozen=True)
class ChangeSet:
    """What CloudFormation would do to one stack."""

    cloudformation: "CloudFormationClient"
    stack: str
    name: str
    changes: Sequence[Mapping[str, Any]]

    def lines(self) -> Iterator[str]:
        """Yield what would be reverted, one line per resource."""
        for each in self.changes:
            name = each.get("PhysicalResourceId") or each["LogicalResourceId"]
            yield f"{each['ResourceType']} {name}: {_what(each)}"

    def creates(self, kind: str) -> bool:
        """Return whether it creates a resource of a CloudFormation type again."""
        return any(
            each["Action"] == "Add" and each["ResourceType"] == kind for each in self.changes
        )


def compare(session: "boto3.Session", stack: str) -> ChangeSet:
    """Compare a stack with its template, and change nothing yet.

    Raises:
        Failed: CloudFormation cannot compare them; the message has its reason.
        Refused: Reverting would delete or replace a resource that holds data.
    """
    cloudformation = session.client("cloudformation")
    name = f"changecast-repair-{secrets.token_hex(4)}"
    found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    parameters: Any = [
        {"ParameterKey": each["ParameterKey"], "UsePreviousValue": True}
        for each in found.get("Parameters", ())
    ]
    cloudformation.create_change_set(
        StackName=stack,
        ChangeSetName=name,
        ChangeSetType="UPDATE",
        DeploymentMode="REVERT_DRIFT",
        UsePreviousTemplate=True,
        Parameters=parameters,
        Capabilities=cast(Any, list(CAPABILITIES)),
        Description="changecast repair",
    )
    made = ChangeSet(cloudformation, stack, name, _changes(cloudformation, stack, name))
    _refuse_loss(made)
    return made


def _changes(cloudformation: "CloudFormationClient", stack: str, name: str) -> list[Any]:
    """Wait for a change set, and return the changes that do something."""
    end = time.monotonic() + LONGEST_SECONDS
    answer: Any = cloudformation.describe_change_set(StackName=stack, ChangeSetName=name)
    while answer["Status"].endswith(("_PENDING", "_IN_PROGRESS")) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
        answer = cloudformation.describe_change_set(StackName=stack, ChangeSetName=name)
    why = answer.get("StatusReason") or f"the change set is {answer['Status']}"
    if answer["Status"] == "FAILED" and any(words in why for words in NOTHING):
        return []
    if answer["Status"] != "CREATE_COMPLETE":
        raise Failed(f"stack {stack}: CloudFormation cannot compare it with its template: {why}")
    changes = [each["ResourceChange"] for each in answer["Changes"]]
    return [each for each in changes if each["Action"] != "SyncWithActual"]


def _refuse_loss(made: ChangeSet) -> None:
    lost = [each["LogicalResourceId"] for each in made.changes if _loses(each)]
    if lost:
        discard(made)
        raise Refused(
            f"stack {made.stack}: to revert {', '.join(lost)}, CloudFormation would delete or "
            "replace what may hold data. Nothing was changed. Revert by hand what differs. "
            f"To see it: aws cloudformation detect-stack-drift --stack-name {made.stack}; then "
            "aws cloudformation describe-stack-resource-drifts --stack-name "
            f"{made.stack}"
        )


def _loses(change: Mapping[str, Any]) -> bool:
    replaces = change["Action"] == "Modify" and change.get("Replacement", "False") != "False"
    return change["Action"] == "Remove" or (replaces and change["ResourceType"] in HOLDS_DATA)


def _what(change: Mapping[str, Any]) -> str:
    if change["Action"] == "Add":
        return "deleted -> recreated"
    targets = [each.get("Target", {}) for each in change.get("Details", ())]
    named = sorted({each["Name"] for each in targets if each.get("Name")})
    return f"differs{' in ' + ', '.join(named) if named else ''} -> as in the template"


def execute(made: ChangeSet) -> None:
    """Execute a change set. Raises Failed with CloudFormation's reason."""
    made.cloudformation.execute_change_set(StackName=made.stack, ChangeSetName=made.name)
    status, end = "", time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < end:
        found = made.cloudformation.describe_stacks(StackName=made.stack)["Stacks"][0]
        status = found["StackStatus"]
        if not status.endswith("_IN_PROGRESS"):
            break
        time.sleep(POLL_SECONDS)
    if status != _DONE:
        why = reason_of_failure(made.cloudformation, made.stack)
        raise Failed(f"stack {made.stack} is {status}: {why}")


def discard(made: ChangeSet) -> None:
    """Delete a change set that is not executed."""
    made.cloudformation.delete_change_set(StackName=made.stack, ChangeSetName=made.name)
