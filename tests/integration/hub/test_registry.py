"""The registry: one list, which one broken entry does not break."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from changecast.hub.announcing.announce import announce, connect
from changecast.hub.registry import (
    CONFIDENTIAL,
    PREFIX,
    TWO_PERSONS,
    Accounts,
    Place,
    codes_by_name,
    hub_settings,
    list_customers,
)
from testbed.templates import resource
from tests.support.builders import ACCOUNTS, document, registered


def test_every_customer_is_listed_however_many_pages_they_take(ssm: Any) -> None:
    for number in range(12):
        entry = {"code": f"c{number}", "account": f"{number:012d}", "region": "r", "bus_arn": "a",
                 "name": f"C {number}"}  # fmt: skip
        ssm.put_parameter(Name=f"{PREFIX}c{number}", Value=json.dumps(entry), Type="String")
    assert set(list_customers(ssm)) == {f"c{number}" for number in range(12)}


def test_the_entry_that_a_route_stack_writes_is_read(ssm: Any) -> None:
    text = resource("hub/route.yaml", "RegistryEntry")["Value"]["Fn::Sub"]
    for name, value in {
        "CustomerCode": "acme",
        "CustomerAccount": ACCOUNTS["acme"],
        "CustomerRegion": "eu-central-1",
        "CustomerName": "Acme Industries",
        "HubBus": "changecast-hub",
        "HubBusSince": "",
        "AWS::Partition": "aws",
    }.items():
        text = text.replace(f"${{{name}}}", value)
    ssm.put_parameter(Name=f"{PREFIX}acme", Value=text, Type="String")
    assert list_customers(ssm) == registered("acme")


def test_a_broken_entry_is_nobody_and_keeps_nobody_else_out(ssm: Any, register: Any) -> None:
    register("acme")
    for name, value in {"a": "nonsense", "b": "[]", "c": '{"code": "c"}', "d": "1"}.items():
        ssm.put_parameter(Name=PREFIX + name, Value=value, Type="String")
    assert list_customers(ssm) == registered("acme")


def test_a_display_name_knows_all_its_codes() -> None:
    assert codes_by_name(registered()) == {
        "Acme Industries": ["acme"],
        "Globex": ["globex"],
        "Initech": ["initech"],
    }


def test_the_hub_says_whether_all_is_confidential(ssm: Any) -> None:
    assert not hub_settings(ssm).confidential
    setting = resource("hub/template.yaml", "ConfidentialSetting", Confidential="always")
    assert setting["Name"] == CONFIDENTIAL
    ssm.put_parameter(Name=setting["Name"], Value="per-announcement", Type="String")
    assert not hub_settings(ssm).confidential
    ssm.put_parameter(Name=setting["Name"], Value=setting["Value"], Type="String", Overwrite=True)
    assert hub_settings(ssm).confidential


def test_the_hub_says_where_two_persons_announce(ssm: Any) -> None:
    assert hub_settings(ssm).two_persons is None
    value = '{"bucket": "proposals", "function": "publish"}'
    ssm.put_parameter(Name=TWO_PERSONS, Value=value, Type="String")
    assert hub_settings(ssm).two_persons == Place("proposals", "publish")
    assert not hub_settings(ssm).confidential


class Clock:
    """Seconds that pass when we say so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class CountingSsm:
    """An SSM client that counts how often the registry is read."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.reads = 0
        self.lists = 0

    def get_parameters(self, **request: Any) -> Any:
        self.reads += 1
        return self.inner.get_parameters(**request)

    def get_paginator(self, name: str) -> Any:
        self.lists += 1
        return self.inner.get_paginator(name)


def test_an_account_is_known_for_a_minute_and_looked_up_again_at_once_if_it_does_not_fit(
    ssm: Any, register: Any
) -> None:
    register("acme")
    counted: Any = CountingSsm(ssm)
    clock = Clock()
    accounts = Accounts(counted, clock)
    for _ in range(3):
        assert accounts.customer_of(ACCOUNTS["acme"], claimed="acme") == "acme"
    assert (counted.reads, counted.lists) == (1, 0)
    assert accounts.customer_of(ACCOUNTS["globex"], claimed="globex") is None
    register("globex")
    assert accounts.customer_of(ACCOUNTS["globex"], claimed="globex") == "globex"
    assert accounts.customer_of(ACCOUNTS["globex"], claimed="globex") == "globex"
    assert (counted.reads, counted.lists) == (4, 1)
    assert accounts.customer_of("999999999999", claimed="acme") is None
    assert accounts.customer_of(ACCOUNTS["acme"], claimed="globex") == "acme"
    assert (counted.reads, counted.lists) == (6, 3)
    clock.now = 61
    accounts.customer_of(ACCOUNTS["acme"], claimed="acme")
    assert (counted.reads, counted.lists) == (7, 3)


def test_a_batch_of_reports_reads_only_whom_it_names_in_one_call(ssm: Any, register: Any) -> None:
    register("acme", "globex")
    counted: Any = CountingSsm(ssm)
    accounts = Accounts(counted, Clock())
    accounts.look_up(["acme", "globex", "unknown"])
    for code in ("acme", "globex"):
        assert accounts.customer_of(ACCOUNTS[code], claimed=code) == code
    assert (counted.reads, counted.lists) == (1, 0)


def test_where_the_registry_is_throttled_who_is_known_is_still_believed(
    ssm: Any, register: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    register("acme")
    clock = Clock()
    accounts = Accounts(ssm, clock)
    assert accounts.customer_of(ACCOUNTS["acme"], claimed="acme") == "acme"

    def throttled(*_: Any) -> Any:
        error: Any = {"Error": {"Code": "ThrottlingException", "Message": "slower"}}
        raise ClientError(error, "GetParameters")

    monkeypatch.setattr("changecast.hub.registry.list_customers", throttled)
    monkeypatch.setattr("changecast.hub.registry.read_customers", throttled)
    clock.now = 61
    assert accounts.customer_of(ACCOUNTS["acme"], claimed="acme") == "acme"
    for account in (ACCOUNTS["acme"], "999999999999"):
        with pytest.raises(ClientError, match="slower"):
            accounts.customer_of(account, claimed="globex")


def test_announce_finds_its_hub_by_the_session(table: Any, register: Any) -> None:
    register("acme", "globex")
    boto3.client("events").create_event_bus(Name="changecast-hub")
    hub = connect()
    assert set(hub.customers) == {"acme", "globex"}
    assert hub.caller.startswith("arn:aws:sts::")
    assert not hub.confidential
    told = announce(document(), bus="changecast-hub", session=boto3.Session())
    assert told.customers == ("acme", "globex")
    assert announce(document(), hub=hub).outcome == "announced_again"
