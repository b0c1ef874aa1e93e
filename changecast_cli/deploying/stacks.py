"""Create or update one CloudFormation stack and wait for it, without a sam process."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError, WaiterError

from changecast_cli.failures import Failed
from changecast_cli.terminal import err

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef, StackTypeDef

# SAM templates are transformed on the server, and our roles have names.
CAPABILITIES = ("CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
BODY_LIMIT = 51_200
NO_UPDATE = "No updates are to be performed"
_LONGEST_SECONDS = 1_800
BEGINS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"})
# States after a failed create. Such a stack cannot be updated, and keeps its name.
FAILED_CREATE = frozenset({"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"})


def deploy_stack(
    session: "boto3.Session",
    name: str,
    template: str,
    parameters: Mapping[str, str],
    capabilities: Sequence[str] = CAPABILITIES,
    *,
    poll_seconds: float = 5,
) -> dict[str, str]:
    """Create a stack, or update the one of that name, and return its outputs.

    A stack that could not be created before is deleted first. `template` is a body of at most
    51,200 bytes, or the https address of one in S3. Raises Failed with CloudFormation's own reason.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    """
    clear_failed_create(session, name, poll_seconds=poll_seconds)
    client: CloudFormationClient = session.client("cloudformation")
    body = {"TemplateURL" if template.startswith("https://") else "TemplateBody": template}
    request: Any = {
        "StackName": name,
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        "Capabilities": list(capabilities),
        **body,
    }
    waiter = _begin(client, request)
    if waiter:
        _wait(client, name, waiter, poll_seconds)
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}


def clear_failed_create(session: "boto3.Session", name: str, *, poll_seconds: float = 5) -> None:
    """Delete a stack that could not be created, and say so, because its name is taken.

    Raises Failed if it cannot be deleted either.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
    """
    client: CloudFormationClient = session.client("cloudformation")
    stack = find_stack(session, name)
    if stack is None or stack["StackStatus"] not in FAILED_CREATE:
        return
    err.print(
        f"  an earlier attempt to create stack {name} failed ({reason_of_failure(client, name)}): "
        "deleting it and creating it again",
        markup=False,
    )
    client.delete_stack(StackName=name)
    _wait(client, stack["StackId"], "stack_delete_complete", poll_seconds)


def find_stack(session: "boto3.Session", name: str) -> "StackTypeDef | None":
    """Return a stack by its name or ARN, or None if there is none."""
    try:
        found = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None
    return None if found["StackStatus"] == "DELETE_COMPLETE" else found


def _begin(client: "CloudFormationClient", request: Any) -> str | None:
    """Start the operation, and return the waiter's name; None if nothing changes."""
    try:
        client.create_stack(**request)
    except client.exceptions.AlreadyExistsException:
        try:
            client.update_stack(**request)
        except ClientError as error:
            if NO_UPDATE in str(error):
                return None
            raise
        return "stack_update_complete"
    return "stack_create_complete"


def _wait(client: "CloudFormationClient", name: str, waiter: str, poll_seconds: float) -> None:
    attempts = int(_LONGEST_SECONDS / poll_seconds)
    try:
        client.get_waiter(cast(Any, waiter)).wait(
            StackName=name, WaiterConfig=cast(Any, {"Delay": poll_seconds, "MaxAttempts": attempts})
        )
    except WaiterError as error:
        raise Failed(f"stack {name}: {reason_of_failure(client, name)}") from error


def reason_of_failure(client: "CloudFormationClient", name: str) -> str:
    """Return the first error in the stack's last operation."""
    failed = [
        one for one in _last_operation(client, name) if "FAILED" in one.get("ResourceStatus", "")
    ]
    if not failed:
        return "did not finish"
    first = failed[-1]
    return f"{first.get('LogicalResourceId')}: {first.get('ResourceStatusReason', 'no reason')}"


def _last_operation(client: "CloudFormationClient", name: str) -> Iterator["StackEventTypeDef"]:
    """Yield the events since the stack's last create, update or delete began, newest first."""
    for page in client.get_paginator("describe_stack_events").paginate(StackName=name):
        for event in page["StackEvents"]:
            yield event
            whole = event.get("PhysicalResourceId") == event["StackId"]
            if whole and event.get("ResourceStatus") in BEGINS:
                return


def update_parameters(
    session: "boto3.Session", stack: "StackTypeDef", values: Mapping[str, str]
) -> None:
    """Change some of a stack's parameters, and keep its template and the others.

    Raises Failed with CloudFormation's own reason.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html
    """
    client: CloudFormationClient = session.client("cloudformation")
    named: Any = [{"ParameterKey": key, "ParameterValue": each} for key, each in values.items()]
    kept: Any = [
        {"ParameterKey": each["ParameterKey"], "UsePreviousValue": True}
        for each in stack.get("Parameters", ())
        if each["ParameterKey"] not in values
    ]
    name = stack["StackName"]
    try:
        client.update_stack(
            StackName=name,
            UsePreviousTemplate=True,
            Parameters=[*named, *kept],
            Capabilities=cast(Any, list(CAPABILITIES)),
        )
    except ClientError as error:
        if NO_UPDATE in str(error):
            return
        raise
    _wait(client, name, "stack_update_complete", poll_seconds=1)
