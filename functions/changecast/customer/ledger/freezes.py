"""The customer's own freezes, and whether the hub knows them.

All are in one item, so that the limit also holds when two people add one at once.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from changecast.contract.errors import Retry
from changecast.customer.ledger.contention import ATTEMPTS, back_off
from changecast.customer.ledger.encoding import decode, encode
from changecast.customer.ledger.schema import account_key
from changecast.customer.ledger.table import Ledger
from changecast.lambdas.conditions import condition_holds

_FREEZES = account_key("freezes")


@dataclass(frozen=True)
class Freeze:
    """One freeze; times are RFC 3339. `reported` says that the hub knows it in this form."""

    freeze_id: str
    name: str
    start: str
    end: str
    declared_at: str
    declared_by: str
    removed: bool = False
    reported: bool = False

    def is_open(self, now: datetime) -> bool:
        """Return whether the freeze still blocks changes."""
        return not self.removed and datetime.fromisoformat(self.end) > now


Freezes = tuple[Freeze, ...]


def read_freezes(ledger: Ledger) -> Freezes:
    """Return the account's freezes, oldest declaration first."""
    return _read(ledger)[0]


def change_freezes(ledger: Ledger, change: Callable[[Freezes], Freezes]) -> Freezes:
    """Change the account's freezes and return the new list.

    Raises:
        Retry: Too many other writers.
    """
    for attempt in range(ATTEMPTS):
        found, version = _read(ledger)
        after = change(found)
        if after == found or _written(ledger, after, version):
            return after
        back_off(ledger, attempt)
    raise Retry(
        "too many requests are changing this account's freezes at the same time: try "
        "again in a moment"
    )


def without_past(freezes: Freezes, now: datetime) -> Freezes:
    """Return the freezes that still matter, here or at the hub."""
    return tuple(one for one in freezes if one.is_open(now) or (one.removed and not one.reported))


def with_reported(freezes: Freezes, told: Freezes) -> Freezes:
    """Return the freezes with `reported` set on those that are unchanged since they were put."""
    return tuple(replace(one, reported=True) if one in told else one for one in freezes)


def _read(ledger: Ledger) -> tuple[Freezes, int]:
    found = ledger.client.get_item(TableName=ledger.table, Key=_FREEZES, ConsistentRead=True)
    item = decode(found.get("Item", {}))
    kept = json.loads(item.get("freezes", "[]"))
    return tuple(Freeze(**one) for one in kept), int(item.get("version", 0))


def _written(ledger: Ledger, freezes: Freezes, version: int) -> bool:
    kept = json.dumps([asdict(one) for one in freezes], separators=(",", ":"))
    return condition_holds(
        lambda: ledger.client.update_item(
            TableName=ledger.table,
            Key=_FREEZES,
            UpdateExpression="SET freezes = :freezes, version = :next",
            ConditionExpression="attribute_not_exists(version) OR version = :was",
            ExpressionAttributeValues=encode(
                {":freezes": kept, ":next": version + 1, ":was": version}
            ),
        )
    )
