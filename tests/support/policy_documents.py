"""docs/policies/*.json, evaluated as IAM does it."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from changecast_local import bridge
from tests.support.deploy_rights import Need

FOLDER = Path(__file__).parents[2] / "docs" / "policies"
VIA = {"aws:calledvia": ["cloudformation.amazonaws.com"]}


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_text(name))
    return found


@cache
def _text(name: str) -> str:
    return (FOLDER / f"{name}.json").read_text("utf-8")


def failing(wanted: Iterable[Need], documents: Iterable[Any]) -> list[str]:
    """The steps that fail under these documents, each with what it may not do."""
    bridge.install()
    from ministack.core import iam_evaluator  # noqa: PLC0415 - the bridge loads it

    policies = [iam_evaluator.parse_policy_document(each) for each in documents]

    def allowed(need: Need) -> bool:
        keys = {name.lower(): value for name, value in need.keys}
        context = iam_evaluator.EvalContext(
            principal_arn="arn:aws:iam::111111111111:role/deployer",
            principal_type="AssumedRole",
            principal_account="111111111111",
            action=need.action,
            resource_arn=need.arn,
            region="eu-central-1",
            service_context=keys | (VIA if need.by_cloudformation else {}),
        )
        return bool(iam_evaluator.evaluate(context, policies).decision == "Allow")

    once = {(n.action, n.arn, repr(n.keys), n.by_cloudformation): n for n in wanted}
    return [f"{n.step}: {n.action} on {n.arn}" for n in once.values() if not allowed(n)]


def without(policy: dict[str, Any], action: str) -> dict[str, Any]:
    statements = [
        {**one, "Action": [each for each in one["Action"] if each != action]}
        for one in policy["Statement"]
    ]
    return {**policy, "Statement": [one for one in statements if one["Action"]]}
