"""A further bus is like the hub's first bus, whose policy is proved."""

import re
from typing import Any

import pytest

from testbed.expand import expanded, read

HUB, BUS, ROUTE = "hub/template.yaml", "hub/bus.yaml", "hub/route.yaml"


def properties(path: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = expanded(path)["Resources"][name]["Properties"]
    return found


def test_a_further_bus_lets_its_own_accounts_report_under_the_same_conditions() -> None:
    assert expanded(BUS)["Resources"]["BusPolicy"] == expanded(HUB)["Resources"]["BusPolicy"]
    assert (
        expanded(BUS)["Conditions"]["HasCustomers"] == (expanded(HUB)["Conditions"]["HasCustomers"])
    )


@pytest.mark.parametrize("name", ["TrackAnnouncedRule", "TrackReportedRule", "Archive"])
def test_a_further_bus_tracks_and_keeps_the_same_events(name: str) -> None:
    assert properties(BUS, name)["EventPattern"] == properties(HUB, name)["EventPattern"]


@pytest.mark.parametrize("name", ["TrackAnnouncedRule", "TrackReportedRule"])
def test_its_rules_lead_to_the_hubs_status_queue_which_lets_them_in(name: str) -> None:
    exports = {
        each["Export"]["Name"]: each["Value"]["Fn::GetAtt"][0]
        for each in read(HUB)["Outputs"].values()
        if "Export" in each
    }
    rule = properties(BUS, name)
    (target,) = rule["Targets"]
    led_to = (
        target["Arn"]["Fn::ImportValue"],
        target["DeadLetterConfig"]["Arn"]["Fn::ImportValue"],
    )
    assert [exports[each] for each in led_to] == ["StatusQueue", "StatusDeadLetters"]
    (statement,) = properties(HUB, "StatusQueuePolicy")["PolicyDocument"]["Statement"]
    sources = statement["Condition"]["ArnLike"]["aws:SourceArn"]
    by_name = [each["Fn::Sub"].rpartition(":rule/")[2] for each in sources if "Fn::Sub" in each]
    assert f"changecast-hub-*/{rule['Name']}" in by_name


@pytest.mark.parametrize(
    ("bus", "fits"),
    [
        ("changecast-hub-2", True),
        ("changecast-hub-99", True),
        ("changecast-hub", False),  # it is part of the hub's stack
        ("changecast-hub-1", False),
        ("changecast-hub-100", False),
        ("changecast-hub-2x", False),
        ("changecast", False),
    ],
)
def test_a_further_bus_has_a_number(bus: str, fits: bool) -> None:
    pattern = read(BUS)["Parameters"]["BusName"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, bus)) is fits
    of_routes = read(ROUTE)["Parameters"]["HubBus"]["AllowedPattern"]
    assert bool(re.fullmatch(of_routes, bus)) is (fits or bus == "changecast-hub")


@pytest.mark.parametrize("role", ["IntakeRole", "CanaryRole"])
def test_who_announces_may_put_on_every_bus_of_the_hub_and_on_no_other(role: str) -> None:
    (statement,) = [
        statement
        for policy in properties(HUB, role)["Policies"]
        if "PolicyDocument" in policy
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "events:PutEvents"
    ]
    assert statement["Resource"] == [{"Fn::GetAtt": ["Bus", "Arn"]}, {"Fn::Sub": "${Bus.Arn}-*"}]


def test_while_a_route_moves_its_role_and_dead_letters_know_both_of_its_rules() -> None:
    trust = properties(ROUTE, "Role")["AssumeRolePolicyDocument"]["Statement"][0]
    letters = properties(ROUTE, "DeadLettersPolicy")["PolicyDocument"]["Statement"][0]
    for statement in (trust, letters):
        arns = statement["Condition"]["ArnLike"]["aws:SourceArn"]
        assert [each["Fn::Sub"].rpartition(":rule/")[2] for each in arns] == [
            "changecast-hub/changecast-route-${CustomerCode}",
            "changecast-hub-*/changecast-route-${CustomerCode}.*",
        ]
    # The registry names the new bus only when the new rule is there.
    assert expanded(ROUTE)["Resources"]["RegistryEntry"]["DependsOn"] == "Rule"
