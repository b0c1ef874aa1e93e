"""Open the contact list of one account."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import typer
from botocore.exceptions import ClientError

from changecast.hub.name_suggestions import known_names
from changecast_cli import options
from changecast_cli.contacts.pacing import CallPace
from changecast_cli.customers.account import STACK, session_of
from changecast_cli.deploying import samconfig_file
from changecast_cli.failures import Refused
from changecast_cli.ses_turns import in_turn

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

Code = Annotated[
    str | None,
    typer.Option(
        "--customer",
        "-c",
        help="The customer's code; uses its AWS profile from samconfig.toml (default: the "
        "account that your credentials belong to).",
    ),
]
AccountProfile = Annotated[
    str | None, typer.Option("--profile", help="AWS profile for the account.", envvar="AWS_PROFILE")
]
AccountRegion = Annotated[
    str | None,
    typer.Option("--region", help="AWS Region of the account.", envvar="AWS_REGION"),
]
PerSecond = Annotated[
    float,
    typer.Option(
        "--per-second",
        help="Requests to SES per second (at most 1000); AWS accepts only about one.",
        min=0.1,
        max=1_000,
    ),
]

# A command about one person makes a few calls; a throttled call waits.
FEW = 10.0


@dataclass(frozen=True)
class OpenList:
    """An account's contact list. `pace` waits before every call; `bucket` is for imports.

    `where` are the words that lead a further command into the same account.
    """

    session: boto3.Session
    ses: "SESV2Client"
    name: str
    bucket: str | None
    pace: CallPace
    where: str = ""


def open_list(
    code: str | None, profile: str | None, region: str | None, per_second: float
) -> OpenList:
    """Open the list of a customer in samconfig.toml, or of the credentials' own account.

    Raises:
        Refused: the credentials are another account's, or the account has no list.
    """
    session = session_for(code, profile, region)
    outputs = outputs_of(session)
    ses = session.client("sesv2")
    pace = CallPace(per_second)
    name = outputs.get("ContactListName") or _only_list(ses)
    where = same_account(code, profile)
    return OpenList(session, ses, name, outputs.get("MailsBucket"), pace, where)


def same_account(code: str | None, profile: str | None) -> str:
    """Return the options, after a blank, that lead a command into the same account.

    A profile of the environment needs no option.
    """
    customer = f" --customer {code}" if code else ""
    is_given = profile and profile != os.environ.get("AWS_PROFILE")
    return customer + (f" --profile {profile}" if is_given else "")


def session_for(code: str | None, profile: str | None, region: str | None) -> boto3.Session:
    """Return a session for a customer in samconfig.toml, or the credentials' own; else Refused."""
    if code is None:
        own = in_turn(boto3.Session(profile_name=profile, region_name=region))
        options.opened[options.CUSTOMER] = own
        return own
    customers = samconfig_file.customers_in(samconfig_file.read(Path("samconfig.toml")))
    if code not in customers:
        raise Refused(
            f"samconfig.toml has no customer {code!r} ({known_names(code, customers)}). Without "
            "--customer, the account that your credentials belong to is used"
        )
    return session_of(customers[code], profile)


def outputs_of(session: boto3.Session) -> dict[str, str]:
    """Return the stack's outputs; none if the account has no such stack."""
    return {each["OutputKey"]: each["OutputValue"] for each in stack_in(session).get("Outputs", ())}


def stack_in(session: boto3.Session) -> Mapping[str, Any]:
    """Return the account's stack; empty if it has none, or if the caller may not read it."""
    try:
        return session.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ValidationError", "AccessDenied"):
            raise
        return {}


def _only_list(ses: "SESV2Client") -> str:
    found = ses.list_contact_lists()["ContactLists"]
    if not found:
        raise Refused(
            "this account has no contact list, and lists are in the customer's account: add "
            "--customer CODE, use a profile for that account (--profile), or deploy its stack "
            "first"
        )
    return found[0]["ContactListName"]
