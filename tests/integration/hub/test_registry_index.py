"""A registry of thousands: read every quarter of an hour, and checked again before a put."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from changecast.hub.announcing.announce import Hub, placed_document
from changecast.hub.announcing.metadata import MetadataFault
from changecast.hub.registry import PREFIX, Accounts, Customer
from changecast.hub.tracking.registry_index import (
    FRESH,
    MOVING,
    entries_before_put,
    keep_fresh,
    note_moving,
    read_anew,
    registered,
)
from changecast_cli.failures import Refused
from changecast_cli.watching.status import codes_on
from tests.support.builders import ACCOUNTS, NOW, document
from tests.support.builders import registered as entries

TEN_THOUSAND = 10_000


class Store:
    """Parameter Store with any number of entries, ten a call; it counts the calls."""

    def __init__(self, customers: dict[str, Customer]) -> None:
        self.customers = customers
        self.calls = 0

    def get_paginator(self, _: str) -> "Store":
        return self

    def paginate(self, **_: str) -> Iterator[dict[str, Any]]:
        values = [*self.customers.values()]
        for start in range(0, len(values), 10):
            self.calls += 1
            yield {"Parameters": [*map(entry, values[start : start + 10])]}

    def get_parameters(self, Names: list[str]) -> dict[str, Any]:  # noqa: N803
        self.calls += 1
        assert len(Names) <= 10
        codes = [name.removeprefix(PREFIX) for name in Names]
        found = [self.customers[code] for code in codes if code in self.customers]
        return {"Parameters": [*map(entry, found)]}


def entry(customer: Customer) -> dict[str, str]:
    return {"Name": PREFIX + customer.code, "Value": json.dumps(asdict(customer))}


def many(number: int) -> dict[str, Customer]:
    acme = entries("acme")["acme"]
    codes = [f"customer-{one:05d}" for one in range(number - 1)]
    others = {code: replace(acme, code=code, name=code.upper()) for code in codes}
    return {"acme": acme, **others}


@pytest.fixture
def store() -> Any:
    return Store(many(TEN_THOUSAND))


def test_a_large_registry_is_read_from_parameter_store_once_in_a_quarter_of_an_hour(
    table: Any, store: Any
) -> None:
    assert dict(registered(store, table, NOW)) == store.customers
    assert store.calls == TEN_THOUSAND / 10
    assert dict(registered(store, table, NOW + FRESH)) == store.customers
    assert store.calls == TEN_THOUSAND / 10
    registered(store, table, NOW + FRESH + timedelta(seconds=1))
    assert store.calls == 2 * TEN_THOUSAND / 10


def test_a_small_registry_is_never_copied(table: Any) -> None:
    store: Any = Store(many(30))
    for _ in range(2):
        assert dict(registered(store, table, NOW)) == store.customers
    assert store.calls == 6
    assert table.scan()["Items"] == []


def test_watch_copies_anew_before_anybody_must_wait_and_makes_no_first_copy(
    table: Any, store: Any
) -> None:
    keep_fresh(store, table, NOW)
    assert store.calls == 0
    registered(store, table, NOW)
    keep_fresh(store, table, NOW + FRESH / 3)
    assert store.calls == TEN_THOUSAND / 10
    keep_fresh(store, table, NOW + FRESH / 3 * 2)
    assert store.calls == 2 * TEN_THOUSAND / 10
    registered(store, table, NOW + FRESH / 3 * 4)
    assert store.calls == 2 * TEN_THOUSAND / 10


def test_a_copy_that_two_wrote_at_once_is_none(table: Any, store: Any) -> None:
    read_anew(store, table, NOW)
    (item,) = table.scan()["Items"]
    table.put_item(Item=item | {"parts": 2})
    table.put_item(Item=item | {"sk": "part#01", "parts": 2, "at": "2027-01-16T08:04:00Z"})
    assert dict(registered(store, table, NOW)) == store.customers
    assert store.calls == 2 * TEN_THOUSAND / 10


def test_who_was_registered_a_minute_ago_is_found_though_the_copy_is_older(
    table: Any, store: Any
) -> None:
    registered(store, table, NOW)
    new = replace(entries("globex")["globex"], account="000000000001")
    store.customers["globex"] = new
    copy = registered(store, table, NOW)
    assert "globex" not in copy
    placed = placed_document(document(customers=["acme", "globex"]), copy)
    assert placed.customers == ("acme", "globex")
    by_name = document(customers=None, customerNames=["Globex"])
    again = placed_document(by_name, registered(store, table, NOW))
    assert again.customers == ("globex",)
    with pytest.raises(MetadataFault, match="umbrella"):
        placed_document(document(customers=["umbrella"]), registered(store, table, NOW))


def test_the_bus_of_a_put_is_never_the_copys(table: Any, store: Any) -> None:
    registered(store, table, NOW)
    store.customers["acme"] = replace(store.customers["acme"], hub_bus="changecast-hub-2")
    copy = registered(store, table, NOW)
    assert copy["acme"].hub_bus == "changecast-hub"
    read: Any = {"look_up": lambda codes: {code: store.customers[code] for code in codes}}
    nobody: Any = None
    hub = Hub(table, nobody, copy, "maria", **read)
    announced = [type("Event", (), {"customers": ("acme",), "withdrawn": ()})]
    assert hub.current(announced)["acme"].hub_bus == "changecast-hub-2"  # type: ignore[arg-type]


def test_before_a_put_to_many_only_those_that_move_are_read(table: Any, store: Any) -> None:
    codes = sorted(store.customers)
    assert entries_before_put(store, table, codes) == {}
    assert store.calls == 0
    store.customers["acme"] = replace(store.customers["acme"], hub_bus="changecast-hub-2")
    note_moving(table, "acme", datetime.now(UTC))
    note_moving(table, "customer-00001", datetime.now(UTC) - MOVING - timedelta(minutes=1))
    assert entries_before_put(store, table, codes) == {"acme": store.customers["acme"]}
    assert entries_before_put(store, table, codes[1:]) == {}
    assert store.calls == 1


def test_before_a_put_to_a_few_all_of_them_are_read(table: Any, store: Any) -> None:
    codes = sorted(store.customers)[:20]
    assert set(entries_before_put(store, table, codes)) == set(codes)
    assert store.calls == 2


def test_a_forged_report_costs_a_call_and_one_read_of_the_copy(table: Any, store: Any) -> None:
    registered(store, table, NOW)
    store.calls = 0
    accounts = Accounts(store, everybody=lambda: registered(store, table, NOW))
    assert accounts.customer_of("999999999999", claimed="acme") is None
    assert store.calls == 2
    assert accounts.customer_of(ACCOUNTS["acme"], claimed="acme") == "acme"
    assert store.calls == 2


def test_the_customers_of_a_bus_are_those_whose_route_is_there(
    table: Any, ssm: Any, register: Any
) -> None:
    register("acme", "globex")
    moved = replace(entries("initech")["initech"], hub_bus="changecast-hub-2")
    ssm.put_parameter(Name=f"{PREFIX}initech", Value=json.dumps(asdict(moved)), Type="String")
    session = boto3.Session()
    assert codes_on(session, "changecast-hub") == frozenset({"acme", "globex"})
    assert codes_on(session, "changecast-hub-2") == frozenset({"initech"})
    assert codes_on(session, None) is None
    with pytest.raises(Refused, match="no customer is on the bus 'changecast-hub-3'"):
        codes_on(session, "changecast-hub-3")
