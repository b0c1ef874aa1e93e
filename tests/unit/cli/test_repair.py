"""What a repair would change, what it changed, and what the customer missed in the meantime."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from typer.testing import CliRunner

from changecast.contract.change import utc
from changecast.contract.pause_code import PauseCode
from changecast_cli.main import app
from changecast_cli.repair import command
from changecast_cli.repair.command import Plan, Repaired, repaired
from changecast_cli.repair.drift import ChangeSet
from changecast_cli.repair.fixes import Fix, rules, switched_off
from changecast_cli.repair.missed import MOST, commands, resumptions, young
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


def test_after_a_repair_a_change_announced_a_moment_ago_was_missed_too() -> None:
    young = row("CHG-1", "announced", announced_at=utc(NOW))
    again = commands("acme", [young, row("CHG-2", "sent")], NOW, timedelta(0))
    assert again == ["changecast reannounce CHG-1 --customer acme"]


def test_without_a_repair_what_was_announced_a_moment_ago_is_open_and_may_still_report() -> None:
    rows = [row("CHG-1", "announced", announced_at=utc(NOW)), row("CHG-2", "announced"),
            row("CHG-3", "sent", announced_at=utc(NOW))]  # fmt: skip
    again = ["changecast reannounce CHG-1 --customer acme"]
    assert young("acme", rows, NOW) == again
    for lines in (RULE_OFF, []):
        told = [*Repaired("acme", lines, [], done=False, has_new_identity=False,
                          young=tuple(again)).told()]  # fmt: skip
        assert "no report from acme yet" in told[0]
        assert told[1] == f"  {again[0]}"


def test_paused_runs_that_wait_for_an_operator_are_named_and_those_that_do_not_are_not() -> None:
    def paused(change_id: str, code: str | None, **more: Any) -> dict[str, Any]:
        return row(change_id, "paused", reason=code and {"code": code, "message": "x"}, **more)

    rows = [
        paused("CHG-1", PauseCode.SENDER_NOT_VERIFIED),
        paused("CHG-2", PauseCode.DAILY_QUOTA),
        paused("CHG-3", None),
        paused("CHG-4", "of a later version"),
        paused("CHG-5", PauseCode.ACCESS_DENIED),
        row("CHG-5", "sent", revision=2),
        paused("CHG-6", PauseCode.ACCESS_DENIED, discarded=True),
    ]
    named = [f"changecast resume {one} --customer acme" for one in ("CHG-1", "CHG-3", "CHG-4")]
    assert resumptions("acme", rows) == named


def test_many_changes_that_were_missed_are_replayed() -> None:
    rows = [row(f"CHG-{number}", "no_route") for number in range(MOST + 1)]
    assert commands("acme", rows, NOW) == ["changecast replay --from 14d --customer acme"]


@pytest.mark.parametrize("unheard", [[], ["CHG-1"], ["CHG-1", "CHG-2"]])
def test_dead_letters_of_the_route_are_replayed_as_the_doctor_says(unheard: list[str]) -> None:
    rows = [row(change_id, "refused_by_bus") for change_id in unheard]
    found = commands("acme", rows, NOW, letters=2)
    assert found == ["changecast replay --from 14d --customer acme"]


RULE_OFF = ["rule changecast-route-acme: disabled -> enabled"]
WITHOUT_REPORT = "Changes without a report from acme. Announce them again; nobody is mailed twice:"
AGAIN = ["changecast reannounce CHG-201 --customer acme"]


def test_after_a_repair_what_was_changed_and_what_was_missed_is_said() -> None:
    done = Repaired("acme", RULE_OFF, AGAIN, done=True, has_new_identity=False)
    assert [*done.told()] == [
        "Restored at acme:",
        f"  {RULE_OFF[0]}",
        WITHOUT_REPORT,
        f"  {AGAIN[0]}",
        "Check it: changecast doctor --customer acme",
    ]


def test_a_repair_that_did_nothing_claims_nothing() -> None:
    assert [*Repaired("acme", RULE_OFF, [], done=False, has_new_identity=False).told()] == []
    of_plan = [*Repaired("acme", RULE_OFF, AGAIN, done=False, has_new_identity=False).told()]
    after = WITHOUT_REPORT.replace("Announce them", "After the repair, announce them")
    assert of_plan == [after, f"  {AGAIN[0]}"], "it still says what is open"
    (missed, again, nothing) = Repaired(
        "acme", [], AGAIN, done=False, has_new_identity=False
    ).told()
    assert (missed, again.strip()) == (WITHOUT_REPORT, AGAIN[0])
    assert nothing.startswith("Nothing to do: ")


def test_a_repair_names_the_runs_that_wait_for_resume() -> None:
    again = "changecast resume CHG-1 --customer acme"
    told = [*Repaired("acme", RULE_OFF, [], done=True, has_new_identity=False,
                      paused=(again,)).told()]  # fmt: skip
    assert told[-3].startswith("Paused runs")
    assert told[-2:] == [f"  {again}", "Check it: changecast doctor --customer acme"]


def test_a_repair_of_the_hub_says_that_late_reports_need_nobody() -> None:
    told = [*Repaired("hub", ["it"], [], done=True, has_new_identity=False).told()]
    assert "arrive automatically within about three minutes" in told[-2]
    (nothing,) = Repaired("hub", [], [], done=False, has_new_identity=False).told()
    assert nothing.startswith("Nothing to do")


@pytest.mark.parametrize(
    ("how", "planned"), [(["--yes"], False), (["--dry-run"], True), (["--yes", "--dry-run"], True)]
)
def test_who_says_yes_is_told_what_was_done_and_not_what_would_be(
    how: list[str], planned: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    @contextmanager
    def compared(*_: Any) -> Iterator[list[Plan]]:
        yield [Plan([Fix("a rule", RULE_OFF[0], lambda: None)], ChangeSet(None, "x", "", ()))]  # type: ignore[arg-type]

    def repaired(who: str, *_: Any, done: bool) -> Repaired:
        return Repaired(who, RULE_OFF, [], done=done, has_new_identity=False)

    monkeypatch.setattr(command, "compared", compared)
    monkeypatch.setattr(command, "repaired", repaired)
    file = tmp_path / "samconfig.toml"
    file.write_text("version = 0.1\n", "utf-8")
    result = CliRunner().invoke(app, ["repair", "acme", "--config", str(file), *how])
    assert result.exit_code == 0, result.output
    assert ("Would restore at acme:" in result.stderr) is planned
    assert result.output.count(RULE_OFF[0]) == 1
    assert ("Restored at acme:" in result.stdout) is not planned


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
