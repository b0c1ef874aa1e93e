"""The same questions to the evaluator of the embedded cloud: what it lets through, we test with."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ministack.core import iam_actions, iam_evaluator

from changecast_local import policies
from testbed.expand import REGION
from tests.isolation.engine import Policy, Request

_PATCHED = (
    (iam_evaluator, "_first_match"),
    (iam_evaluator, "_resolve_condition_key"),
    (iam_actions, "request_tag_context"),
)


@contextmanager
def patched() -> Iterator[None]:
    """The evaluator as the embedded cloud runs it, for a while."""
    before = [(module, name, getattr(module, name)) for module, name in _PATCHED]
    policies.install()
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


def allowed(request: Request) -> bool:
    """Whether the embedded cloud's evaluator allows a request; call it inside `patched`."""
    on, service = _whole(request.on), request.principal if _is_service(request) else None
    context = _context(request)
    if service:
        decision = iam_evaluator.evaluate_resource_policy(on, context, service=service).decision
        return bool(decision == "Allow")
    own = [iam_evaluator.parse_policy_document(policy) for policy in request.identity]
    identity = iam_evaluator.evaluate(context, own)
    required = request.action == "sts:AssumeRole"
    combined = iam_evaluator.combine_resource_policy(
        identity, context, on, request.account, required=required
    )
    return bool(combined.decision == "Allow")


def _is_service(request: Request) -> bool:
    return str(request.principal).endswith(".amazonaws.com")


def _whole(policy: Policy | None) -> Policy | None:
    """A trust policy says no resource, since it stands on it."""
    if policy is None:
        return None
    statements = [{"Resource": "*", **statement} for statement in policy["Statement"]]
    return {**policy, "Statement": statements}


def _context(request: Request) -> Any:
    kind = "Service" if _is_service(request) else "AssumedRole"
    return iam_evaluator.EvalContext(
        principal_arn=str(request.principal),
        principal_type=kind,
        principal_account=str(request.context.get("aws:PrincipalAccount", "")),
        action=request.action,
        resource_arn=request.resource,
        region=REGION,
        service_context={key.lower(): value for key, value in request.context.items()},
    )
