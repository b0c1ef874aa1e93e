"""With `Responses=no` the customer's stack is what it would be without the feature."""

import json
from typing import Any

from testbed.expand import expanded
from tests.isolation.resolve import Place, Stack
from tests.support.deploy_rights import ACCOUNTS, CUSTOMER, PARAMETERS, REGION, STACKS

WORDS = ("Responses", "ResponseKeyring", "RESPON", "respond", "secretsmanager", "APPROVALS_NEEDED",
         "PreferencesQueue", "apply_preferences")  # fmt: skip


def resources(**parameters: str) -> dict[str, Any]:
    place = Place(ACCOUNTS[CUSTOMER], REGION, STACKS[CUSTOMER])
    stack = Stack(expanded(CUSTOMER), {**PARAMETERS[CUSTOMER], **parameters}, place)
    return {name: dict(found) for name, found in stack.resources.items()}


def test_nothing_that_is_deployed_knows_of_answers() -> None:
    plain = json.dumps(resources(), default=str)
    assert [word for word in WORDS if word in plain] == []


def test_what_the_feature_adds_is_its_own_and_changes_four_functions_and_three_roles() -> None:
    off, on = resources(), resources(Responses="yes")
    added = sorted(on.keys() - off.keys())
    assert added == [
        "ApplyPreferencesFunction", "ApplyPreferencesFunctionPreferencesQueue",
        "ApplyPreferencesLogs", "ApplyPreferencesRole", "PreferencesDeadLetters",
        "PreferencesDeadLettersAlarm", "PreferencesQueue", "RefusedLinksAlarm",
        "RespondFailsAlarm", "RespondFloodAlarm", "RespondFunction",
        "RespondFunctionPagePermission", "RespondLogs", "RespondRole", "ResponseKeyring",
        "ResponsesAccessLogs", "ResponsesApi", "ResponsesApiApiGatewayDefaultStage",
    ]  # fmt: skip
    assert off.keys() <= on.keys()
    changed = sorted(name for name in off if off[name] != on[name])
    assert changed == [
        "OperatorRole", "PlanDeliveryFunction", "ReportDeliveryFunction", "ReportDeliveryRole",
        "SendMailFunction", "SendMailRole", "SweepFunction",
    ]  # fmt: skip
