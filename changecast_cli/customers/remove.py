"""changecast customers remove: remove a customer; its data stays in its own account."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import ChangecastError
from changecast.hub.announcing.announce import Announcement, Hub, connect
from changecast.hub.tracking.revisions import Record
from changecast_cli.announcing.proposing import announce_again
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.customers.account import (
    STACK,
    customer_stack,
    parameter,
    session_of,
)
from changecast_cli.customers.deploy import update_hub
from changecast_cli.customers.options import Config
from changecast_cli.customers.routes import hub_session
from changecast_cli.customers.withdraw import (
    refuse_alone,
    to_withdraw,
    wait_until_told,
    withdraw,
)
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.deploying.samconfig_file import ROUTE, deployment_of
from changecast_cli.deploying.stacks import find_stack
from changecast_cli.failures import Failed, Refused, explained
from changecast_cli.options import As, AsJson
from changecast_cli.terminal import counted, out, print_json, working

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

KEPT = (
    "the contact list, the ledger, the mails bucket, the identity, and the secrets of answer links "
    "and webhooks stay in its account"
)


@dataclass(frozen=True)
class OwnStack:
    """One stack of the customer; `arn` is None if it is gone or out of reach.

    `why_not` says why it could not be checked.
    """

    name: str
    account: str
    region: str
    profile: str | None
    session: boto3.Session | None
    arn: str | None
    why_not: str | None = None


def remove(
    code: Annotated[str, typer.Argument(help="The customer's code.")],
    deploy: Annotated[
        bool,
        typer.Option("--deploy", help="Also delete the customer's stacks, and update the hub."),
    ] = False,
    leave_open: Annotated[
        bool,
        typer.Option(
            "--leave-open",
            help="Do not tell the customer's people that open changes no longer affect them.",
        ),
    ] = False,
    wait: Annotated[
        float,
        typer.Option(help="Seconds to wait until the customer's people have been told.", min=0),
    ] = 600,
    as_person: As = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    config: Config = Path("samconfig.toml"),
    as_json: AsJson = False,
) -> None:
    """Remove a customer from samconfig.toml; with --deploy, also delete its stacks.

    Shows what is deleted, what stays and what is withdrawn, then asks you to type the code. Before
    it removes anything, it tells the customer's people that open changes no longer affect them;
    with TwoPerson=yes, another person must have approved that. The data in the customer's account
    stays. Safe to repeat.
    """
    text = samconfig_file.read(config)
    customer = samconfig_file.customer_in(text, code, config)
    samconfig_file.without_customer(text, code)  # refuses a file that cannot be edited by lines
    stacks = _stacks(text, customer)
    if deploy:
        _refuse_unreachable(stacks)
    hub = None if leave_open else connect(hub_session(text))
    records = to_withdraw(hub.table, code, datetime.now(UTC)) if hub else []
    if hub:
        refuse_alone(hub, records, code)
    plan = _plan(customer, records, stacks, deploy=deploy, leave_open=leave_open)
    if not go_on(plan, yes=yes, dry_run=dry_run, type_in=code):
        return
    again = partial(_told_again, text, hub, code, as_person) if hub and hub.two_persons else None
    withdrawn = _withdraw(hub, records, code, wait, again) if hub else []
    if deploy:
        for stack in stacks:
            _delete(stack)
    samconfig_file.edit(config, lambda now: samconfig_file.without_customer(now, code))
    if deploy and any(each.fault for each in update_hub(config)):
        raise Failed(
            f"{code} is removed, but its account may still send reports. Deploy the hub again: "
            f"{deployment_of(customer.hub_bus)}"
        )
    _tell(code, withdrawn, [] if deploy else _lines(stacks, customer), as_json=as_json)


def _tell(
    code: str, withdrawn: Sequence[Announcement], lines: Sequence[str], *, as_json: bool
) -> None:
    if as_json:
        print_json({"removed": code, "withdrawn": [vars(one) for one in withdrawn],
                    "next": lines, "kept": KEPT})  # fmt: skip
        return
    for one in withdrawn:
        out.print(f"{one.change_id} revision {one.revision}: withdrawn for {code}", markup=False)
    out.print(f"{code} removed; {KEPT}.")
    for line in ["Next:", *(f"  {line}" for line in lines)] if lines else []:
        out.print(line, markup=False)


def _plan(
    customer: CustomerStack,
    records: Sequence[Record],
    stacks: Sequence[OwnStack],
    *,
    deploy: bool,
    leave_open: bool,
) -> list[str]:
    """Return what is deleted, what stays, and what its people are told."""
    code = customer.code
    verb = "deleted" if deploy else "not deleted yet"
    lines = [
        f"{code} ({customer.name}, account {customer.account}, {customer.region}) is removed:",
        (
            f"removed from samconfig.toml: [{code}] and [{code}{ROUTE}]; "
            f"{'' if deploy else 'once the hub is deployed, '}the account may no longer report"
        ),
        *(f"{verb}: {_where(stack)}" for stack in stacks),
        f"kept: {KEPT}",
    ]
    if leave_open:
        return [*lines, "its people are not told about open changes (--leave-open)"]
    if not records:
        return [*lines, "no open change names it: nobody is mailed"]
    told = f"first withdrawn from {counted(len(records), 'open change')}; its people are mailed:"
    return [*lines, told, *(f"  {one.change_id}, {one.title} ({one.status})" for one in records)]


def _where(stack: OwnStack) -> str:
    gone = "" if stack.arn or stack.why_not else ", which is already gone"
    return f"the stack {stack.name} in account {stack.account}, {stack.region}{gone}"


def _told_again(text: str, hub: Hub, code: str, person: str | None, record: Record) -> Announcement:
    """Announce a withdrawal again that two persons approved but nobody has reported yet."""
    return announce_again(hub_session(text), hub, record.change_id, code, person)


def _withdraw(
    hub: Hub,
    records: Sequence[Record],
    code: str,
    seconds: float,
    again: Callable[[Record], Announcement] | None,
) -> list[Announcement]:
    """Withdraw the customer from changes, and wait until its people are told.

    `again` repeats a withdrawal where two persons announce; every one is announced already there.
    """
    now = datetime.now(UTC)
    announced = [again(one) if again else withdraw(hub, one, code, now) for one in records]
    with working(f"Waiting until the people of {code} have been told"):
        wait_until_told(hub.table, announced, code, seconds)
    return announced


def _stacks(text: str, customer: CustomerStack) -> list[OwnStack]:
    """Return the route first, so that nothing is sent, then the stack in the customer's account."""
    hub = samconfig_file.hub_in(text)
    at_hub = (hub.account, hub.region, hub.profile) if hub else ("", "", None)
    at_customer = (customer.account, customer.region, customer.profile)
    route = f"changecast-route-{customer.code}"
    return [
        _looked_at(route, at_hub, lambda: _route(hub_session(text), route, customer)),
        _looked_at(STACK, at_customer, lambda: _own(customer)),
    ]


def _looked_at(
    name: str,
    where: tuple[str, str, str | None],
    find: "Callable[[], tuple[boto3.Session, StackTypeDef | None]]",
) -> OwnStack:
    try:
        session, stack = find()
    except (ChangecastError, BotoCoreError, ClientError) as error:
        return OwnStack(name, *where, None, None, explained(error) or str(error))
    return OwnStack(name, *where, session, stack["StackId"] if stack else None)


def _own(customer: CustomerStack) -> "tuple[boto3.Session, StackTypeDef | None]":
    session = session_of(customer)
    return session, customer_stack(session, customer.code)


def _route(
    hub: boto3.Session, name: str, customer: CustomerStack
) -> "tuple[boto3.Session, StackTypeDef | None]":
    stack = find_stack(hub, name)
    leads_to = parameter(stack, "CustomerAccount") if stack else customer.account
    if leads_to != customer.account:
        raise Refused(
            f"the route {name} leads to account {leads_to}, but samconfig.toml has account "
            f"{customer.account} for {customer.code}: nothing was deleted. Check the customer's "
            "account in samconfig.toml"
        )
    return hub, stack


def _refuse_unreachable(stacks: Sequence[OwnStack]) -> None:
    faults = [each.why_not for each in stacks if each.why_not]
    if faults:
        raise Refused(*faults, "Nothing was removed or deleted.")


def _lines(stacks: Sequence[OwnStack], customer: CustomerStack) -> list[str]:
    """Yield the commands to type. A stack is named by ARN, so a wrong profile deletes nothing."""
    return [
        *(_line(stack, customer.code) for stack in stacks if stack.arn or stack.why_not),
        deployment_of(customer.hub_bus),
    ]


def _line(stack: OwnStack, code: str) -> str:
    if stack.arn is None:
        return (
            f"# in account {stack.account}, {stack.region}: delete the stack "
            f"{stack.name} whose parameter CustomerCode is {code} (not checked: "
            f"{stack.why_not})"
        )
    by = f" --profile {stack.profile}" if stack.profile else ""
    return f"aws cloudformation delete-stack --stack-name {stack.arn} --region {stack.region}{by}"


def _delete(stack: OwnStack) -> None:
    """Delete a stack by its ARN and wait; one that is gone already is fine."""
    if stack.arn is None or stack.session is None:
        return
    cloudformation = stack.session.client("cloudformation")
    with working(f"Deleting the stack {stack.name} in account {stack.account}"):
        cloudformation.delete_stack(StackName=stack.arn)
        waiter = cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=stack.arn, WaiterConfig={"Delay": 2, "MaxAttempts": 450})
