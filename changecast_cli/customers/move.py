"""changecast customers move: put one customer on another bus of the hub."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.change import utc
from changecast.contract.errors import ChangecastError
from changecast.hub.announcing.announce import Hub, connect
from changecast.hub.registry import DEFAULT_HUB_BUS
from changecast.hub.tracking.findings import was_heard
from changecast.hub.tracking.registry_index import note_moving
from changecast.hub.tracking.table import statuses_of_customer
from changecast_cli.announcing.proposing import announce_again
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.customers.account import STACK, customer_stack, parameter, session_of
from changecast_cli.customers.buses import most_routes_of
from changecast_cli.customers.deploy import update_hub
from changecast_cli.customers.options import Config
from changecast_cli.customers.routes import deploy_without_code, hub_session
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import CustomerStack, HubStack
from changecast_cli.deploying.samconfig_file import ROUTE
from changecast_cli.deploying.stacks import update_parameters
from changecast_cli.failures import Failed, Refused, explained, warn
from changecast_cli.options import As, AsJson
from changecast_cli.terminal import out, print_json, working

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_BUS = re.compile(re.escape(DEFAULT_HUB_BUS) + "(-([2-9]|[1-9][0-9]))?")
# Announcements put on the old bus after its rule was deleted are at most as old as the move.
LOOK_BACK = timedelta(hours=1)
AGAIN = (
    "Run the same command again to finish the move; until then both buses accept the "
    "customer's reports"
)


def move(
    code: Annotated[str, typer.Argument(help="The customer's code.")],
    bus: Annotated[
        str, typer.Option("--bus", help="The bus to move to, for example changecast-hub-2.")
    ],
    as_person: As = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    config: Config = Path("samconfig.toml"),
    as_json: AsJson = False,
) -> None:
    """Move a customer to another bus of the hub; adds the bus if the hub does not have it.

    First, the new bus accepts the customer's reports. Then the route and the registry entry move,
    then the customer's own stack. Until that is done, the old bus accepts the customer's reports
    too. Changes that were announced during the move, and that the account never reported on, are
    announced again: nobody is left out, and nobody is mailed twice. Safe to repeat.
    """
    text = samconfig_file.read(config)
    customer = samconfig_file.customer_in(text, code, config)
    hub = _hub_of(text)
    session = hub_session(text)
    _refuse_bus(text, session, customer, bus)
    if not go_on(_plan(text, customer, bus), yes=yes, dry_run=dry_run):
        return
    samconfig_file.edit(config, lambda now: _moved(now, customer, hub, bus, datetime.now(UTC)))
    moved = replace(customer, hub_bus=bus)
    again = _carry_out(config, session, moved, as_person)
    samconfig_file.edit(config, lambda now: _without_old(now, customer.account, bus))
    _update_hub(config, f"{code} has moved, but the old bus still accepts its reports. {AGAIN}")
    _tell(code, bus, again, as_json=as_json)


def _hub_of(text: str) -> HubStack:
    hub = samconfig_file.hub_in(text)
    if hub is None:
        raise Refused(
            "samconfig.toml does not say which hub its customers belong to: add HubAccount to "
            "every customer's parameter_overrides"
        )
    return hub


def _refuse_bus(text: str, session: boto3.Session, customer: CustomerStack, bus: str) -> None:
    if not _BUS.fullmatch(bus):
        raise Refused(
            f"{bus!r} is not a hub's bus: use {DEFAULT_HUB_BUS}, or {DEFAULT_HUB_BUS}-2 to -99"
        )
    accounts = samconfig_file.buses_in(text).get(bus, [])
    most = most_routes_of(session)
    if customer.account not in accounts and len(accounts) >= most:
        raise Refused(f"{bus} is full: it has {len(accounts)} of {most} customers")


def _plan(text: str, customer: CustomerStack, bus: str) -> list[str]:
    code, is_new = customer.code, bus not in samconfig_file.buses_in(text)
    return [
        f"{code} moves from {customer.hub_bus} to {bus}{', which is created' if is_new else ''}:",
        f"{bus} accepts reports of account {customer.account}",
        f"the stack changecast-route-{code} adds a rule on {bus}, changes the registry, then "
        "deletes the old rule",
        f"the stack {STACK} in account {customer.account} reports to {bus}",
        (
            "changes that were announced during the move and never reported on are announced "
            f"again, to {code} only"
        ),
        f"no other bus accepts the reports of {code} any more",
    ]


def _moved(text: str, customer: CustomerStack, hub: HubStack, bus: str, at: datetime) -> str:
    """Return samconfig.toml with the customer on the new bus, and its account on both."""
    code = customer.code
    text = samconfig_file.with_bus(text, bus, hub)
    accounts = [*samconfig_file.accounts_in(text, bus), customer.account]
    text = samconfig_file.with_accounts(text, accounts, bus)
    if customer.hub_bus != bus:
        text = samconfig_file.with_parameter(text, f"{code}{ROUTE}", "HubBus", bus)
        text = samconfig_file.with_parameter(text, f"{code}{ROUTE}", "HubBusSince", utc(at))
    return samconfig_file.with_parameter(text, code, "HubBusArn", hub.arn_of(bus))


def _without_old(text: str, account: str, bus: str) -> str:
    for other, accounts in samconfig_file.buses_in(text).items():
        if other != bus and account in accounts:
            left = [one for one in accounts if one != account]
            text = samconfig_file.with_accounts(text, left, other)
    return text


def _carry_out(
    config: Path, session: boto3.Session, customer: CustomerStack, person: str | None
) -> list[str]:
    """Move the deployed resources; return the changes that were announced again."""
    code, began = customer.code, datetime.now(UTC)
    text = samconfig_file.read(config)
    _update_hub(config, f"{customer.hub_bus} was not updated: {code} has not moved. {AGAIN}")
    hub = connect(session)
    note_moving(hub.table, code, began)
    with working(f"Moving the route of {code}"):
        deploy_without_code(session, text, f"{code}{ROUTE}")
    with working(f"Letting {code} report to {customer.hub_bus}"):
        try:
            _report_to(customer, _hub_of(text).arn_of(customer.hub_bus))
        except (ChangecastError, BotoCoreError, ClientError) as error:
            raise Failed(f"{explained(error)}. {AGAIN}") from error
    unreported = _unreported(hub.table, code, began - LOOK_BACK)
    return _announce_again(session, hub, code, dict.fromkeys(unreported), person)


def _update_hub(config: Path, otherwise: str) -> None:
    if any(each.fault for each in update_hub(config)):
        raise Failed(otherwise)


def _report_to(customer: CustomerStack, bus_arn: str) -> None:
    """Change the bus to which the customer's stack reports, and nothing else."""
    session = session_of(customer)
    stack = customer_stack(session, customer.code)
    if stack is None:
        raise Failed(f"account {customer.account} has no stack {STACK}: deploy it")
    if parameter(stack, "HubBusArn") != bus_arn:
        update_parameters(session, stack, {"HubBusArn": bus_arn})


def _announce_again(
    session: boto3.Session, hub: Hub, code: str, change_ids: Iterable[str], person: str | None
) -> list[str]:
    """Announce again what the customer never reported: its event may have matched no rule."""
    found = []
    for change_id in change_ids:
        try:
            announce_again(session, hub, change_id, code, person)
        except (ChangecastError, BotoCoreError, ClientError) as error:
            who = f" --as {person}" if person else ""
            warn(
                f"{change_id} was not announced again to {code} ({explained(error) or error}). To "
                f"do it: changecast reannounce {change_id} --customer {code}{who}"
            )
        else:
            found.append(change_id)
    return found


def _unreported(table: "Table", code: str, since: datetime) -> Iterator[str]:
    rows = statuses_of_customer(table, code, utc(since))
    return (str(row["change_id"]) for row in rows if not was_heard(row))


def _tell(code: str, bus: str, again: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json({"moved": code, "bus": bus, "announced_again": again})
        return
    for change_id in again:
        out.print(f"{change_id}: announced again to {code}", markup=False)
    out.print(f"{code} is on {bus}. Check it: changecast doctor --customer {code}", markup=False)
