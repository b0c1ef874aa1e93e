"""A stack that the doctor looks at: what it is told, what it is made of, and what time it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError


@dataclass(frozen=True)
class Patient:
    """A deployed stack in the account of `session`. `resources`: logical id -> (type, name)."""

    code: str
    account: str
    region: str
    session: boto3.Session
    status: str
    created: datetime
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]
    resources: Mapping[str, tuple[str, str]]
    now: datetime
    largest_run: int = 0

    def name(self, logical_id: str) -> str | None:
        """The name of a resource; None where the stack has none of this id."""
        found = self.resources.get(logical_id)
        return found[1] if found else None

    def of_type(self, kind: str) -> dict[str, str]:
        """Logical id -> name of every resource of a CloudFormation type."""
        return {key: name for key, (each, name) in self.resources.items() if each == kind}

    def given_or(self, parameter: str, default: str) -> str:
        """A parameter's value where it has one."""
        return self.parameters.get(parameter) or default


def patient(
    session: boto3.Session,
    code: str,
    stack: str,
    now: datetime | None = None,
    largest_run: int = 0,
) -> Patient | None:
    """The stack as CloudFormation knows it; None where the account has none of this name."""
    cloudformation = session.client("cloudformation")
    try:
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None
    resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    return Patient(
        code,
        session.client("sts").get_caller_identity()["Account"],
        session.region_name or "",
        session,
        found["StackStatus"],
        found["CreationTime"],
        {p["ParameterKey"]: p.get("ParameterValue", "") for p in found.get("Parameters", ())},
        {o["OutputKey"]: o["OutputValue"] for o in found.get("Outputs", ())},
        {
            each["LogicalResourceId"]: (each["ResourceType"], each.get("PhysicalResourceId", ""))
            for each in resources
        },
        now or datetime.now(UTC),
        largest_run,
    )


def values(found: Mapping[str, Any], *path: str) -> Any:
    """What stands at a path of nested members; None where one of them is missing."""
    at: Any = found
    for name in path:
        at = at.get(name) if isinstance(at, Mapping) else None
    return at
