"""Event buses across accounts: their policies, and delivery to a bus.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
"""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from ministack.core.arn import parse_arn
from ministack.core.responses import get_account_id, get_region, json_response, request_scope
from ministack.services import eventbridge

# Not part of the event that a target gets; EventBridge carries it beside the event.
TRACE_HEADER = "_TraceHeader"

Event = dict[str, Any]


def install() -> None:
    """Make archives drop trace headers (a replay begins a new trace), and accept whole policies."""
    archive = eventbridge._archive_event

    def without_trace_header(event: Event, view: Any = None) -> None:
        archive({key: value for key, value in event.items() if not key.startswith("_")}, view)

    eventbridge._archive_event = without_trace_header
    put = eventbridge._put_permission
    eventbridge._put_permission = lambda data: (
        _replace_policy(data) if data.get("Policy") else put(data)
    )


def _replace_policy(data: dict[str, Any]) -> Any:
    """Handle PutPermission with a whole policy, which ministack does not support.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
    """
    name = data.get("EventBusName") or "default"
    eventbridge._event_bus_policies[name] = json.loads(data["Policy"])
    return json_response({})


def bus_arn(name: str) -> str:
    """Return the ARN of a bus that a request names by name or ARN."""
    if name.startswith("arn:"):
        return name
    return f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{name or 'default'}"


def bus_policy(arn: str) -> dict[str, Any] | None:
    """Return the resource policy of a bus; None if it has none or does not exist."""
    spec = parse_arn(arn)
    name = spec.resource.split("/", 1)[-1]
    found = eventbridge._event_bus_policies.get_scoped(spec.account_id, spec.region, name)
    return dict(found) if found else None


def new_event(
    *,
    source: str,
    detail_type: str,
    detail: str,
    resources: Iterable[str] = (),
    at: float | None = None,
    trace_header: str = "",
) -> Event:
    """Return an event of the current account in ministack's form, with a new id."""
    return {
        "EventId": str(uuid4()),
        "Source": source,
        "DetailType": detail_type,
        "Detail": detail,
        "Time": int(at or time.time()),
        "Resources": list(resources),
        "Account": get_account_id(),
        "Region": get_region(),
        TRACE_HEADER: trace_header,
    }


def deliver(event: Event, arn: str) -> bool:
    """Let the rules and archives of a bus have an event; False if there is no such bus."""
    spec = parse_arn(arn)
    name = spec.resource.split("/", 1)[-1]
    with request_scope(spec.account_id, spec.region):
        eventbridge._ensure_default_bus()
        if name not in eventbridge._event_buses:
            return False
        here = {**event, "EventBusName": name}
        view = eventbridge._pattern_event_view(here)
        eventbridge._dispatch_event(here, view)
        eventbridge._archive_event(here, view)
    return True


def put_service_event(
    account: str,
    region: str,
    *,
    source: str,
    detail_type: str,
    detail: Mapping[str, Any],
    resources: Iterable[str] = (),
) -> str:
    """Put an AWS service's event on the account's default bus, and return its id."""
    with request_scope(account, region):
        event = new_event(
            source=source,
            detail_type=detail_type,
            detail=json.dumps(detail),
            resources=resources,
        )
        deliver(event, bus_arn("default"))
    return str(event["EventId"])
