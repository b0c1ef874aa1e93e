"""The capacity units that DynamoDB would bill for a request. Pure.

Writes count by the KB of the larger of the item before and after, twice in a transaction; a
consistent read by 4 KB of what is read. A secondary index is written when what it holds changes,
and twice when its key does.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

import math
from collections.abc import Iterable
from typing import Any

Item = dict[str, Any]
Key = tuple[str, str]
INDEX_KEY = "due_at"
PROJECTED = ("run", "number", "change_id", "revision")


def item_bytes(item: Item) -> int:
    """Return the size of an item: names and values; a number takes about a byte for two digits."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Item) -> int:
    ((kind, inner),) = value.items()
    if kind == "N":
        digits = len(str(inner).replace("-", "").replace(".", "").strip("0"))
        return math.ceil(digits / 2) + 1
    return 1 if kind == "BOOL" else len(str(inner).encode())


def units_read(operation: str, answer: Item) -> int:
    """Return the read units of a consistent read; one that finds nothing also takes a unit."""
    if operation == "Query":
        return _fours(sum(map(item_bytes, answer["Items"])))
    if operation == "BatchGetItem":
        found = [item for items in answer["Responses"].values() for item in items]
        return sum(_fours(item_bytes(item)) for item in found)
    return _fours(item_bytes(answer.get("Item", {}))) if operation == "GetItem" else 0


def _fours(size: int) -> int:
    return max(1, math.ceil(size / 4_096))


def written_keys(operation: str, asked: Item) -> list[Key]:
    """Return the keys of the items that a request writes."""
    if operation == "UpdateItem":
        return [_key(asked["Key"])]
    if operation == "PutItem":
        return [_key(asked["Item"])]
    writes = [request for entry in asked.get("TransactItems", []) for request in entry.values()]
    return [_key(write.get("Key") or write["Item"]) for write in writes]


def _key(item: Item) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def units_written(operation: str, items: Iterable[tuple[Item, Item]]) -> int:
    """Return the write units of items, given as (before, after), including those of the index."""
    times = 2 if operation == "TransactWriteItems" else 1
    return sum(
        times * math.ceil(max(item_bytes(before), item_bytes(after)) / 1_024)
        + _index(before, after)
        for before, after in items
    )


def _index(before: Item, after: Item) -> int:
    """Return whether an item is in the index: it has the index's key; a changed key is a move."""
    was, is_now = before.get(INDEX_KEY), after.get(INDEX_KEY)
    if was != is_now:
        return (was is not None) + (is_now is not None)
    changed = any(before.get(name) != after.get(name) for name in PROJECTED)
    return int(is_now is not None and changed)
