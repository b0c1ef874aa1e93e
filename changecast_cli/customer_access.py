"""Open one customer's account by `--customer-profile`, `--external-id` or samconfig.toml.

A named profile wins, then an external id, then the profile in samconfig.toml, then
`changecast-CODE`. With an external id, the role `changecast-operator` of the customer's stack is
assumed, which exists only if the customer set OperatorAccount and OperatorExternalId. Verbs that
need only the hub do not use this module. `changecast customers add --profile` is a different
option: it writes a profile into samconfig.toml (customers/options.py).
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import boto3
import typer
from botocore.exceptions import ClientError

from changecast.customer.ledger.table import Ledger, open_ledger
from changecast.hub.name_suggestions import known_names
from changecast.hub.registry import Customer, list_customers, read_customers
from changecast_cli.deploying import samconfig_file
from changecast_cli.failures import Failed, Refused
from changecast_cli.ses_turns import in_turn

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

OPERATOR_ROLE, STACK = "changecast-operator", "changecast"
DAY_SECONDS = 86_400.0
# Parameter Store refuses other names. The error about a wrong code lists the registered ones.
_CODE = re.compile(r"[a-z0-9-]{1,32}")

CustomerCode = Annotated[str, typer.Option("--customer", "-c", help="The customer's code.")]
CustomerProfile = Annotated[
    str | None,
    typer.Option(
        help="AWS profile for the customer's account (default: the customer's operator role if "
        "there is an external ID, else the profile in samconfig.toml, or changecast-CODE).",
        envvar="CHANGECAST_CUSTOMER_PROFILE",
    ),
]
ExternalId = Annotated[
    str | None,
    typer.Option(
        help="Use the customer's operator role with this external ID (default: the one in "
        "samconfig.toml).",
        envvar="CHANGECAST_EXTERNAL_ID",
    ),
]


@dataclass(frozen=True)
class Keys:
    """Ways into a customer's account; None is not given.

    `by_option` says that the verb has options for them.
    """

    profile: str | None
    external_id: str | None
    by_option: bool = True


NO_OPTIONS = Keys(None, None, by_option=False)


@dataclass(frozen=True)
class CustomerAccount:
    """An open customer's account, with its stack's outputs and parameters.

    `way` describes, for people, how it was opened.
    """

    customer: Customer
    session: boto3.Session
    way: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    def output(self, name: str) -> str:
        """Return an output of the stack; Failed if the stack is too old to have it."""
        if name not in self.outputs:
            raise Failed(
                f"the stack of {self.customer.code} has no output {name}: deploy it again "
                f"(sam deploy --config-env {self.customer.code})"
            )
        return self.outputs[name]

    def ledger(self) -> Ledger:
        """Return the ledger, with the stack's retention and window."""
        return open_ledger(
            self.session,
            self.output("LedgerTable"),
            keep=float(self.parameters["LedgerTtlDays"]) * DAY_SECONDS,
            window=float(self.parameters["UnknownWindowMinutes"]) * 60,
        )


def find_customer(hub: boto3.Session, code: str) -> Customer:
    """Return the registered customer of this code; Refused if there is none."""
    ssm = hub.client("ssm")
    found = read_customers(ssm, [code]) if _CODE.fullmatch(code) else {}
    if code not in found:
        known = known_names(code, list_customers(ssm))
        raise Refused(f"customer {code!r} is not registered ({known})")
    return found[code]


def enter(hub: boto3.Session, code: str, keys: Keys = NO_OPTIONS) -> CustomerAccount:
    """Open a customer's account; Refused, with what to do, if there is no way in.

    A named profile wins, then an external id, then the profile in samconfig.toml.
    """
    customer = find_customer(hub, code)
    settings = _settings(code)
    session, way = _session(hub, customer, keys, settings)
    another = _another_profile(code, keys)
    _refuse_another_account(session, customer, way, another)
    named = settings.get("stack_name", STACK)
    stack = _stack(session, customer, named, f"{way} is not allowed to read", another)
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", ())}
    parameters = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", ())}
    return CustomerAccount(customer, session, way, outputs, parameters)


def _session(
    hub: boto3.Session, customer: Customer, keys: Keys, settings: Mapping[str, str]
) -> tuple[boto3.Session, str]:
    external_id = keys.external_id or settings.get("OperatorExternalId")
    if external_id and not keys.profile:
        return _by_role(hub, customer, external_id, keys), f"the role {OPERATOR_ROLE}"
    profile = keys.profile or settings.get("profile") or f"changecast-{customer.code}"
    if profile in boto3.Session().available_profiles:
        session = in_turn(boto3.Session(profile_name=profile, region_name=customer.region))
        return session, f"the profile {profile}"
    ways = (
        "use --customer-profile, or --external-id"
        if keys.by_option
        else "add that profile to your AWS configuration, or OperatorExternalId to "
        f"[{customer.code}] in samconfig.toml"
    )
    raise Refused(
        f"this command reads the account of {customer.code} ({customer.account}), but there is no "
        f"AWS profile {profile}: {ways} if the customer lets you use its role {OPERATOR_ROLE}"
    )


def _another_profile(code: str, keys: Keys) -> str:
    """Return the words for naming another profile, with or without the option."""
    return "--customer-profile" if keys.by_option else f"profile for [{code}] in samconfig.toml"


def _by_role(hub: boto3.Session, customer: Customer, external_id: str, keys: Keys) -> boto3.Session:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
    another = _another_profile(customer.code, keys)
    partition = customer.bus_arn.split(":")[1]
    role = f"arn:{partition}:iam::{customer.account}:role/{OPERATOR_ROLE}"
    who = os.environ.get("USER", "operator")
    name = "".join(letter for letter in who if letter.isalnum() or letter in "+=,.@-")[:32]
    try:
        answer = hub.client("sts").assume_role(
            RoleArn=role, RoleSessionName=f"changecast-{name}", ExternalId=external_id
        )
    except ClientError as error:
        raise Refused(
            f"cannot use {role} of {customer.code} ({error.response['Error']['Code']}). Its stack "
            "needs OperatorAccount (your account) and OperatorExternalId (the same ID as "
            f"{'--external-id or ' if keys.by_option else ''}samconfig.toml), and your own policy "
            f"must allow sts:AssumeRole. Otherwise, use another {another}"
        ) from error
    given = answer["Credentials"]
    return in_turn(
        boto3.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=customer.region,
        )
    )


def _refuse_another_account(
    session: boto3.Session, customer: Customer, way: str, another: str
) -> None:
    account = session.client("sts").get_caller_identity()["Account"]
    if account != customer.account:
        raise Refused(
            f"{way} belongs to account {account}, but {customer.code} is in {customer.account}: "
            f"use the right {another}"
        )


def _stack(
    session: boto3.Session, customer: Customer, name: str, denied: str, another: str
) -> "StackTypeDef":
    try:
        return session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ValidationError":
            raise Refused(
                f"account {customer.account} has no stack {name} in {customer.region}: deploy it "
                f"(sam deploy --config-env {customer.code})"
            ) from error
        if code.startswith("AccessDenied"):
            raise Refused(
                f"{denied} the stack {name} of {customer.code} "
                f"(cloudformation:DescribeStacks): use another {another}"
            ) from error
        raise


def _settings(code: str) -> dict[str, str]:
    """Return the customer's settings in this folder's samconfig.toml."""
    path = Path("samconfig.toml")
    environment = samconfig_file.tables(samconfig_file.read(path), path).get(code, {})
    found = dict(environment.get("global", {}).get("parameters", {}))
    deploy = environment.get("deploy", {}).get("parameters", {})
    overrides = deploy.get("parameter_overrides", [])
    pairs = (each.split("=", 1) for each in overrides if "=" in each)
    return found | {name: value.strip('"') for name, value in pairs}
