"""IAM's policy simulator with condition keys: ministack simulates without them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any
from xml.sax.saxutils import escape

from ministack.core import iam_evaluator
from ministack.core.responses import get_region
from ministack.services import iam

from changecast_local.policies import Keys

DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny"}
_keys: ContextVar[Keys | None] = ContextVar("keys", default=None)


def install() -> None:
    """Install our simulator."""
    extract = iam._extract_simulate_params

    def with_keys(parameters: Any) -> Any:
        _keys.set(dict(_entries(parameters)))
        return extract(parameters)

    iam._extract_simulate_params = with_keys
    iam._build_simulate_results_real = results


def _entries(parameters: Any) -> Iterator[tuple[str, Any]]:
    number = 1
    while name := iam._p(parameters, f"ContextEntries.member.{number}.ContextKeyName"):
        first = f"ContextEntries.member.{number}.ContextKeyValues.member.1"
        yield name.lower(), iam._p(parameters, first)
        number += 1


def results(
    actions: list[str], resource: str, principal: str, account: str, policies: list[Any]
) -> str:
    """Evaluate each action, as the XML of one result each."""
    return "".join(
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalResourceName>{escape(resource)}</EvalResourceName>"
        f"<EvalDecision>{_decision(action, resource, principal, account, policies)}"
        "</EvalDecision><MatchedStatements/><MissingContextValues/></member>"
        for action in actions
    )


def _decision(action: str, resource: str, principal: str, account: str, policies: list[Any]) -> str:
    context = iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context=_keys.get() or {},
    )
    said = iam_evaluator.evaluate(context, policies).decision if policies else ""
    return DECISIONS.get(said, "implicitDeny")
