"""One CloudFormation stack, created or updated and waited for: sam without a process of its own."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError, WaiterError

from changecast_cli.failures import Failed

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudformation import CloudFormationClient

# SAM templates are transformed on the server, and our roles have names.
CAPABILITIES = ("CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
BODY_LIMIT = 51_200
NO_UPDATE = "No updates are to be performed"
_LONGEST_SECONDS = 1_800


def deploy_stack(
    session: "boto3.Session",
    name: str,
    template: str,
    parameters: Mapping[str, str],
    capabilities: Sequence[str] = CAPABILITIES,
    *,
    poll_seconds: float = 5,
) -> dict[str, str]:
    """Create a stack, or update the one of that name; comes back: its outputs.

    `template` is a body of at most 51,200 bytes, or the https address of one in S3. Raises Failed
    with CloudFormation's own reason.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    """
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


def _begin(client: "CloudFormationClient", request: Any) -> str | None:
    """Start it; comes back: what to wait for, None where nothing changes."""
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
        raise Failed(f"stack {name}: {_reason(client, name)}") from error


def _reason(client: "CloudFormationClient", name: str) -> str:
    """The first thing that went wrong."""
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    failed = [one for one in events if "FAILED" in one.get("ResourceStatus", "")]
    if not failed:
        return "did not come to its end"
    first = failed[-1]
    return f"{first.get('LogicalResourceId')}: {first.get('ResourceStatusReason', 'no reason')}"
