"""changecast customers remove: a customer leaves; its data stays in its own account."""

from pathlib import Path
from typing import Annotated

import boto3
import typer

from changecast.announce import STATUS_TABLE
from changecast_cli.customers.account import STACK, session_of
from changecast_cli.customers.deploy import deploy_hub
from changecast_cli.customers.open import open_changes
from changecast_cli.customers.routes import hub_session
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import Customer
from changecast_cli.deploying.samconfig_file import ROUTE
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import out, print_json, working

KEPT = "the contact list, the ledger, the mails bucket and the identity stay in its account"


def remove(
    code: str,
    deploy: Annotated[
        bool, typer.Option("--deploy", help="Delete its stacks too, and deploy the hub.")
    ] = False,
    leave_open: Annotated[
        bool, typer.Option("--leave-open", help="Although changes that name it are not over.")
    ] = False,
    config: Annotated[Path, typer.Option(help="The file that sam deploys by.")] = Path(
        "samconfig.toml"
    ),
    as_json: AsJson = False,
) -> None:
    """Take a customer out of samconfig.toml and of the hub, and with --deploy delete its stacks.

    Refused while a change that names it is not over: announce it again without the customer first,
    so that its people hear of it. Its data stays: contact list, ledger, mails, identity.
    """
    text = samconfig_file.read(config)
    customers = samconfig_file.customers_in(text)
    if code not in customers:
        known = ", ".join(customers) or "none"
        raise Refused(f"{config} has no customer {code!r} (it has: {known})")
    if not leave_open:
        _refuse_open(hub_session(text), code)
    left = samconfig_file.without_customer(text, code)
    lines = _lines(customers[code], text)
    if deploy:
        _delete(hub_session(text), customers[code])
    samconfig_file.save(config, left)
    if deploy:
        deploy_hub(config)
    if as_json:
        print_json({"removed": code, "next": [] if deploy else lines, "kept": KEPT})
        return
    out.print(f"{code} removed; {KEPT}.")
    for line in [] if deploy else ["Next:", *(f"  {line}" for line in lines)]:
        out.print(line, soft_wrap=True)


def _refuse_open(hub: boto3.Session, code: str) -> None:
    found = open_changes(hub.resource("dynamodb").Table(STATUS_TABLE), code)
    if found:
        names = ", ".join(f"{record.change_id} ({record.status})" for record in found)
        raise Refused(
            f"{code} still waits for: {names}. Announce each again without {code} so that its "
            "people are told, or give --leave-open"
        )


def _lines(customer: Customer, text: str) -> list[str]:
    def delete(stack: str, profile: str | None, region: str | None) -> str:
        by = f" --profile {profile}" if profile else ""
        return f"aws cloudformation delete-stack --stack-name {stack} --region {region}{by}"

    hub = samconfig_file.hub_profile(text), samconfig_file.hub_region(text)
    return [
        delete(f"changecast-route-{customer.code}", *hub),
        delete(STACK, customer.profile, customer.region),
        "sam build --config-env hub && sam deploy --config-env hub",
    ]


def _delete(hub: boto3.Session, customer: Customer) -> None:
    """The route first: from then on nothing is sent there. What is gone already is fine."""
    own = session_of(customer)
    with working(f"Deleting the route {customer.code}{ROUTE}"):
        _delete_stack(hub, f"changecast-route-{customer.code}")
    with working(f"Deleting the stack of {customer.code}"):
        _delete_stack(own, STACK)


def _delete_stack(session: boto3.Session, stack: str) -> None:
    cloudformation = session.client("cloudformation")
    cloudformation.delete_stack(StackName=stack)
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName=stack, WaiterConfig={"Delay": 2, "MaxAttempts": 450})
