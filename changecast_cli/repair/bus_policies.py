"""Restore a bus's policy, the template's one statement about who may put events."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from changecast_cli.doctor.checked_account import CheckedAccount
from changecast_cli.doctor.hub import bus_of, expected_hub_policy
from changecast_cli.doctor.stack import canonical, expected_bus_policy, partition_of
from changecast_cli.repair.fixes import Fix

CUSTOMER_BUS = "changecast"
POLICY = "BusPolicy"


def customer_policy(account: CheckedAccount) -> Iterator[Fix]:
    """Yield a fix unless exactly this customer's route may put on its bus."""

    def requested(arn: str) -> dict[str, Any]:
        hub = account.parameters["HubAccount"]
        return expected_bus_policy(hub, account.code, partition_of(arn))

    return _fix(account, CUSTOMER_BUS, requested)


def hub_policy(account: CheckedAccount) -> Iterator[Fix]:
    """Yield a fix unless exactly the customers of a bus may report over it."""
    accounts = [each for each in account.parameters["CustomerAccounts"].split(",") if each]

    def requested(arn: str) -> dict[str, Any]:
        return {**expected_hub_policy(partition_of(arn)), "Principal": {"AWS": accounts}}

    return _fix(account, bus_of(account), requested) if accounts else iter(())


def _fix(
    account: CheckedAccount, bus: str, requested: Callable[[str], dict[str, Any]]
) -> Iterator[Fix]:
    events = account.session.client("events")
    found = events.describe_event_bus(Name=bus)
    statements = json.loads(found.get("Policy") or "{}").get("Statement", [])
    statement = requested(found["Arn"])
    if [_comparable(each) for each in statements] == [_comparable(statement)]:
        return
    named = (account.name(POLICY) or "changecast").rpartition("|")[2]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": named, "Resource": found["Arn"], **statement}],
    }
    put = partial(events.put_permission, EventBusName=bus, Policy=json.dumps(policy))
    said = _said(statements)
    yield Fix(
        f"the policy of the bus {bus} differs from the template: {said}",
        f"policy of the bus {bus}: {said} -> the template's one statement",
        put,
    )


def _comparable(statement: Mapping[str, Any]) -> str:
    """Return a comparable principal; EventBridge returns an account as the ARN of its root."""
    principal = statement.get("Principal")
    named = principal.get("AWS", []) if isinstance(principal, Mapping) else principal
    listed = [named] if isinstance(named, str) else named or []
    accounts = sorted(each.split(":")[4] if ":" in each else each for each in listed)
    return canonical({**statement, "Principal": accounts})


def _said(statements: list[Any]) -> str:
    return f"it has {len(statements)} statements, not 1" if len(statements) != 1 else "it differs"
