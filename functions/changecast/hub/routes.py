"""What the hub can see of a customer's route: its rule and its dead letters."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from changecast.hub.registry import DEFAULT_HUB_BUS, Customer

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

# How long a message stays hidden after a look, so that the next look finds another one.
HIDDEN_SECONDS = 30
MOST_LOOKS = 20
Revision = tuple[str, int]


class RouteFailure(NamedTuple):
    """A reason why EventBridge could not deliver an announcement to the customer's bus.

    `put_at` is when the event was put (RFC 3339), "" if the dead letter does not say so.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html (attributes)
    """

    code: str
    message: str
    put_at: str = ""


@dataclass(frozen=True)
class Route:
    """State of a route: `fault` says why it forwards nothing, "" if it works."""

    fault: str
    queue_url: str = ""
    dead_letters: Mapping[Revision, RouteFailure] = field(default_factory=dict)
    all_read: bool = True


def route_name(code: str) -> str:
    """Return the name of a customer's route: of its stack, its role and its dead-letter queue."""
    return f"changecast-route-{code}"


def rule_name(customer: Customer) -> str:
    """Return the rule of a customer's route; on a further bus it ends with the bus's number."""
    number = customer.hub_bus.removeprefix(DEFAULT_HUB_BUS).removeprefix("-")
    return f"{route_name(customer.code)}.{number}" if number else route_name(customer.code)


def look_at(events: "EventBridgeClient", sqs: "SQSClient", customer: Customer) -> Route:
    """Look at a customer's route: its rule and its dead letters, without consuming them."""
    fault = fault_of(events, customer)
    if fault:
        return Route(fault)
    try:
        url = sqs.get_queue_url(QueueName=route_name(customer.code))["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        return Route("")
    found, all_read = _dead_letters(sqs, url)
    return Route("", url, found, all_read)


def fault_of(events: "EventBridgeClient", customer: Customer) -> str:
    """Return why a customer's rule forwards nothing, "" if it works."""
    name = rule_name(customer)
    try:
        rule = events.describe_rule(Name=name, EventBusName=customer.hub_bus)
        targets = events.list_targets_by_rule(Rule=name, EventBusName=customer.hub_bus)["Targets"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return f"the bus {customer.hub_bus} has no rule {name}"
    if rule.get("State") == "DISABLED":
        return f"the rule {name} is disabled"
    if customer.bus_arn not in {target["Arn"] for target in targets}:
        return f"the rule {name} does not point to {customer.bus_arn}"
    return ""


def _dead_letters(sqs: "SQSClient", url: str) -> tuple[dict[Revision, RouteFailure], bool]:
    """Return a dead-letter queue's messages, and whether they are all; consumes none."""
    found: dict[Revision, RouteFailure] = {}
    seen: list[str] = []
    expected = _length(sqs, url)
    for _ in range(MOST_LOOKS):
        messages = _receive(sqs, url) if len(seen) < expected else []
        if not messages:
            break
        seen += [message["ReceiptHandle"] for message in messages]
        for message in messages:
            for revision, put_at in _revisions(message["Body"]):
                why = _why(message)._replace(put_at=put_at)
                found[revision] = max(why, found.get(revision, why), key=lambda one: one.put_at)
    _show_again(sqs, url, seen)
    return found, len(seen) >= expected


def _length(sqs: "SQSClient", url: str) -> int:
    """Return about how many messages there are, including those in flight."""
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(value) for value in attributes.values())


def _receive(sqs: "SQSClient", url: str) -> list[Any]:
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        VisibilityTimeout=HIDDEN_SECONDS,
        WaitTimeSeconds=1,  # a long poll asks all servers that hold messages
        MessageAttributeNames=["ERROR_CODE", "ERROR_MESSAGE"],
    )
    return list(answer.get("Messages", []))


def _show_again(sqs: "SQSClient", url: str, handles: list[str]) -> None:
    for start in range(0, len(handles), 10):
        entries: Any = [
            {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
            for number, handle in enumerate(handles[start : start + 10])
        ]
        sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)


def _revisions(body: str) -> Iterator[tuple[Revision, str]]:
    """Yield the revision that a dead letter announces, and when; nothing if it cannot be read."""
    try:
        event = json.loads(body)
        detail = event["detail"]
        yield (str(detail["change_id"]), int(detail["revision"])), str(event.get("time", ""))
    except (ValueError, TypeError, KeyError, RecursionError):
        return


def _why(message: Any) -> RouteFailure:
    attributes = message.get("MessageAttributes", {})
    code, reason = (
        attributes.get(name, {}).get("StringValue", "") for name in ("ERROR_CODE", "ERROR_MESSAGE")
    )
    return RouteFailure(code or "unknown", reason or "EventBridge gave no reason")
