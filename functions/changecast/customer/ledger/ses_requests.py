"""Turns for requests to SES other than sending, and the shared answers.

SES accepts one request a second per account, over all of its functions and people. These items
share one partition, so that a role can get access to them and to nothing else in the ledger.
"""

from dataclasses import dataclass, fields
from typing import Any

from botocore.exceptions import ClientError

from changecast.contract.errors import Retry
from changecast.customer.ledger.contention import ATTEMPTS, back_off
from changecast.customer.ledger.encoding import Item, decode, encode
from changecast.customer.ledger.table import Ledger, query
from changecast.lambdas.conditions import lost_condition

PARTITION = "control-plane"
# Seconds between two requests: a tenth more than SES's limit, because latencies differ.
APART = 1.1
# No queue of requests is this long; a turn further ahead comes from a wrong clock.
_WRONG_CLOCK = 300.0
_TURNS, _READING, _QUOTA, _CHANGE = (
    encode({"pk": PARTITION, "sk": name}) for name in ("turns", "reading", "quota", "change")
)


@dataclass(frozen=True)
class ListReading:
    """The account's readings of its contact list: the one under way, and the last one.

    `reader` has a lease until `lease_until`. `reading` is the name of the last complete one, whose
    first page was requested at `began_at`. Times are epoch seconds.
    """

    reader: str = ""
    lease_until: float = 0.0
    reading: str = ""
    began_at: float = 0.0
    read_at: float = 0.0

    def is_under_way(self, now: float) -> bool:
        """Return whether a reader is at work."""
        return bool(self.reader) and now < self.lease_until


@dataclass(frozen=True)
class Quota:
    """GetAccount's answer at `read_at`; a function began to ask again at `asked_at`."""

    rate: float = 0.0
    most: float = -1.0
    sent: float = 0.0
    enabled: bool = True
    production: bool = True
    read_at: float = 0.0
    asked_at: float = 0.0


def next_turn(ledger: Ledger, now: float, *, longest: float) -> float:
    """Reserve the account's next request to SES.

    Returns:
        When the request may be made (epoch seconds).

    Raises:
        Retry: The turn would be more than `longest` seconds away; it was not reserved.
    """
    for attempt in range(ATTEMPTS):
        found = ledger.client.get_item(TableName=ledger.table, Key=_TURNS, ConsistentRead=True)
        free = float(decode(found.get("Item", {})).get("free_at", 0.0))
        turn = now if free > now + _WRONG_CLOCK else max(now, free)
        if turn > now + longest:
            raise Retry("too many functions are waiting to call this account's SES")
        only_if = "attribute_not_exists(pk) OR free_at = :was"
        taken = {"free_at": turn + APART}
        if _update(ledger, _TURNS, taken, only_if, {":was": free}, told="NONE") is not None:
            return turn
        back_off(ledger, attempt)
    raise Retry("too many functions are waiting to call this account's SES")


def read_reading(ledger: Ledger) -> ListReading:
    """Return the state of the account's reading of its contact list."""
    found = ledger.client.get_item(TableName=ledger.table, Key=_READING, ConsistentRead=True)
    return ListReading(**_known(ListReading, found.get("Item", {})))


def start_reading(ledger: Ledger, reader: str, now: float, until: float) -> ListReading | None:
    """Take the lease for reading the contact list.

    Returns:
        The state before, whose reader may have died; None if another reader has the lease.
    """
    return _reading(
        ledger,
        {"reader": reader, "lease_until": until},
        "attribute_not_exists(reader) OR lease_until <= :now",
        {":now": now},
    )


def keep_reading(ledger: Ledger, reader: str, until: float) -> bool:
    """Extend the lease; False if it was lost."""
    return _reading(ledger, {"lease_until": until}, "reader = :me", {":me": reader}) is not None


def finish_reading(ledger: Ledger, reader: str, began_at: float, now: float) -> ListReading | None:
    """Publish what `reader` has read, under the reader's own name.

    Returns:
        The state before; None if the lease was lost.
    """
    done = {"reading": reader, "began_at": began_at, "read_at": now}
    return _reading(ledger, done, "reader = :me", {":me": reader}, ends=True)


def give_up_reading(ledger: Ledger, reader: str) -> None:
    """End the lease of a reader that failed or died."""
    _reading(ledger, {}, "reader = :me", {":me": reader}, ends=True)


def forget_reading(ledger: Ledger, reading: str) -> None:
    """Withdraw a reading, so that nobody uses it."""
    _reading(ledger, {"reading": "", "began_at": 0.0}, "reading = :it", {":it": reading})


def start_change(ledger: Ledger, owner: str, now: float, until: float) -> bool:
    """Take the lease for changing a contact; False while another function has it."""
    sets = {"changer": owner, "lease_until": until}
    only_if = "attribute_not_exists(pk) OR lease_until <= :now"
    return _update(ledger, _CHANGE, sets, only_if, {":now": now}, told="NONE") is not None


def end_change(ledger: Ledger, owner: str) -> None:
    """Return the lease; do nothing if it was lost."""
    _update(ledger, _CHANGE, {"lease_until": 0.0}, "changer = :me", {":me": owner}, told="NONE")


def read_quota(ledger: Ledger) -> Quota:
    """Return GetAccount's last answer; `read_at` is 0 if there is none."""
    found = ledger.client.get_item(TableName=ledger.table, Key=_QUOTA, ConsistentRead=True)
    return Quota(**_known(Quota, found.get("Item", {})))


def ask_quota(ledger: Ledger, known: Quota, now: float) -> bool:
    """Return whether the caller must ask again; meanwhile, others use the last answer."""
    only_if = "attribute_not_exists(asked_at) OR asked_at = :was"
    return _update(ledger, _QUOTA, {"asked_at": now}, only_if, {":was": known.asked_at}) is not None


def share_quota(ledger: Ledger, quota: Quota) -> None:
    """Share GetAccount's answer."""
    _update(ledger, _QUOTA, vars(quota), "", {})


def look(ledger: Ledger) -> ListReading:
    """Return the reading for people who wait for it, by the only action that their role allows."""
    items = query(
        ledger,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=encode({":pk": PARTITION}),
    )
    return next(
        (
            ListReading(**_known(ListReading, item))
            for item in items
            if item["sk"] == _READING["sk"]
        ),
        ListReading(),
    )


def _reading(
    ledger: Ledger, sets: Item, only_if: str, values: Item, *, ends: bool = False
) -> ListReading | None:
    before = _update(
        ledger, _READING, sets, only_if, values, remove="reader, lease_until" if ends else ""
    )
    return None if before is None else ListReading(**_known(ListReading, before))


def _known(kind: type[ListReading | Quota], item: Item) -> dict[str, Any]:
    values = decode(item)
    return {one.name: values[one.name] for one in fields(kind) if one.name in values}


def _update(
    ledger: Ledger,
    key: Item,
    sets: Item,
    only_if: str,
    values: Item,
    *,
    remove: str = "",
    told: str = "ALL_OLD",
) -> Item | None:
    """Set attributes of one item.

    Returns:
        The item before, if `told` asks for it; None if the condition does not hold.
    """
    change = "SET " + ", ".join(f"{name} = :{name}" for name in sets) if sets else ""
    given = encode({f":{name}": value for name, value in sets.items()} | values)
    request: Any = {
        "TableName": ledger.table,
        "Key": key,
        "UpdateExpression": f"{change} REMOVE {remove}".strip() if remove else change,
        "ReturnValues": told,
    }
    request |= {"ConditionExpression": only_if} if only_if else {}
    request |= {"ExpressionAttributeValues": given} if given else {}
    try:
        return ledger.client.update_item(**request).get("Attributes", {})
    except ClientError as error:
        if lost_condition(error):
            return None
        raise
