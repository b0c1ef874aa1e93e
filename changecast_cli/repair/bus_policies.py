"""Restore a bus's policy, the template's statements about who may put events."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from changecast_cli.doctor.checked_account import CheckedAccount
from changecast_cli.doctor.hub import bus_of, expected_denials, expected_hub_policy
from changecast_cli.doctor.stack import canonical, expected_bus_policy, partition_of
from changecast_cli.repair.fixes import Fix
from changecast_cli.terminal import counted

CUSTOMER_BUS = "changecast"
POLICY, TWO_PERSONS = "BusPolicy", "TwoPersonsPolicy"
Statements = list[tuple[str, dict[str, Any]]]


def customer_policy(account: CheckedAccount) -> Iterator[Fix]:
    """Yield a fix unless exactly this customer's route may put on its bus."""

    def requested(arn: str) -> Statements:
        hub = account.parameters["HubAccount"]
        return [(POLICY, expected_bus_policy(hub, account.code, partition_of(arn)))]

    return _fix(account, CUSTOMER_BUS, requested)


def hub_policy(account: CheckedAccount) -> Iterator[Fix]:
    """Yield a fix unless exactly the customers of a bus may report over it.

    Where two persons announce, nobody else may announce over it.
    """
    accounts = [each for each in account.parameters["CustomerAccounts"].split(",") if each]

    def requested(arn: str) -> Statements:
        reports = {**expected_hub_policy(partition_of(arn)), "Principal": {"AWS": accounts}}
        denials = [(TWO_PERSONS, each) for each in expected_denials(account, arn)]
        return [*([(POLICY, reports)] if accounts else []), *denials]

    is_two = account.parameters.get("TwoPerson") == "yes"
    return _fix(account, bus_of(account), requested) if accounts or is_two else iter(())


def _fix(
    account: CheckedAccount, bus: str, requested: Callable[[str], Statements]
) -> Iterator[Fix]:
    events = account.session.client("events")
    found = events.describe_event_bus(Name=bus)
    statements = json.loads(found.get("Policy") or "{}").get("Statement", [])
    whole = requested(found["Arn"])
    if sorted(map(_comparable, statements)) == sorted(_comparable(each) for _, each in whole):
        return
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": (account.name(logical) or "changecast").rpartition("|")[2],
                "Resource": found["Arn"],
                **statement,
            }
            for logical, statement in whole
        ],
    }
    put = partial(events.put_permission, EventBusName=bus, Policy=json.dumps(policy))
    template = f"the template's {counted(len(whole), 'statement')}"
    yield Fix(
        f"the policy of the bus {bus} differs from {template}{_instead(statements, len(whole))}",
        f"policy of the bus {bus}: {_has(statements, len(whole))} -> {template}",
        put,
    )


def _comparable(statement: Mapping[str, Any]) -> str:
    """Return a comparable principal; EventBridge returns an account as the ARN of its root."""
    principal = statement.get("Principal")
    named = principal.get("AWS", []) if isinstance(principal, Mapping) else principal
    listed = [named] if isinstance(named, str) else named or []
    accounts = sorted(each.split(":")[4] if ":" in each else each for each in listed)
    return canonical({**statement, "Principal": accounts})


def _instead(statements: list[Any], expected: int) -> str:
    return "" if len(statements) == expected else f": it has {len(statements)}"


def _has(statements: list[Any], expected: int) -> str:
    many = len(statements)
    return "changed" if many == expected else counted(many, "statement")
