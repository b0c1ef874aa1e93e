"""Erasing a person's address from the ledger; states and counts stay.

The ledger has no index by address, so the whole table is read. Only an administrator's rare command
does this; none of our roles has the permission.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from changecast.customer.ledger import preferences
from changecast.customer.ledger.encoding import Item, decode, encode
from changecast.customer.ledger.schema import PREFERENCES, mailbox_of, run_in_pk
from changecast.customer.ledger.states import OPEN, State
from changecast.customer.ledger.table import Ledger
from changecast.lambdas.conditions import condition_holds

# Recipients in these states may still be mailed, so the address stays.
UNFINISHED = OPEN | {State.HELD}


@dataclass(frozen=True)
class FoundItem:
    """An item that contains the address, as spelled there: a recipient or an answer.

    An answer and a preference have no state; they may contain the address or the mailbox key.
    """

    key: Item
    address: str
    state: State | None

    @property
    def run(self) -> str:
        """The run that the recipient is of."""
        return run_in_pk(self.key)


@dataclass(frozen=True)
class FoundAddress:
    """Every item with an address: `done` can be erased, `unfinished` not yet."""

    done: tuple[FoundItem, ...]
    unfinished: tuple[FoundItem, ...]

    @property
    def runs(self) -> list[str]:
        """Runs that may still mail the person."""
        return sorted({item.run for item in self.unfinished})


def find_address(
    ledger: Ledger, spellings: Collection[str], page_read: Callable[[int], None]
) -> FoundAddress:
    """Find every recipient with one of these spellings, and every answer of theirs.

    `page_read` is called with each page's number of items.
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
    """
    values = {f":address{number}": one for number, one in enumerate(sorted(spellings))}
    mailboxes = {f":mailbox{number}": mailbox_of(one) for number, one in enumerate(spellings)}
    request: Any = {
        "TableName": ledger.table,
        "ConsistentRead": True,
        "FilterExpression": f"address IN ({', '.join(values)}) OR mailbox IN "
        f"({', '.join(mailboxes)})",
        "ProjectionExpression": "pk, sk, address, #state",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": encode(values | mailboxes),
    }
    found: list[FoundItem] = []
    while True:
        page = ledger.client.scan(**request)
        page_read(page["ScannedCount"])
        found += map(_found, page["Items"])
        if "LastEvaluatedKey" not in page:
            break
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    return FoundAddress(
        tuple(item for item in found if item.state not in UNFINISHED),
        tuple(item for item in found if item.state in UNFINISHED),
    )


def _found(item: Any) -> FoundItem:
    values = decode(item)
    key = {"pk": item["pk"], "sk": item["sk"]}
    state = State(values["state"]) if "state" in values else None
    return FoundItem(key, values.get("address", ""), state)


def erase_address(ledger: Ledger, item: FoundItem) -> bool:
    """Empty the address of one item; return False if the recipient has moved meanwhile.

    A choice of language and zone is deleted whole: its key says whose it is. State, attempt, SES's
    message id and the counts of the batch stay.
    """
    if item.key["pk"]["S"] == PREFERENCES:
        preferences.forget(ledger, item.key)
        return True
    if item.state is None:
        return _erase_author(ledger, item)
    values = {":nothing": "", ":address": item.address, ":state": item.state}
    return condition_holds(
        lambda: ledger.client.update_item(
            TableName=ledger.table,
            Key=item.key,
            UpdateExpression="SET address = :nothing",
            ConditionExpression="address = :address AND #state = :state",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues=encode(values),
        )
    )


def _erase_author(ledger: Ledger, item: FoundItem) -> bool:
    """Empty an answer's links to its author; the answer still counts."""
    condition_holds(
        lambda: ledger.client.update_item(
            TableName=ledger.table,
            Key=item.key,
            UpdateExpression="SET address = :nothing, mailbox = :nothing, responder = :nothing",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues=encode({":nothing": ""}),
        )
    )
    return True
