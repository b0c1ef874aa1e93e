"""What no statement of ours may say to anybody: read from the policies, without an engine.

IAM ANDs a statement's parts, so an engine finds a too wide principal only where nothing else stops
it. Here it is found all the same, before somebody takes away the condition that still held.
"""

from collections.abc import Iterator
from typing import Any

from tests.isolation.engine import Policy
from tests.isolation.questions import ACTIONS
from tests.isolation.things import Thing
from tests.isolation.world import World

# AWS defines no resources for these, so "*" is all that one can say.
# https://docs.aws.amazon.com/service-authorization/latest/reference/ (SES v2, X-Ray, CloudWatch)
WITHOUT_RESOURCES = frozenset(
    {
        "ses:GetAccount", "xray:PutTraceSegments", "xray:PutTelemetryRecords",
        "xray:GetTraceSummaries", "xray:BatchGetTraces", "cloudwatch:GetMetricData",
        "ses:CreateImportJob", "ses:GetImportJob", "ses:ListSuppressedDestinations",
        "ses:PutSuppressedDestination", "ses:DeleteSuppressedDestination",
    }
)  # fmt: skip

# Who takes a role keeps the name of the person; alone, the right takes no role.
NAMES_ONLY = frozenset({"sts:SetSourceIdentity"})
ASKED = NAMES_ONLY | frozenset(action for actions in ACTIONS.values() for action in actions)


def too_wide(world: World) -> list[str]:
    """Every statement that allows more than it needs to say, as a sentence."""
    found = [
        f"{who.owner}'s {who.kind} {fault}"
        for who in world.principals
        if who.kind != "Administrator" and who.owner != "stranger"
        for policy in who.policies
        for statement in _allows(policy)
        for fault in [*_wide_actions(statement), *_wide_resources(statement)]
    ]
    found += [
        f"{what.owner}'s {what.name} {fault}"
        for what in world.things
        if what.policy
        for statement in _allows(what.policy)
        if not _rules_its_own(what, statement)
        for fault in [*_wide_actions(statement), *_wide_principals(statement)]
    ]
    return list(dict.fromkeys(found))


def _allows(policy: Policy) -> Iterator[dict[str, Any]]:
    yield from (found for found in _listed(policy["Statement"]) if found["Effect"] == "Allow")


def _rules_its_own(what: Thing, statement: dict[str, Any]) -> bool:
    """AWS's own first statement of a key's policy: the account rules it. No stack's key has it.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    own = {"AWS": what.account}
    return what.name.split("/")[0] in ("Key", "OtherKey") and statement["Principal"] == own


def _wide_actions(statement: dict[str, Any]) -> Iterator[str]:
    for action in _listed(statement.get("Action", "everything but *")):
        if "*" in action:
            yield f"may do {action}"
        elif action not in ASKED:
            yield f"may do {action}, which the matrix does not ask about"


def _wide_resources(statement: dict[str, Any]) -> Iterator[str]:
    excused = set(_listed(statement["Action"])) <= WITHOUT_RESOURCES
    for resource in _listed(statement.get("Resource", "*")):
        if resource == "*" and not excused:
            yield f"may do {statement['Action']} on everything"


def _wide_principals(statement: dict[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal", "*")
    named = _listed(principal) if isinstance(principal, str) else _flat(principal)
    if any("*" in name for name in named):
        yield "lets anybody in"
    if "Service" in (principal if isinstance(principal, dict) else {}):
        yield from _any_deputy(statement)


def _any_deputy(statement: dict[str, Any]) -> Iterator[str]:
    """A service acts for many accounts: it must be asked who sent it, or for what it uses a key.

    Lambda's own trust needs neither.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    keys = {key for keys in statement.get("Condition", {}).values() for key in keys}
    by_lambda = statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    of_ours = any(key.startswith("kms:EncryptionContext:aws:") for key in keys)
    if not {"aws:SourceArn", "aws:SourceAccount"} & keys and not of_ours and not by_lambda:
        yield "lets a service in for anybody who sends it"


def _flat(principal: dict[str, Any]) -> list[str]:
    return [name for names in principal.values() for name in _listed(names)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
