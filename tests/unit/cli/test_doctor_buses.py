"""The doctor on a hub with several buses: each is looked at, by its own name and accounts."""

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from changecast.hub.registry import Customer
from changecast_cli.doctor import hub, running
from changecast_cli.doctor.verdicts import Verdict
from tests.unit.cli.test_doctor_verdicts import Aws, checked_account

SECOND = "changecast-hub-2"
BUS = {"Bus": ("AWS::Events::EventBus", SECOND)}
ALARM = {"ReportsNotTrackedAlarm": ("AWS::CloudWatch::Alarm", f"{SECOND}-reports-not-tracked")}


def entry(code: str, account: str, bus: str) -> dict[str, str]:
    value = {"code": code, "account": account, "region": "eu-central-1", "bus_arn": "arn",
             "name": code, "hub_bus": bus}  # fmt: skip
    return {"Name": f"/changecast/customers/{code}", "Value": json.dumps(value)}


ENTRIES = [entry("acme", "222222222222", "changecast-hub"), entry("globex", "333333333333", SECOND)]


class Hub(Aws):
    """The hub's account, with a registry."""

    def get_paginator(self, _: str) -> "Hub":
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"Parameters": ENTRIES}]


BUS_ARN = f"arn:aws:events:eu-central-1:111111111111:event-bus/{SECOND}"
TWO: Any = SimpleNamespace(parameters={"TwoPerson": "yes"})


def reporters(*allowed: str, two: str = "no", denials: Sequence[Any] = ()) -> list[Verdict]:
    """Return the verdicts on the second bus, whose policy names these accounts."""
    statement = hub.expected_hub_policy() | {"Principal": {"AWS": [*allowed]}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement, *denials]})
    aws = Hub(describe_event_bus={"Arn": BUS_ARN, "Policy": policy})
    given = {"CustomerAccounts": ",".join(allowed), "TwoPerson": two}
    checked = checked_account(aws, code="hub", resources=BUS, parameters=given)
    return [*hub.reporters(checked)]


def test_a_bus_is_held_against_its_own_customers_only() -> None:
    (verdict,) = reporters("333333333333")
    assert (verdict.level, verdict.reason) == ("ok", "1 customer")


def test_a_bus_on_which_one_person_may_announce_where_two_must_is_broken() -> None:
    denials = hub.expected_denials(TWO, BUS_ARN)
    (verdict,) = reporters("333333333333", two="yes", denials=denials)
    assert (verdict.level, verdict.reason) == ("ok", "1 customer")
    weaker = json.loads(json.dumps(denials).replace("ForAnyValue", "ForAllValues"))
    for two, found in (("yes", []), ("yes", weaker), ("no", denials)):
        (verdict,) = reporters("333333333333", two=two, denials=found)
        assert (verdict.level, verdict.check) == ("broken", "bus-policy"), (two, found)
        assert verdict.fix == "changecast repair hub"


def test_a_customer_that_left_a_bus_and_may_still_report_there_is_named_with_its_move() -> None:
    (verdict,) = reporters("222222222222", "333333333333")
    assert verdict.level == "warning"
    assert verdict.fix == "changecast customers move acme --bus changecast-hub"


def test_a_customer_that_its_bus_does_not_let_report_is_broken() -> None:
    (verdict, _) = reporters("222222222222")
    assert (verdict.level, verdict.reason) == ("broken", "are not allowed to report: globex")
    assert verdict.fix == "sam deploy --config-env hub_2"


class Buses:
    """A hub account with buses of these names."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def client(self, _: str) -> "Buses":
        return self

    def list_event_buses(self, NamePrefix: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        found = [{"Name": name} for name in self.names if name.startswith(NamePrefix)]
        return {"EventBuses": found}


def test_the_further_buses_are_found_by_name_in_the_order_of_their_numbers() -> None:
    session: Any = Buses(
        "default", "changecast-hub", "changecast-hub-10", SECOND, "changecast-hub-old", "orders"
    )
    assert hub.further_buses(session) == [SECOND, "changecast-hub-10"]


@pytest.mark.parametrize(("actions", "level"), [(["arn:topic"], "ok"), ([], "warning")])
def test_the_alarms_of_a_further_bus_publish_to_the_hubs_topic(
    actions: list[str], level: str
) -> None:
    alarm = {"AlarmName": f"{SECOND}-reports-not-tracked", "AlarmActions": actions}
    aws = Aws(describe_alarms={"MetricAlarms": [alarm]})
    (verdict,) = running.alarm_actions(checked_account(aws, code="hub", resources=ALARM))
    assert verdict.level == level
    if level == "ok":
        assert verdict.reason == "1 alarm publishes to changecast-alerts"


def reports(*allowed: str, effect: str = "Allow") -> Verdict:
    """Return the verdict on globex's reports over the second bus."""
    statement = hub.expected_hub_policy() | {"Principal": {"AWS": [*allowed]}, "Effect": effect}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws: Any = Hub(describe_event_bus={"Arn": BUS_ARN, "Policy": policy if allowed else "{}"})
    globex = Customer("globex", "333333333333", "eu-central-1", "arn", "Globex", hub_bus=SECOND)
    (verdict,) = hub.reports(SimpleNamespace(client=lambda _: aws), globex)  # type: ignore[arg-type]
    return verdict


def test_a_customers_own_verdicts_say_that_the_hub_takes_its_reports() -> None:
    verdict = reports("222222222222", "333333333333")
    assert (verdict.check, verdict.level) == ("reports", "ok")


@pytest.mark.parametrize(
    "refuses", [reports("222222222222"), reports(), reports("333333333333", effect="Deny")]
)
def test_a_customer_whose_reports_the_hub_refuses_is_broken(refuses: Verdict) -> None:
    assert (refuses.check, refuses.level) == ("reports", "broken")
    assert f"the policy of the bus {SECOND} does not allow account 333333333333" in refuses.reason
    assert refuses.fix == "changecast repair hub"
