"""ministack's IAM evaluator, with the condition keys and variables that it lacks.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.arn import parse_arn
from ministack.services import iam

from changecast_local.actions import function_keys
from changecast_local.table_keys import LEADING_KEYS, leading_keys, leading_keys_for, write_keys

EVENTS = "events.amazonaws.com"
PUT_EVENTS = "events:PutEvents"
_VARIABLE = re.compile(r"\$\{([^}]+)\}")

Keys = dict[str, Any]
Policy = Mapping[str, Any] | str


def install() -> None:
    """Patch the evaluator: policy variables, the principal ARN of sessions, keys of events and
    of attributes."""
    first_match = iam_evaluator._first_match
    condition_key = iam_evaluator._resolve_condition_key
    request_keys = iam_actions.request_tag_context

    def with_variables(context: Any, statements: list[Any], effect: str) -> Any:
        # Most statements are about other actions: only the others need their variables.
        about = (each for each in statements if _is_about(each, context.action, effect))
        return first_match(context, (fill_variables(each, context) for each in about), effect)

    def with_role_arn(key: str, context: Any) -> Any:
        if key.lower() == "aws:securetransport":
            return "true"  # plain HTTP to this machine stands for AWS's HTTPS endpoints
        if key.lower() == LEADING_KEYS.lower():
            of_item = leading_keys_for(context.action, context.service_context)
            if of_item is not None:
                return of_item
        value = condition_key(key, context)
        return role_of_session(value) if key.lower() == "aws:principalarn" else value

    def with_more_keys(service: str, action: str, body: bytes, params: Any) -> Keys:
        keys: Keys = request_keys(service, action, body, params)
        if action == PUT_EVENTS:
            return keys | _request_event_keys(body)
        return keys | leading_keys(action, body) | write_keys(action, body) | function_keys()

    iam_evaluator._first_match = with_variables
    iam_evaluator._resolve_condition_key = with_role_arn
    iam_actions.request_tag_context = with_more_keys


def event_keys(entries: Iterable[Mapping[str, Any]], *, by_rule: bool = False) -> Keys:
    """Return the condition keys of putting these entries (API names: Source, DetailType)."""
    listed = list(entries)
    return {
        "events:source": [entry.get("Source", "") for entry in listed],
        "events:detail-type": [entry.get("DetailType", "") for entry in listed],
        "events:eventbusinvocation": "true" if by_rule else "false",
    }


def _request_event_keys(body: bytes) -> Keys:
    try:
        entries = json.loads(body)["Entries"]
        return event_keys(entry for entry in entries if isinstance(entry, dict))
    except (ValueError, TypeError, KeyError):
        return {}


def source_keys(rule_arn: str) -> Keys:
    """Return the condition keys of a service that acts for a rule."""
    return {"aws:sourcearn": rule_arn, "aws:sourceaccount": parse_arn(rule_arn).account_id}


def bus_decision(policy: Policy | None, bus_arn: str, principal_arn: str, keys: Keys) -> str:
    """Return a bus policy's decision on PutEvents: Allow, Deny or ImplicitDeny."""
    context = _context(principal_arn, PUT_EVENTS, bus_arn, keys)
    return str(iam_evaluator.evaluate_resource_policy(policy, context).decision)


def role_allows(role_arn: str, action: str, resource: str, keys: Keys) -> bool:
    """Return whether the identity policies of a role allow an action."""
    account, name = parse_arn(role_arn).account_id, role_arn.rsplit("/", 1)[-1]
    attached = iam_evaluator._gather_role_policies(name, account)
    context = _context(role_arn, action, resource, keys)
    return bool(iam_evaluator.evaluate(context, attached).decision == "Allow")


def service_may_assume(role_arn: str, keys: Keys) -> bool:
    """Return whether a role's trust policy lets EventBridge, acting for a rule, assume it."""
    if not role_arn:
        return False
    account, name = parse_arn(role_arn).account_id, role_arn.rsplit("/", 1)[-1]
    role = iam._roles.get_scoped(account, None, name)
    if role is None:
        return False
    return service_allowed(role["AssumeRolePolicyDocument"], "sts:AssumeRole", role_arn, keys)


def service_allowed(policy: Policy | None, action: str, resource: str, keys: Keys) -> bool:
    """Return whether a resource policy lets EventBridge act on the resource."""
    context = iam_evaluator.EvalContext(
        principal_arn=EVENTS,
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=parse_arn(resource).region,
        service_context=keys,
    )
    decision = iam_evaluator.evaluate_resource_policy(policy, context, service=EVENTS).decision
    return bool(decision == "Allow")


def _is_about(statement: Any, action: str, effect: str) -> bool:
    return bool(
        statement.effect == effect
        and iam_evaluator._action_matches(action, statement.actions, statement.not_actions)
    )


def fill_variables(statement: Any, context: Any) -> Any:
    """Return a statement with its `${...}` replaced; one without a value matches nothing."""

    def fill(text: str) -> str:
        if "${" not in text:
            return text
        return _VARIABLE.sub(lambda found: _variable(found, context), text)

    def fill_all(value: Any) -> Any:
        if isinstance(value, str):
            return fill(value)
        if isinstance(value, list):
            return [fill_all(item) for item in value]
        if isinstance(value, dict):
            return {key: fill_all(item) for key, item in value.items()}
        return value

    return replace(
        statement,
        resources=fill_all(statement.resources),
        not_resources=fill_all(statement.not_resources),
        conditions=fill_all(statement.conditions),
    )


def _variable(found: re.Match[str], context: Any) -> str:
    name, _, default = found[1].partition(",")
    if name in ("*", "?", "$"):
        return name
    value = iam_evaluator._resolve_condition_key(name.strip(), context)
    if value is None and default:
        return default.strip().strip("'")
    return found[0] if value is None or isinstance(value, list) else str(value)


def role_of_session(arn: str) -> str:
    """`aws:PrincipalArn` of an assumed role is the role, not the session.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    spec = parse_arn(arn) if arn.startswith("arn:") else None
    if spec is None or spec.service != "sts" or not spec.resource.startswith("assumed-role/"):
        return arn
    name = spec.resource.split("/")[1]
    role = iam._roles.get_scoped(spec.account_id, None, name)
    return str(role["Arn"]) if role else f"arn:aws:iam::{spec.account_id}:role/{name}"


def _context(principal_arn: str, action: str, resource: str, keys: Keys) -> Any:
    spec = parse_arn(principal_arn)
    return iam_evaluator.EvalContext(
        principal_arn=principal_arn,
        principal_type="Root" if spec.resource == "root" else "AssumedRole",
        principal_account=spec.account_id,
        action=action,
        resource_arn=resource,
        region=parse_arn(resource).region,
        service_context=keys,
    )
