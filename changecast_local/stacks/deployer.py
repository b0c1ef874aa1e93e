"""Whether the person who deploys may do what CloudFormation does for them.

CloudFormation calls every service with the caller's permissions, and sets `aws:CalledVia`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

from collections.abc import Iterable
from typing import Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, get_region

from changecast_local.stacks.arns import Resource
from changecast_local.stacks.permissions import Properties, actions

CLOUDFORMATION = "cloudformation.amazonaws.com"
VIA = {
    "aws:calledvia": [CLOUDFORMATION],
    "aws:calledviafirst": CLOUDFORMATION,
    "aws:calledvialast": CLOUDFORMATION,
    "aws:viaawsservice": "true",
}


class Denied(ValueError):
    """The caller lacks a permission for a resource; the text is CloudFormation's reason."""


def check(kind: str, handler: str, name: str, *properties: Properties) -> None:
    """Raise Denied with the first missing action unless the caller has all of a handler's.

    `name` is the resource's physical id, or its future name. The last of `properties` name the
    resource.
    """
    requested = actions(kind, handler, *properties)
    granted = policies_of(iam_evaluator.caller_arn())
    if granted is None:
        return
    resource = Resource(kind, properties[-1], name, get_account_id(), get_region())
    for action in requested:
        keys = resource.keys(action)
        for arn in resource.arns(action):
            check_action(granted, action, arn, keys)


def check_call(action: str, arn: str) -> None:
    """Raise Denied unless the caller may do one action on one resource through CloudFormation."""
    granted = policies_of(iam_evaluator.caller_arn())
    if granted is not None:
        check_action(granted, action, arn, {})


def policies_of(caller: str) -> list[Any] | None:
    """Return a caller's identity policies; None for an account's root, who may do everything."""
    spec = parse_arn(caller)
    kind, _, rest = spec.resource.partition("/")
    if not app.AUTH or spec.resource == "root":
        return None
    if kind == "assumed-role":
        return list(iam_evaluator._gather_role_policies(rest.split("/")[0], spec.account_id))
    return list(iam_evaluator._gather_user_policies(rest.rpartition("/")[2], spec.account_id))


def check_action(granted: Iterable[Any], action: str, arn: str, keys: dict[str, Any]) -> None:
    """Raise Denied, in AWS's words, unless these policies allow the action."""
    caller = iam_evaluator.caller_arn()
    context = iam_evaluator.EvalContext(
        principal_arn=caller,
        principal_type="AssumedRole" if ":assumed-role/" in caller else "User",
        principal_account=parse_arn(caller).account_id,
        action=action,
        resource_arn=arn,
        region=get_region(),
        service_context=VIA | {key.lower(): value for key, value in keys.items()},
    )
    concerned = [[one for one in policy if _names(one, action)] for policy in granted]
    if iam_evaluator.evaluate(context, concerned).decision != "Allow":
        raise Denied(
            f'Resource handler returned message: "User: {caller} is not authorized to perform: '
            f"{action} on resource: {arn} because no identity-based policy allows the {action} "
            'action" (HandlerErrorCode: AccessDenied)'
        )


def _names(statement: Any, action: str) -> bool:
    """Return whether a statement may be about an action, which is cheaper than evaluating it."""
    listed = [each.lower() for each in statement.actions]
    return bool(statement.not_actions) or any(
        each == action.lower() or "*" in each for each in listed
    )
