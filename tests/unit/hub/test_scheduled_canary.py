"""The scheduled canary: a test for each chosen customer alone; one that fails stops no other."""

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from changecast.contract.errors import Retry
from tests.support.fake_hub import FakeHub, fake_hub


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("STATUS_TABLE", "changecast-status")
    monkeypatch.setenv("CANARY_CUSTOMERS", "")
    sys.modules.pop("canary", None)
    yield importlib.import_module("canary")
    sys.modules.pop("canary", None)


def flown(canary: Any, monkeypatch: pytest.MonkeyPatch, hub: FakeHub, customers: str = "") -> Any:
    monkeypatch.setattr(canary, "connect", lambda **_: hub)
    canary.settings = replace(canary.settings, canary_customers=customers)
    canary.handler({}, None)


def details(hub: FakeHub) -> list[dict[str, Any]]:
    return [json.loads(entry["Detail"]) for entry in hub.events.entries]


def test_everybody_gets_a_test_of_their_own(canary: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = fake_hub()
    flown(canary, monkeypatch, hub)
    assert sorted(one["customers"] for one in details(hub)) == [["acme"], ["globex"], ["initech"]]
    assert all(one["test"] and one["change"]["test_run"] for one in details(hub))
    assert all(one["change_id"].endswith(":test") for one in details(hub))


def test_only_the_chosen_are_flown_to(canary: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = fake_hub()
    flown(canary, monkeypatch, hub, "globex, acme")
    assert sorted(one["customers"] for one in details(hub)) == [["acme"], ["globex"]]


def test_one_that_fails_is_named_and_stops_no_other(
    canary: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = fake_hub()
    with pytest.raises(Retry, match=r"the canary was not announced to gone$"):
        flown(canary, monkeypatch, hub, "gone,acme")
    assert [one["customers"] for one in details(hub)] == [["acme"]]
