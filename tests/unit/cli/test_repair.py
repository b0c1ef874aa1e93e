"""What a repair would change, what it changed, and what the customer missed in the meantime."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from changecast.contract.change import utc
from changecast_cli.repair import command
from changecast_cli.repair.command import Plan, Repaired, repaired
from changecast_cli.repair.drift import ChangeSet
from changecast_cli.repair.fixes import Fix, rules, switched_off
from changecast_cli.repair.missed import MOST, commands
from tests.unit.cli.test_doctor_running import ALARM, FUNCTION, ON, RULE
from tests.unit.cli.test_doctor_verdicts import Aws, checked_account

NOW = datetime(2027, 1, 16, 8, tzinfo=UTC)
AN_HOUR_AGO = utc(NOW - timedelta(hours=1))
DISABLED = {"State": "DISABLED"}
OFF: dict[str, Any] = {
    "get_function_concurrency": {"ReservedConcurrentExecutions": 0},
    "list_event_source_mappings": {"EventSourceMappings": [{"UUID": "1", "State": "Disabled"}]},
    "describe_rule": {"Name": "changecast-route-acme", **DISABLED},
    "describe_alarms": {"MetricAlarms": [{"AlarmName": "paused", "ActionsEnabled": False}]},
    "enable_alarm_actions": {},
}


def test_every_switch_is_named_with_what_it_is_and_what_it_becomes() -> None:
    found = switched_off(checked_account(Aws(**ON | OFF), resources=FUNCTION | RULE | ALARM))
    assert [each.change for each in found] == [
        "function changecast-send: reserved concurrency 0 -> none",
        "event source of function changecast-send: disabled -> enabled",
        "rule changecast-route-acme: disabled -> enabled",
        "actions of alarms paused: disabled -> enabled",
    ]


class Rules(Aws):
    """EventBridge for somebody who may read the rules of some buses, and no others."""

    def __init__(self, rules: dict[tuple[str, str], Any], *may_read: str) -> None:
        super().__init__(enable_rule={})
        self._rules, self._may_read = rules, may_read

    def describe_rule(self, *, Name: str, EventBusName: str) -> Any:  # noqa: N803
        if EventBusName not in self._may_read:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "DescribeRule")
        if (EventBusName, Name) not in self._rules:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "DescribeRule")
        return self._rules[EventBusName, Name]


ROUTE_RULE = {"Rule": ("AWS::Events::Rule", "changecast-route-acme")}
BUS = {"Bus": ("AWS::Events::EventBus", "changecast")}


@pytest.mark.parametrize("hub_bus", ["changecast-hub", "changecast-hub-2"])
def test_a_routes_rule_that_was_deleted_is_looked_for_only_on_the_bus_of_its_route(
    hub_bus: str,
) -> None:
    """Nobody may read rules of routes on the default bus; CloudFormation makes the rule again."""
    route = {"resources": ROUTE_RULE, "parameters": {"HubBus": hub_bus}}
    assert [*rules(checked_account(Rules({}, hub_bus), **route))] == []
    off = {(hub_bus, "changecast-route-acme"): {"Name": "changecast-route-acme", **DISABLED}}
    (found,) = rules(checked_account(Rules(off, hub_bus), **route))
    assert found.change == RULE_OFF[0]


@pytest.mark.parametrize("bus", ["changecast", "default"])
def test_a_rule_of_a_customers_stack_is_found_on_either_bus(bus: str) -> None:
    named = {"AnyRule": ("AWS::Events::Rule", "changecast-any")}
    off = {(bus, "changecast-any"): {"Name": "changecast-any", **DISABLED}}
    aws = Rules(off, "changecast", "default")
    (found,) = rules(checked_account(aws, resources=named | BUS))
    assert found.change == "rule changecast-any: disabled -> enabled"


def row(change_id: str, state: str, **more: Any) -> dict[str, Any]:
    return {"change_id": change_id, "customer": "acme", "revision": 1, "state": state,
            "announced_at": AN_HOUR_AGO, **more}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "missed"),
    [
        ([row("CHG-1", "no_route"), row("CHG-2", "sent"), row("CHG-3", "announced")],
         ["CHG-1", "CHG-3"]),
        # Its report may still be on the way.
        ([row("CHG-1", "announced", announced_at=utc(NOW))], []),
        ([row("CHG-1", "no_route"), row("CHG-1", "sent", revision=2)], []),
        ([row("CHG-1", "sent"), row("CHG-1", "no_route", revision=2)], ["CHG-1"]),
        ([row("CHG-1", "no_route", discarded=True)], []),
        ([row("CHG-1", "paused")], []),
    ],
)  # fmt: skip
def test_what_nobody_reported_about_was_missed(
    rows: list[dict[str, Any]], missed: list[str]
) -> None:
    expected = [f"changecast reannounce {change_id} --customer acme" for change_id in missed]
    assert commands("acme", rows, NOW) == expected


def test_many_changes_that_were_missed_are_replayed() -> None:
    rows = [row(f"CHG-{number}", "no_route") for number in range(MOST + 1)]
    assert commands("acme", rows, NOW) == ["changecast replay --from 14d --customer acme"]


RULE_OFF = ["rule changecast-route-acme: disabled -> enabled"]
AGAIN = ["changecast reannounce CHG-201 --customer acme"]


def test_after_a_repair_what_was_changed_and_what_was_missed_is_said() -> None:
    done = Repaired("acme", RULE_OFF, AGAIN, done=True, has_new_identity=False)
    assert [*done.told()] == [
        "Restored at acme:",
        f"  {RULE_OFF[0]}",
        "Changes missed in the meantime:",
        f"  {AGAIN[0]}",
        "Check it: changecast doctor --customer acme",
    ]


def test_a_repair_that_did_nothing_claims_nothing() -> None:
    assert [*Repaired("acme", RULE_OFF, AGAIN, done=False, has_new_identity=False).told()] == []
    (missed, again, nothing) = Repaired(
        "acme", [], AGAIN, done=False, has_new_identity=False
    ).told()
    assert (missed, again.strip()) == ("Changes missed in the meantime:", AGAIN[0])
    assert nothing.startswith("Nothing to do: ")


def test_a_new_identity_asks_for_its_dns_records() -> None:
    told = [*Repaired("acme", ["it"], [], done=True, has_new_identity=True).told()]
    assert any("changecast doctor --customer acme --records" in line for line in told)


class Unread:
    """A hub whose status table cannot be read."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def client(self, _: str) -> Any:
        return Aws(get_caller_identity={"Arn": "arn:aws:iam::111111111111:user/ana"})

    def resource(self, _: str) -> Any:
        raise self.fault


@pytest.mark.parametrize(
    "fault",
    [
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "slower"}}, "Query"),
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Query"),
        EndpointConnectionError(endpoint_url="https://dynamodb.example"),
    ],
)
def test_a_repair_that_is_done_stays_done_if_the_hub_cannot_be_read(
    fault: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    hub: Any = Unread(fault)
    plan = Plan([Fix("a rule", RULE_OFF[0], lambda: None)], ChangeSet(hub, "changecast", "", ()))
    found = repaired("acme", hub, [plan], done=True)
    assert (found.done, found.lines, found.missed) == (True, RULE_OFF, [])
    assert found.unread
    assert "could not be added to the history" in capsys.readouterr().err
    with pytest.raises(type(fault)):
        repaired("acme", hub, [plan], done=False)


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_a_repair_that_is_done_stays_done_if_its_change_sets_cannot_be_deleted(
    code: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    class Stacks:
        def delete_change_set(self, **of: str) -> None:
            asked.append(of["StackName"])
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "DeleteChangeSet")

    def plan(stack: str, *_: Any) -> Plan:
        sets: Any = Stacks()
        return Plan([], ChangeSet(sets, stack, "changecast-repair-1", ()))

    two = [("changecast", None, None), ("changecast-route-acme", None, None)]
    monkeypatch.setattr(command, "_stacks", lambda *_: two)
    monkeypatch.setattr(command, "_plan", plan)
    monkeypatch.setattr("changecast_cli.deploying.samconfig_file.read", lambda _: "")
    nowhere: Any = None
    with command.compared("acme", nowhere, nowhere) as plans:
        command.carry_out(plans)
    assert asked == ["changecast", "changecast-route-acme"]
    assert "changecast-repair-1" in capsys.readouterr().err
