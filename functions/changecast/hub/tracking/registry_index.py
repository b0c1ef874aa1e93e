"""A copy of a large registry in the hub's table: one read, much faster than Parameter Store.

Parameter Store returns ten entries a call and accepts 40 calls a second, so 10,000 entries take 25
seconds. The copy says who is registered. The bus of each customer is checked right before a put
(`entries_before_put`). For a few customers, Parameter Store is read; for many, only the entries of
customers that are moving, which `customers move` notes here before it begins.
https://docs.aws.amazon.com/general/latest/gr/ssm.html
"""

import json
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key

from changecast.contract.change import utc
from changecast.hub.registry import Customer, list_customers, read_customers
from changecast.hub.tracking.items import query
from changecast.hub.tracking.schema import MOVES, PARTS, REGISTRY, Row, moving_key, registry_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_ssm import SSMClient

# A smaller registry is read within a second or two, so it is not copied.
COPIED_FROM = 250
FRESH = timedelta(minutes=15)
# Longer than the time for which a copy is valid.
MOVING = timedelta(hours=1)
PART_BYTES = 350_000


class Registry(Mapping[str, Customer]):
    """The registered customers, by code. A copy may be minutes old; `renew` reads the registry."""

    def __init__(
        self, customers: Mapping[str, Customer], renew: "Callable[[], Registry] | None" = None
    ) -> None:
        self._customers, self._renew = customers, renew

    def __getitem__(self, code: str) -> Customer:
        return self._customers[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._customers)

    def __len__(self) -> int:
        return len(self._customers)

    def renewed(self) -> bool:
        """Replace a copy with the registry's current content; False if it is not a copy."""
        if self._renew is None:
            return False
        self._customers, self._renew = self._renew(), None
        return True


def registered(ssm: "SSMClient", table: "Table", now: datetime) -> Registry:
    """Return the registry; for a large one, a fresh copy, which is made if there is none."""
    kept = _kept(table)
    if kept and now - kept[0] <= FRESH:
        return Registry(kept[1], lambda: read_anew(ssm, table, now))
    return read_anew(ssm, table, now)


def read_anew(ssm: "SSMClient", table: "Table", now: datetime) -> Registry:
    """Return the registry from Parameter Store, and copy it if it is large."""
    customers = list_customers(ssm)
    if len(customers) >= COPIED_FROM:
        _keep(table, customers, now)
    return Registry(customers)


def entries_before_put(
    ssm: "SSMClient", table: "Table", codes: Collection[str]
) -> dict[str, Customer]:
    """Return the entries that must not come from a copy, read from Parameter Store."""
    if len(codes) < COPIED_FROM:
        return read_customers(ssm, codes)
    moving = _moving(table, datetime.now(UTC))
    return read_customers(ssm, sorted(moving.intersection(codes)))


def note_moving(table: "Table", code: str, now: datetime) -> None:
    """Note that a customer's route is moving to another bus."""
    table.put_item(Item=moving_key(code) | {"at": utc(now)})


def _moving(table: "Table", now: datetime) -> set[str]:
    condition = Key("pk").eq(REGISTRY) & Key("sk").begins_with(MOVES)
    found = query(table, KeyConditionExpression=condition, ConsistentRead=True)
    since = utc(now - MOVING)
    return {item["sk"].removeprefix(MOVES) for item in found if item["at"] >= since}


def keep_fresh(ssm: "SSMClient", table: "Table", now: datetime) -> None:
    """Renew the copy before it is too old, so that no announcement waits for it."""
    kept = _kept(table)
    if kept and now - kept[0] > FRESH / 2:
        read_anew(ssm, table, now)


def _keep(table: "Table", customers: Mapping[str, Customer], now: datetime) -> None:
    body = zlib.compress(json.dumps([astuple(each) for each in customers.values()]).encode())
    parts = [body[start : start + PART_BYTES] for start in range(0, len(body), PART_BYTES)]
    for number, part in enumerate(parts):
        own: Row = {"parts": len(parts), "at": utc(now), "body": part}
        table.put_item(Item=registry_key(number) | own)


def _kept(table: "Table") -> tuple[datetime, dict[str, Customer]] | None:
    """Return the copy and its time; None if there is none, or if parts of two copies are mixed."""
    condition = Key("pk").eq(REGISTRY) & Key("sk").begins_with(PARTS)
    found = query(table, KeyConditionExpression=condition, ConsistentRead=True)
    items = [item for number, item in enumerate(found) if number < int(item["parts"])]
    if not items or len({(item["at"], item["parts"]) for item in items}) > 1:
        return None
    if len(items) != int(items[0]["parts"]):
        return None
    entries = json.loads(zlib.decompress(b"".join(bytes(item["body"]) for item in items)))
    customers = [Customer(*entry) for entry in entries]
    return datetime.fromisoformat(items[0]["at"]), {each.code: each for each in customers}
