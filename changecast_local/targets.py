"""A rule's targets: other buses, queues, functions, and the dead-letter queue.

A failed delivery goes to the dead-letter queue at once. AWS first retries temporary failures for 24
hours; here, no failure is temporary.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

import json
import logging
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from ministack.core.arn import Arn, ArnParseError, parse_arn
from ministack.core.responses import get_account_id
from ministack.services import eventbridge, lambda_svc, sqs

from changecast_local import buses, policies
from changecast_local.messages import put_message
from changecast_local.xray import segments

log = logging.getLogger("changecast.cloud")

MESSAGE_LIMIT = 1024 * 1024
# Marks an event that a rule took from another bus.
HOP = "_Hop"

Target = Mapping[str, Any]
Rule = Mapping[str, Any]


class DeliveryFailed(Exception):
    """An event cannot reach a target. `code` is an ERROR_CODE of EventBridge's dead letters."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def install() -> None:
    """Handle buses, queues and functions ourselves, and leave other targets to ministack."""
    others = eventbridge._invoke_target

    def invoke(target: Target, event: buses.Event, rule: Rule, view: Any = None) -> None:
        if not _replayed_to(rule, event):
            return
        seen = view or eventbridge._pattern_event_view(event)
        try:
            if not _deliver(target, event, rule, seen):
                others(target, event, rule, seen)
        except DeliveryFailed as failure:
            _bury(target, rule, seen, failure)
        except ArnParseError:
            malformed = DeliveryFailed("INVALID_PARAMETER", "an ARN of the target is malformed")
            _bury(target, rule, seen, malformed)

    eventbridge._invoke_target = invoke


def _replayed_to(rule: Rule, event: buses.Event) -> bool:
    """Return whether a rule gets an event; a replay can name its rules.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ReplayDestination.html
    """
    replay = eventbridge._replays.get(event.get("ReplayName", ""), {})
    requested = replay.get("Destination", {}).get("FilterArns")
    return not requested or rule["Arn"] in requested


def _deliver(target: Target, event: buses.Event, rule: Rule, view: Any) -> bool:
    """Deliver, if we handle the target's kind. Raises DeliveryFailed."""
    spec = parse_arn(target.get("Arn", ""))
    if spec.service == "events" and spec.resource.startswith("event-bus/"):
        _forward(spec, target, event, rule)
    elif spec.service == "sqs":
        _to_queue(spec, _payload(target, rule, view), event, rule)
    elif spec.service == "lambda":
        _to_function(spec, _payload(target, rule, view), event, rule)
    else:
        return False
    return True


def _forward(spec: Arn, target: Target, event: buses.Event, rule: Rule) -> None:
    """Forward an event by one hop: one from another bus or account goes no further."""
    if event.get(HOP) or event["Account"] != get_account_id():
        raise DeliveryFailed(
            "THIRD_ACCOUNT_HOP_DETECTED",
            "Events received from another event bus cannot be forwarded to this event bus.",
        )
    role, foreign = target.get("RoleArn", ""), spec.account_id != get_account_id()
    if role or foreign:
        _check_forwarding(str(spec), role, event, rule, foreign=foreign)
    if not buses.deliver({**event, "EventId": str(uuid4()), HOP: True}, str(spec)):
        raise DeliveryFailed("NO_RESOURCE", f"{spec} does not exist")


def _check_forwarding(
    bus: str, role: str, event: buses.Event, rule: Rule, *, foreign: bool
) -> None:
    """Check that the rule may assume its role, and that the role and the bus allow the put."""
    source = policies.source_keys(rule["Arn"])
    if not policies.service_may_assume(role, source):
        raise DeliveryFailed("FAILED_TO_ASSUME_ROLE", f"the rule may not assume {role!r}")
    keys = policies.event_keys([event], by_rule=True) | source
    if not policies.role_allows(role, policies.PUT_EVENTS, bus, keys):
        raise DeliveryFailed(
            "NO_PERMISSIONS", f"the rule's role {role} may not put events on {bus}"
        )
    if foreign and policies.bus_decision(buses.bus_policy(bus), bus, role, keys) != "Allow":
        raise DeliveryFailed(
            "NO_PERMISSIONS", f"the policy of {bus} does not let {role} put events on it"
        )


def _to_queue(spec: Arn, payload: str, event: buses.Event, rule: Rule) -> None:
    queue = _permitted_queue(str(spec), rule)
    largest = int(queue["attributes"].get("MaximumMessageSize", MESSAGE_LIMIT))
    if len(payload.encode()) > largest:
        raise DeliveryFailed("INVALID_PARAMETER", f"Message must be shorter than {largest} bytes.")
    put_message(queue, payload, trace_header=event.get(buses.TRACE_HEADER, ""))


def _permitted_queue(arn: str, rule: Rule) -> dict[str, Any]:
    queue: dict[str, Any] | None = sqs._queue_by_arn(arn)
    if queue is None:
        raise DeliveryFailed("NO_RESOURCE", f"{arn} does not exist")
    policy = sqs.queue_policy_for_arn(arn)[0]
    keys = policies.source_keys(rule["Arn"])
    if not policies.service_allowed(policy, "sqs:SendMessage", arn, keys):
        raise DeliveryFailed(
            "NO_PERMISSIONS", f"the policy of {arn} does not let the rule send to it"
        )
    return queue


def _to_function(spec: Arn, payload: str, event: buses.Event, rule: Rule) -> None:
    found = lambda_svc.function_policy_for_arn(str(spec))
    function, config, _ = lambda_svc._get_func_record_for_ref(str(spec))
    if not function or not config:
        raise DeliveryFailed("NO_RESOURCE", f"{spec} does not exist")
    keys = policies.source_keys(rule["Arn"])
    policy = found[0] if found else None
    if not policies.service_allowed(policy, "lambda:InvokeFunction", str(spec), keys):
        raise DeliveryFailed(
            "NO_PERMISSIONS", f"the policy of {spec} does not let the rule invoke it"
        )
    record = lambda_svc._execution_record_for_config(function, config)
    with segments.inbound_trace(event.get(buses.TRACE_HEADER, "")):
        lambda_svc.invoke_async_with_retry(record, json.loads(payload))


def _payload(target: Target, rule: Rule, view: Any) -> str:
    event = view.event_with_detail()
    if target.get("InputTransformer"):
        return str(eventbridge._apply_input_transformer(target["InputTransformer"], rule, view))
    if target.get("Input"):
        return str(target["Input"])
    for part in target.get("InputPath", "$").removeprefix("$").split("."):
        event = event[part] if part else event
    return json.dumps(event)


def _bury(target: Target, rule: Rule, view: Any, failure: DeliveryFailed) -> None:
    """Put an undelivered event into the target's dead-letter queue, if allowed."""
    log.warning("%s -> %s: %s", rule["Arn"], target.get("Arn"), failure.message)
    dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not dead_letters:
        return
    try:
        queue = _permitted_queue(dead_letters, rule)
    except DeliveryFailed as lost:
        log.warning("dropped: %s", lost.message)
        return
    attributes = {
        "RULE_ARN": rule["Arn"],
        "TARGET_ARN": target.get("Arn", ""),
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": failure.message,
    }
    put_message(queue, json.dumps(view.event_with_detail()), attributes=attributes)
