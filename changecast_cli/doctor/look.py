"""Check one customer: the hub's side first, then its own account, if it is open to us."""

from collections.abc import Callable
from dataclasses import replace

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import ChangecastError
from changecast.hub.announcing.announce import STATUS_TABLE
from changecast.hub.registry import read_customers
from changecast_cli.customer_access import STACK, Keys, enter
from changecast_cli.customers.account import session_of
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.doctor import hub as doctor_hub
from changecast_cli.doctor.administrator import by_administrator
from changecast_cli.doctor.alerts import own_alarm_untested
from changecast_cli.doctor.checked_account import checked_account, tolerant
from changecast_cli.doctor.customer import again_for, examine_customer, guarded
from changecast_cli.doctor.dns import Lookup
from changecast_cli.doctor.largest import largest_run
from changecast_cli.doctor.replay_days import outlasts
from changecast_cli.doctor.verdicts import Verdict, broken, causes_first, repair_of
from changecast_cli.doctor.versions import compatible
from changecast_cli.failures import explained

Way = Callable[[CustomerStack], boto3.Session]


def look_at(
    hub: boto3.Session,
    customer: CustomerStack,
    way: Way,
    lookup: Lookup | None,
    *,
    drift: bool = False,
) -> list[Verdict]:
    """Yield every verdict on a customer; `way` opens its account, or its error is a verdict."""
    again = again_for(customer.code)
    verdicts = guarded(again, route_of, tolerant(hub), customer)
    try:
        own = way(customer)
    except (ChangecastError, BotoCoreError, ClientError) as error:
        said = explained(error) or str(error)
        return [*verdicts, broken("access", said, f"changecast customers show {customer.code}")]
    most = largest_run(hub.resource("dynamodb").Table(STATUS_TABLE), customer.code)
    found = examine_customer(own, customer, lookup, largest_run=most, drift=drift)
    verdicts += [in_its_account(each, customer) for each in found]
    verdicts += guarded(again, compatible, hub, own, customer.code)
    return causes_first(verdicts + guarded(again, outlasts, hub, own, customer.code))


def untested_alarms(hub: boto3.Session, customer: CustomerStack) -> list[Verdict]:
    """Return what a test of the hub's alarm leaves untested in a customer's account.

    Nothing if the account cannot be opened: that has its own verdict.
    """
    try:
        found = checked_account(way_into(hub, customer), customer.code, STACK)
    except (ChangecastError, BotoCoreError, ClientError):
        return []
    untested = own_alarm_untested(found) if found else []
    return [in_its_account(each, customer) for each in untested]


def in_its_account(verdict: Verdict, customer: CustomerStack) -> Verdict:
    """Return the verdict with a fix that names the customer's account, and who may type it."""
    verdict = by_administrator(verdict, customer.account)
    if not verdict.fix.startswith("aws ") or not customer.profile:
        return verdict
    where = f"--profile {customer.profile} --region {customer.region}"
    return replace(verdict, fix=f"{verdict.fix} {where}")


def route_of(hub: boto3.Session, customer: CustomerStack) -> list[Verdict]:
    """Check the hub's side of a customer: its entry in the registry, its route and its reports."""
    deploy = f"sam deploy --config-env {customer.code}-route"
    entry = read_customers(hub.client("ssm"), [customer.code]).get(customer.code)
    if entry is None:
        return [broken("route", "the hub has no route to this customer", deploy)]
    if (entry.account, entry.region) != (customer.account, customer.region):
        said = f"the hub has this customer in account {entry.account}, {entry.region}"
        return [broken("registry", said, repair_of(customer.code))]
    if entry.hub_bus != customer.hub_bus:
        said = f"its route is on {entry.hub_bus}, but samconfig.toml says {customer.hub_bus}"
        move = f"changecast customers move {customer.code} --bus {customer.hub_bus}"
        return [broken("registry", said, move)]
    again = again_for(customer.code)
    return [*doctor_hub.route(hub, entry), *guarded(again, doctor_hub.reports, hub, entry)]


def way_into(hub: boto3.Session, customer: CustomerStack) -> boto3.Session:
    """Open the account with the operator role if samconfig.toml has its external id."""
    if external_id := dict(customer.more).get("OperatorExternalId"):
        return enter(hub, customer.code, Keys(None, external_id, by_option=False)).session
    return session_of(customer)
