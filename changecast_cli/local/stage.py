"""The demo's stage: a hub and customers with contacts, deployed into an embedded cloud."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tomlkit
from pydantic import TypeAdapter, ValidationError

from changecast.contract.fields import CustomerCode
from changecast.hub.registry import Customer as Registered
from changecast_cli.deploying import samconfig
from changecast_cli.deploying.sam import Sam, SamCall, build, deploy
from changecast_cli.deploying.samconfig import CustomerStack, HubStack
from changecast_cli.failures import Refused
from changecast_cli.local.deployer import CUSTOMER_POLICIES, HUB_POLICIES, deployer
from changecast_local.cloud import Cloud

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import TopicPreferenceTypeDef

REGION = "eu-central-1"
HUB = HubStack("111111111111", REGION, None)
# The samples' customers; any other code gets a name made from it.
KNOWN = {
    "acme": ("Acme Industries", "Europe/Madrid"),
    "globex": ("Globex", "Europe/Berlin"),
    "initech": ("Initech", "America/New_York"),
}
TOPICS = ("approvals", "announcements", "calendar")
MOST_CUSTOMERS = 50
_CODE = TypeAdapter(CustomerCode)


@dataclass(frozen=True)
class Stage:
    """The demo's customers."""

    customers: tuple[CustomerStack, ...]


def stage_for(codes: Iterable[str]) -> Stage:
    """Return a stage with these customers; Refused if a code is invalid or repeated."""
    requested = [code.strip() for code in codes if code.strip()]
    if not requested or len(requested) > MOST_CUSTOMERS:
        raise Refused(f"--customers takes 1 to {MOST_CUSTOMERS} codes, separated by commas")
    if len(requested) != len(set(requested)):
        raise Refused("--customers names a customer twice")
    return Stage(tuple(_customer(code, number) for number, code in enumerate(requested, 2)))


def _customer(code: str, number: int) -> CustomerStack:
    try:
        _CODE.validate_python(code)
    except ValidationError as error:
        raise Refused(
            f"{code!r} is not a customer code: use a-z, 0-9 and -, and no reserved word"
        ) from error
    name, zone = KNOWN.get(code, (code.replace("-", " ").title(), "UTC"))
    account = str(number) * 12 if number < 10 else f"2000000{number:05d}"
    return CustomerStack(
        code, account, REGION, name, f"changes@{code}.example", zone, "en",
        "service-desk@provider.example", None,
    )  # fmt: skip


def registered(stage: Stage) -> dict[str, Registered]:
    """Return the registry as it will be after the routes are deployed."""
    return {
        customer.code: Registered(
            customer.code,
            customer.account,
            customer.region,
            f"arn:aws:events:{customer.region}:{customer.account}:event-bus/changecast",
            customer.name,
        )
        for customer in stage.customers
    }


def deploy_all(stage: Stage, cloud: Cloud, folder: Path) -> None:
    """Build the two packages and deploy hub, customers and routes, under docs/policies only."""
    folder.mkdir(parents=True, exist_ok=True)
    sam = Sam(write_samconfig(stage, folder / "samconfig.toml"), folder)
    keys = {HUB.account: deployer(cloud, HUB.account, HUB_POLICIES, REGION)}
    keys |= {customer.account: _deployer_of(customer, cloud) for customer in stage.customers}
    build(
        sam,
        [SamCall("hub", keys[HUB.account]), SamCall(stage.customers[0].code, keys[HUB.account])],
    )
    stacks = [SamCall(customer.code, keys[customer.account]) for customer in stage.customers]
    stacks.append(SamCall("hub", keys[HUB.account]))
    deploy(sam, stacks)
    deploy(
        sam, [SamCall(f"{customer.code}-route", keys[HUB.account]) for customer in stage.customers]
    )


def _deployer_of(customer: CustomerStack, cloud: Cloud) -> Mapping[str, str]:
    parameters = [name for name, value in customer.more if value]
    return deployer(cloud, customer.account, CUSTOMER_POLICIES, REGION, parameters)


def write_samconfig(stage: Stage, path: Path) -> Path:
    """Build once for all customers, because they have one template.

    sam keeps a file beside a build folder, so parallel builds need separate folders.
    """
    built = path.parent.resolve()
    accounts = [customer.account for customer in stage.customers]
    tables: dict[str, object] = {"version": 0.1}
    hub_build, customer_build = f"{built}/hub/build", f"{built}/customer/build"
    tables["hub"] = samconfig.hub_environment(HUB, accounts, hub_build)
    for customer in stage.customers:
        tables[customer.code] = samconfig.customer_environment(customer, HUB, customer_build)
        tables[f"{customer.code}-route"] = samconfig.route_environment(customer, HUB)
    path.write_text(tomlkit.dumps(tables), "utf-8")
    return path


def add_contacts(stage: Stage, cloud: Cloud, number: int) -> None:
    """Subscribe `number` people per customer to every topic; the last not to `calendar`."""
    for customer in stage.customers:
        ses = cloud.preparing(customer.account, REGION).client("sesv2")
        for person in range(1, number + 1):
            wants = TOPICS if person < number else TOPICS[:2]
            ses.create_contact(
                ContactListName="changecast",
                EmailAddress=f"person{person}@{customer.code}.example",
                TopicPreferences=[_preference(topic, topic in wants) for topic in TOPICS],
            )


def _preference(topic: str, wants: bool) -> "TopicPreferenceTypeDef":
    return {"TopicName": topic, "SubscriptionStatus": "OPT_IN" if wants else "OPT_OUT"}
