"""An account under check: its stack's parameters and resources, and the time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# A throttled call says nothing about an account, so it is retried for about a minute.
PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10})


def tolerant(session: boto3.Session) -> boto3.Session:
    """Make every future client of a session wait until AWS answers, and make each of them once.

    Some thirty checks ask for their clients by themselves, and each takes 20 ms to make.
    """
    if "client" not in vars(session):
        session._session.set_default_client_config(PATIENT)
        vars(session)["client"] = _made_once(session.client)
    return session


def _made_once(make: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the clients without a configuration; each resource() brings a new one of its own."""
    kept = cache(make)

    def client(*given: Any, **named: Any) -> Any:
        return (make if "config" in named else kept)(*given, **named)

    return client


@dataclass(frozen=True)
class CheckedAccount:
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
        """Return the name of a resource; None if the stack has no such id."""
        found = self.resources.get(logical_id)
        return found[1] if found else None

    def of_type(self, kind: str) -> dict[str, str]:
        """Return logical id -> name of every resource of a CloudFormation type."""
        return {key: name for key, (each, name) in self.resources.items() if each == kind}

    @cached_property
    def identity(self) -> dict[str, Any] | None:
        """The sender's identity in SES, read once; None if there is none."""
        ses = self.session.client("sesv2")
        try:
            return dict(ses.get_email_identity(EmailIdentity=self.parameters["SenderIdentity"]))
        except ClientError as error:
            if error.response["Error"]["Code"] != "NotFoundException":
                raise
            return None

    def given_or(self, parameter: str, default: str) -> str:
        """Return a parameter's value, or the default."""
        return self.parameters.get(parameter) or default


def checked_account(
    session: boto3.Session,
    code: str,
    stack: str,
    now: datetime | None = None,
    largest_run: int = 0,
) -> CheckedAccount | None:
    """Return the stack as CloudFormation knows it; None if the account has none of this name."""
    cloudformation = tolerant(session).client("cloudformation")
    try:
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None
    resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    return CheckedAccount(
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
    """Return the value at a path of nested members; None if one is missing."""
    at: Any = found
    for name in path:
        at = at.get(name) if isinstance(at, Mapping) else None
    return at
