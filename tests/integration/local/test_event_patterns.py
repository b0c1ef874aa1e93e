"""Which events a rule matches, against what Amazon's own matcher was seen to do (aws-facts)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.local import stage
from tests.integration.local.test_buses import bus_with_queue

Account = Callable[[], stage.Account]
ROUTE = {"$or": [{"customers": ["acme"]}, {"withdrawn": ["acme"]}]}

CASES: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    # An array matches by intersection, exactly, case and space included.
    ({"customers": ["acme"]}, {"customers": ["globex", "acme"]}, True),
    ({"customers": ["acme"]}, {"customers": ["globex"]}, False),
    ({"customers": ["acme"]}, {"customers": ["acme-eu"]}, False),
    ({"customers": ["acme"]}, {"customers": ["ACME"]}, False),
    ({"customers": ["acme"]}, {"customers": [" acme"]}, False),
    ({"customers": ["acme"]}, {"customers": []}, False),
    ({"customers": ["acme"]}, {"customers": "acme"}, True),
    ({"customers": ["acme"]}, {}, False),
    # $or inside detail: either list, also beside other keys.
    (ROUTE, {"customers": ["acme"], "withdrawn": []}, True),
    (ROUTE, {"customers": [], "withdrawn": ["acme"]}, True),
    (ROUTE, {"customers": ["acme"], "withdrawn": ["acme"]}, True),
    (ROUTE, {"customers": ["globex"], "withdrawn": ["initech"]}, False),
    (ROUTE, {"withdrawn": ["acme"]}, True),
    (ROUTE, {}, False),
    ({"test": [False], **ROUTE}, {"customers": ["acme"], "test": False}, True),
    ({"test": [False], **ROUTE}, {"customers": ["acme"], "test": True}, False),
    # anything-but asks for one element that is another; an empty array has none.
    ({"c": [{"anything-but": ["A"]}]}, {"c": ["A", "X"]}, True),
    ({"c": [{"anything-but": ["A"]}]}, {"c": ["A"]}, False),
    ({"c": [{"anything-but": ["A"]}]}, {"c": []}, False),
    # exists looks at leaves: an empty array has none.
    ({"c": [{"exists": False}]}, {"c": []}, True),
    ({"c": [{"exists": False}]}, {}, True),
    ({"c": [{"exists": False}]}, {"c": ["A"]}, False),
    ({"c": [{"exists": True}]}, {"c": ["A"]}, True),
    ({"mail": {"tags": {"k": [{"exists": True}]}}}, {"mail": {"tags": {"k": ["1"]}}}, True),
    ({"mail": {"tags": {"k": [{"exists": True}]}}}, {"mail": {"tags": {}}}, False),
]


@pytest.mark.parametrize(("pattern", "detail", "matches"), CASES)
def test_a_pattern_matches_as_amazons_matcher_does(
    account: Account, pattern: dict[str, Any], detail: dict[str, Any], matches: bool
) -> None:
    here = account()
    url, arn = stage.make_queue(here, "seen")
    here.client("events").create_event_bus(Name="bus")
    stage.make_rule(here, "asks", {"source": ["test"], "detail": pattern}, {"Arn": arn}, "bus")
    stage.put(here, "bus", detail)
    assert len(stage.received(here, url)) == matches


def test_a_rule_that_is_switched_off_matches_nothing(account: Account) -> None:
    here = account()
    url = bus_with_queue(here)
    here.client("events").disable_rule(Name="all", EventBusName="bus")
    stage.put(here, "bus", {})
    assert stage.received(here, url) == []
    here.client("events").enable_rule(Name="all", EventBusName="bus")
    stage.put(here, "bus", {"a": 1})
    (message,) = stage.received(here, url)
    assert json.loads(message["Body"])["detail"] == {"a": 1}
