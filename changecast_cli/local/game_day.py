"""changecast game-day: plant a fault in the embedded cloud, for people to find and repair."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from rich.table import Table

from changecast.contract.change import utc
from changecast.hub.name_suggestions import known_names
from changecast.hub.registry import Customer, list_customers
from changecast_cli.failures import Refused
from changecast_cli.local.process import FOLDER
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_json
from changecast_cli.text_files import save_text
from changecast_local.cloud import Cloud, CloudUnreachable, attach


@dataclass(frozen=True)
class Place:
    """The place of a fault: sessions of hub and customer, and the customer."""

    hub: boto3.Session
    own: boto3.Session
    customer: Customer

    def name(self, logical_id: str) -> str:
        """Return the name of a resource of the customer's stack."""
        found = self.own.client("cloudformation").describe_stack_resource(
            StackName="changecast", LogicalResourceId=logical_id
        )
        return found["StackResourceDetail"].get("PhysicalResourceId", "")


def identity_deleted(at: Place) -> None:
    """Somebody deletes the sender's identity in SES."""
    at.own.client("sesv2").delete_email_identity(EmailIdentity=_parameter(at, "SenderIdentity"))


def bus_policy_removed(at: Place) -> None:
    """Somebody removes the policy of the customer's bus."""
    at.own.client("events").remove_permission(EventBusName="changecast", RemoveAllPermissions=True)


def route_disabled(at: Place) -> None:
    """Somebody disables the customer's route on the hub."""
    name = f"changecast-route-{at.customer.code}"
    at.hub.client("events").disable_rule(Name=name, EventBusName=at.customer.hub_bus)


def sender_stopped(at: Place) -> None:
    """Somebody gives the function that sends mails a reserved concurrency of 0."""
    at.own.client("lambda").put_function_concurrency(
        FunctionName=at.name("SendMailFunction"), ReservedConcurrentExecutions=0
    )


def planner_unplugged(at: Place) -> None:
    """Somebody switches off the event source of the function that plans."""
    client = at.own.client("lambda")
    name = at.name("PlanDeliveryFunction")
    for each in client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]:
        client.update_event_source_mapping(UUID=each["UUID"], Enabled=False)


def reports_refused(at: Place) -> None:
    """Somebody removes the policy of the hub's bus, so that no customer may report."""
    at.hub.client("events").remove_permission(
        EventBusName="changecast-hub", RemoveAllPermissions=True
    )


FAULTS: Mapping[str, Callable[[Place], None]] = {
    plant.__name__.replace("_", "-"): plant
    for plant in (
        identity_deleted, bus_policy_removed, route_disabled, sender_stopped, planner_unplugged,
        reports_refused,
    )
}  # fmt: skip


# Faults that every customer of the hub notices; the others affect the named customer only.
_OF_EVERYBODY = frozenset({"reports-refused"})
DOCUMENT = FOLDER / "game-day.json"


def game_day(
    name: Annotated[
        str | None, typer.Argument(help="The fault to plant; without it, list all faults.")
    ] = None,
    customer: Annotated[
        str, typer.Option("--customer", "-c", help="The customer that the fault affects.")
    ] = "acme",
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Plant a fault in the embedded cloud (`changecast local up`), for training; never in AWS.

    Also writes a new change to .changecast/game-day.json: announce it, and the fault shows. Find
    the fault with `changecast status` and `changecast doctor`, then repair it as they say. The
    exercises are in docs/operations.md.
    """
    if name is None:
        _list(as_json=as_json)
        return
    if name not in FAULTS:
        raise Refused(f"unknown fault {name!r} ({known_names(name, FAULTS)})")
    cloud = _embedded()
    hub = session(profile, region)
    customers = list_customers(hub.client("ssm"))
    if customer not in customers:
        raise Refused(
            f"customer {customer!r} is not registered ({known_names(customer, customers)})"
        )
    found = customers[customer]
    account = hub.client("sts").get_caller_identity()["Account"]
    own = cloud.session(found.account, found.region)
    FAULTS[name](Place(cloud.session(account, hub.region_name), own, found))
    change_id = write_change(DOCUMENT, customer, datetime.now(UTC))
    if as_json:
        told = {"planted": name, "customer": customer}
        print_json({**told, "document": str(DOCUMENT), "change_id": change_id})
        return
    whom = "every customer of this hub" if name in _OF_EVERYBODY else customer
    out.print(
        f"Planted: {name}. It affects {whom}.\n"
        "Next, announce a new change and find the fault:\n"
        f"  changecast announce {DOCUMENT} --wait 60\n"
        f"  changecast status {change_id}\n"
        f"  changecast doctor --hub --customer {customer}",
        markup=False,
    )


def write_change(path: Path, customer: str, now: datetime) -> str:
    """Write a document of a change that was never announced; return its ID."""
    change_id = f"GAME-DAY-{now:%Y%m%d-%H%M%S}"
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=7)
    document = {
        "changeId": change_id,
        "changeTitle": "Exercise: restart the VPN gateways",
        "changeReason": "This is a game day in the embedded cloud.",
        "customers": [customer],
        "status": "approved",
        "version": 1,
        "implementationPlan": "1. Restart\n2. Check",
        "testPlan": "Log in once",
        "customerImpact": "VPN sessions drop for 5 minutes.",
        "rollbackPlan": "Restart again.",
        "implementationStart": utc(start),
        "implementationEnd": utc(start + timedelta(hours=1)),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_text(path, json.dumps(document, indent=2) + "\n", mode=0o644)
    return change_id


def _embedded() -> Cloud:
    """Return the embedded cloud that this shell uses; Refused if it uses AWS."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    try:
        if endpoint:
            return attach(endpoint)
    except (CloudUnreachable, ValueError) as error:
        raise Refused(f"no embedded cloud answers at {endpoint}: nothing was planted") from error
    raise Refused(
        "game-day plants faults in the embedded cloud only, but this shell points to AWS. "
        'To use the embedded cloud: changecast local up, then eval "$(changecast local env hub)"'
    )


def _parameter(at: Place, name: str) -> str:
    stack: Any = at.own.client("cloudformation").describe_stacks(StackName="changecast")["Stacks"][
        0
    ]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    return str(given[name])


def _list(*, as_json: bool) -> None:
    told = {name: (plant.__doc__ or "").strip() for name, plant in FAULTS.items()}
    if as_json:
        print_json({"faults": told})
        return
    table = Table("fault", "what happens")
    for name, what in told.items():
        table.add_row(name, what)
    out.print(table)
