"""changecast customers remove: a customer leaves; its data stays in its own account."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import boto3
import typer

from changecast.announce import Announcement, Hub, connect
from changecast.records import Record
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.customers.account import STACK, session_of
from changecast_cli.customers.deploy import deploy_hub
from changecast_cli.customers.routes import hub_session
from changecast_cli.customers.withdraw import to_withdraw, wait_until_told, withdraw
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import Customer
from changecast_cli.deploying.samconfig_file import ROUTE
from changecast_cli.options import AsJson
from changecast_cli.terminal import out, print_json, working

KEPT = "the contact list, the ledger, the mails bucket and the identity stay in its account"


def remove(
    code: str,
    deploy: Annotated[
        bool, typer.Option("--deploy", help="Delete its stacks too, and deploy the hub.")
    ] = False,
    leave_open: Annotated[
        bool, typer.Option("--leave-open", help="Tell its people nothing of open changes.")
    ] = False,
    wait: Annotated[
        float, typer.Option(help="Seconds until its people must have been told.", min=0)
    ] = 600,
    yes: Yes = False,
    dry_run: DryRun = False,
    config: Annotated[Path, typer.Option(help="The file that sam deploys by.")] = Path(
        "samconfig.toml"
    ),
    as_json: AsJson = False,
) -> None:
    """Take a customer out of samconfig.toml and of the hub, and with --deploy delete its stacks.

    Before, it is withdrawn from every change that is not over, and its people are told; only once
    its account has reported that, it goes. Its data stays: contact list, ledger, mails, identity.
    Safe to repeat.
    """
    text = samconfig_file.read(config)
    customer = samconfig_file.customer_in(text, code, config)
    hub = None if leave_open else connect(hub_session(text))
    records = to_withdraw(hub.table, code, datetime.now(UTC)) if hub else []
    if not go_on(_plan(code, records), yes=yes or not records, dry_run=dry_run):
        return
    withdrawn = _withdraw(hub, records, code, wait) if hub else []
    left = samconfig_file.without_customer(text, code)
    lines = _lines(customer, text)
    if deploy:
        _delete(hub_session(text), customer)
    samconfig_file.save(config, left)
    if deploy:
        deploy_hub(config)
    if as_json:
        print_json({"removed": code, "withdrawn": [vars(one) for one in withdrawn],
                    "next": [] if deploy else lines, "kept": KEPT})  # fmt: skip
        return
    for one in withdrawn:
        out.print(f"{one.change_id} revision {one.revision}: withdrawn for {code}", markup=False)
    out.print(f"{code} removed; {KEPT}.")
    for line in [] if deploy else ["Next:", *(f"  {line}" for line in lines)]:
        out.print(line, soft_wrap=True)


def _plan(code: str, records: Sequence[Record]) -> list[str]:
    if not records:
        return [f"{code} leaves; no change that is still ahead names it"]
    return [
        f"{code} leaves. First it is withdrawn from these, and its people are told:",
        *(f"{record.change_id}, {record.title} ({record.status})" for record in records),
    ]


def _withdraw(hub: Hub, records: Sequence[Record], code: str, seconds: float) -> list[Announcement]:
    announced = [withdraw(hub, record, code, datetime.now(UTC)) for record in records]
    with working(f"Waiting until the people of {code} are told"):
        wait_until_told(hub.table, announced, code, seconds)
    return announced


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
