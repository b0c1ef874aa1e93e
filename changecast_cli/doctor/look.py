"""A look at one customer: the hub's side first, then its own account, as far as it lets us in."""

from collections.abc import Callable

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from changecast.announce import STATUS_TABLE
from changecast.errors import ChangecastError
from changecast.registry import list_customers
from changecast_cli.customers.account import session_of
from changecast_cli.deploying.customer_access import Keys, enter
from changecast_cli.deploying.samconfig import Customer
from changecast_cli.doctor import hub as doctor_hub
from changecast_cli.doctor.customer import examine_customer, guarded
from changecast_cli.doctor.dns import Lookup
from changecast_cli.doctor.largest import largest_run
from changecast_cli.doctor.memory import outlasts
from changecast_cli.doctor.verdicts import Verdict, broken
from changecast_cli.doctor.versions import compatible
from changecast_cli.failures import explained

Way = Callable[[Customer], boto3.Session]


def look_at(
    hub: boto3.Session, customer: Customer, way: Way, lookup: Lookup | None, *, drift: bool = False
) -> list[Verdict]:
    """Every verdict on a customer; `way` opens its account, or raises what is then the verdict."""
    verdicts = guarded(route_of, hub, customer)
    try:
        own = way(customer)
    except (ChangecastError, BotoCoreError, ClientError) as error:
        said = explained(error) or str(error)
        return [*verdicts, broken("access", said, f"changecast customers show {customer.code}")]
    most = largest_run(hub.resource("dynamodb").Table(STATUS_TABLE), customer.code)
    verdicts += examine_customer(own, customer, lookup, largest_run=most, drift=drift)
    verdicts += guarded(compatible, hub, own, customer.code)
    return verdicts + guarded(outlasts, hub, own, customer.code)


def route_of(hub: boto3.Session, customer: Customer) -> list[Verdict]:
    """The customer's route on the hub, and that the registry leads to the same account."""
    deploy = f"sam deploy --config-env {customer.code}-route"
    entry = list_customers(hub.client("ssm")).get(customer.code)
    if entry is None:
        return [broken("route", "the hub has no route to it", deploy)]
    if (entry.account, entry.region) != (customer.account, customer.region):
        said = f"the hub has it in {entry.account} {entry.region}"
        return [broken("registry", said, deploy)]
    return list(doctor_hub.route(hub, entry))


def way_into(hub: boto3.Session, customer: Customer) -> boto3.Session:
    """By the role that the customer lets operators take, where samconfig.toml has its id."""
    if external_id := dict(customer.more).get("OperatorExternalId"):
        return enter(hub, customer.code, Keys(None, external_id)).session
    return session_of(customer)
