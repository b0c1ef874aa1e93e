"""With `Digest=no` the customer's stack is what it would be without the weekly overview."""

import json
from typing import Any

from testbed.expand import read
from tests.contract.templates.test_answers_off import resources


def plain(**parameters: str) -> dict[str, Any]:
    """Return the resources of a stack without reminders, unless they are asked for."""
    return resources(**{"Reminders": "", **parameters})


CHANGED = ["CreatedContactList", "PlanDeliveryFunction", "SweepFunction", "SweepRole"]


def test_nobody_gets_a_digest_unless_the_customer_says_so() -> None:
    assert read("template.yaml")["Parameters"]["Digest"]["Default"] == "no"
    text = json.dumps(plain(), default=str)
    assert [word for word in ("DIGEST", "digest") if word in text] == []


def test_the_feature_adds_no_resource_and_changes_only_what_plans_it() -> None:
    off, on = plain(), plain(Digest="yes")
    assert off.keys() == on.keys()
    assert sorted(name for name in off if off[name] != on[name]) == CHANGED


def test_the_sweep_may_send_hints_to_the_planner() -> None:
    def sends(**parameters: str) -> list[str]:
        (found,) = [
            each["Resource"]
            for policy in plain(**parameters)["SweepRole"]["Policies"]
            for each in policy["PolicyDocument"]["Statement"]
            if each["Action"] == "sqs:SendMessage"
        ]
        return [one.rpartition(":")[2] for one in found]

    hints = sends()
    assert not [one for one in hints if "Announcements" in one]
    (more,) = set(sends(Digest="yes")) - set(hints)
    assert "Announcements" in more
    assert sends(Reminders="24h", Digest="yes") == sends(Reminders="24h")


def test_the_answer_page_offers_it_only_where_both_are_on() -> None:
    def settings(**parameters: str) -> dict[str, object]:
        function = plain(Responses="yes", **parameters)["RespondFunction"]
        found: dict[str, object] = function["Environment"]["Variables"]
        return found

    assert "DIGEST" not in settings()
    assert "DIGEST" in settings(Digest="yes")
