"""With `TwoPerson=no` the hub's stacks are what they would be without the feature."""

import json
from typing import Any

import pytest

from testbed.expand import expanded
from tests.isolation.resolve import Place, Stack
from tests.support.deploy_rights import ACCOUNTS, BUS, HUB, PARAMETERS, REGION, STACKS

# A parameter that functions may read, whether it is there or not.
MAY_READ = "parameter/changecast/hub/two-persons"
WORDS = ("TwoPerson", "two-persons", "publish-approved", "PublishApproved", "publish_approved",
         "SourceIdentity", "proposals", "approvals", "break-glass")  # fmt: skip


def resources(template: str, **parameters: str) -> dict[str, Any]:
    place = Place(ACCOUNTS[template], REGION, STACKS[template])
    stack = Stack(expanded(template), {**PARAMETERS[template], **parameters}, place)
    return {name: dict(found) for name, found in stack.resources.items()}


@pytest.mark.parametrize("template", [HUB, BUS])
def test_nothing_that_is_deployed_knows_of_two_persons(template: str) -> None:
    plain = json.dumps(resources(template), default=str).replace(MAY_READ, "")
    assert [word for word in WORDS if word in plain] == []


def test_what_the_feature_adds_to_the_hub_is_its_own() -> None:
    off, on = resources(HUB), resources(HUB, TwoPerson="yes")
    assert sorted(on.keys() - off.keys()) == [
        "PublishApprovedFunction", "PublishApprovedFunctionEventInvokeConfig",
        "PublishApprovedLogs", "PublishApprovedRole", "TwoPersonsPolicy", "TwoPersonsSetting",
    ]  # fmt: skip
    assert sorted(name for name in off if off[name] != on[name]) == ["Intake", "IntakePolicy"]


def test_what_the_feature_adds_to_a_further_bus_is_the_same_denial() -> None:
    off, on = resources(BUS), resources(BUS, TwoPerson="yes")
    assert on.keys() - off.keys() == {"TwoPersonsPolicy"}
    assert [name for name in off if off[name] != on[name]] == []
    here, first = (
        each["TwoPersonsPolicy"]["Statement"] for each in (on, resources(HUB, TwoPerson="yes"))
    )
    assert {**here, "Resource": ""} == {**first, "Resource": ""}
    assert here["Resource"] != first["Resource"]


def test_what_a_crash_leaves_in_the_bucket_is_deleted() -> None:
    """Whatever folder one person may write to; the function removes the rest itself."""
    on = resources(HUB, TwoPerson="yes")
    statements = on["IntakePolicy"]["PolicyDocument"]["Statement"]
    (own,) = (one for one in statements if one["Sid"] == "OnlyUnderOnesOwnName")
    keys = [one.split(":::", 1)[1].partition("/")[2] for one in own["NotResource"]]
    personal = {key.partition("/")[0] for key in keys if "SourceIdentity" in key}
    assert personal >= {"proposals", "approvals", "break-glass"}
    rules = on["Intake"]["LifecycleConfiguration"]["Rules"]
    days = {
        one["Prefix"].rstrip("/"): one["ExpirationInDays"]
        for one in rules
        if one["Status"] == "Enabled" and "Prefix" in one
    }
    assert {folder for folder in personal if days.get(folder, 999) > 90} == set()
    assert days["approvals"] < days["proposals"], "a proposal waits longer than its approval"
    (versions,) = (one for one in rules if "NoncurrentVersionExpiration" in one)
    assert "Prefix" not in versions
