"""The customer's endpoints: chats and webhooks, managed with `changecast channels`.

The customer's own people write them, and the function that delivers notices records their state. An
operator may write none of these attributes, because endpoints get the content of mails.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from changecast.customer.ledger.encoding import decode, encode
from changecast.customer.ledger.schema import ENDPOINTS_PK, ChannelName, endpoint_key
from changecast.customer.ledger.table import Ledger, query
from changecast.lambdas.conditions import condition_holds

# How long an endpoint may fail before its alarm (seconds).
DEAD_SECONDS = 900.0
# How long the previous secret also signs after a rotation (seconds).
ROTATION_SECONDS = 86_400.0
_NAME = re.compile("[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


@dataclass(frozen=True)
class Endpoint:
    """One chat (`target` is its SNS topic) or webhook (its address). Times are epoch seconds.

    With `tests`, it also gets tests and everything outside `prod`. `secret` is the ARN of a
    webhook's secret. `off` says why nothing is sent to it. `failing_since` is 0 if the last notice
    was accepted, otherwise `failure` says what happened. `tested_at` is when its last test ended.
    """

    name: str
    channel: ChannelName
    target: str
    topics: tuple[str, ...]
    tests: bool = False
    secret: str = ""
    created_at: float = 0.0
    rotated_at: float = 0.0
    off: str = ""
    failing_since: float = 0.0
    failure: str = ""
    told_at: float = 0.0
    tested_at: float = 0.0
    test_result: str = ""

    @property
    def is_on(self) -> bool:
        """Whether notices are sent to it."""
        return not self.off

    def is_dead(self, now: float) -> bool:
        """Return whether people should look at it, because it is off or has failed for long."""
        return not self.is_on or 0.0 < self.failing_since <= now - DEAD_SECONDS


def is_name(name: str) -> bool:
    """Return whether a name is valid for an endpoint."""
    return _NAME.fullmatch(name) is not None


def read_endpoints(ledger: Ledger) -> list[Endpoint]:
    """Return the account's endpoints by name."""
    found = query(
        ledger,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=encode({":pk": ENDPOINTS_PK}),
    )
    return [_endpoint_of(item) for item in found]


def read_endpoint(ledger: Ledger, name: str) -> Endpoint | None:
    """Return an endpoint; None if there is none with this name."""
    answer = ledger.client.get_item(
        TableName=ledger.table, Key=endpoint_key(name), ConsistentRead=True
    )
    return _endpoint_of(answer["Item"]) if "Item" in answer else None


def add_endpoint(ledger: Ledger, endpoint: Endpoint) -> bool:
    """Store a new endpoint; return False if its name is taken."""
    values = asdict(endpoint) | {"topics": ",".join(endpoint.topics)}
    item = endpoint_key(endpoint.name) | encode(values)
    return condition_holds(
        lambda: ledger.client.put_item(
            TableName=ledger.table, Item=item, ConditionExpression="attribute_not_exists(pk)"
        )
    )


def remove_endpoint(ledger: Ledger, name: str) -> None:
    """Delete an endpoint; planned notices for it are not sent."""
    ledger.client.delete_item(TableName=ledger.table, Key=endpoint_key(name))


def note_rotation(ledger: Ledger, name: str, now: float) -> None:
    """Note that an endpoint has a new secret; the previous one is valid for a day."""
    _note(ledger, name, {"rotated_at": now})


def note_told(ledger: Ledger, name: str, now: float) -> None:
    """Note that an endpoint accepted a notice."""
    _note(ledger, name, {"told_at": now, "failing_since": 0.0, "failure": ""})


def note_failure(ledger: Ledger, endpoint: Endpoint, why: str, now: float) -> None:
    """Note that an endpoint did not accept a notice; `failing_since` stays if it is set."""
    since = endpoint.failing_since or now
    _note(ledger, endpoint.name, {"failing_since": since, "failure": why})


def switch_off(ledger: Ledger, name: str, why: str) -> None:
    """Switch an endpoint off."""
    _note(ledger, name, {"off": why})


def note_test(ledger: Ledger, name: str, result: str, now: float, *, passed: bool) -> None:
    """Note the result of an endpoint's test; one that passes switches it on again."""
    again = {"off": "", "failing_since": 0.0, "failure": ""} if passed else {}
    _note(ledger, name, {"tested_at": now, "test_result": result, **again})


def dead_endpoints(endpoints: Iterable[Endpoint], now: float) -> int:
    """Count the endpoints that need a person."""
    return sum(endpoint.is_dead(now) for endpoint in endpoints)


def _note(ledger: Ledger, name: str, values: dict[str, Any]) -> None:
    """Set attributes of an endpoint, unless it has been removed."""
    condition_holds(
        lambda: ledger.client.update_item(
            TableName=ledger.table,
            Key=endpoint_key(name),
            UpdateExpression="SET " + ", ".join(f"#{key} = :{key}" for key in values),
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={f"#{key}": key for key in values},
            ExpressionAttributeValues=encode({f":{key}": value for key, value in values.items()}),
        )
    )


def _endpoint_of(item: Any) -> Endpoint:
    values = decode(item)
    values |= {
        "channel": ChannelName(values["channel"]),
        "topics": tuple(values["topics"].split(",")),
    }
    return Endpoint(**{key: values[key] for key in Endpoint.__dataclass_fields__ if key in values})
