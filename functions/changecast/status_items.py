"""Items of the hub's status table: their keys, and how one is changed when many write at once."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

from changecast.conditions import lost_condition
from changecast.errors import Retry
from changecast.findings import Row

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

SHARDS = 8
_ATTEMPTS = 10
_OURS = ("pk", "sk", "day_key", "state_key", "due_key")
ItemKey = dict[str, str]


class Changed(NamedTuple):
    """A row before and after."""

    before: Row
    after: Row


def change_row(
    table: "Table", key: ItemKey, change: Callable[[Row], Row], known: Row | None = None
) -> Changed:
    """Read a row, change it, write it unless somebody else was faster: then again. Raises Retry.

    `change` gets {} where there is none yet. `known` is the row as it was read a moment ago.
    """
    for _ in range(_ATTEMPTS):
        found, known = read_item(table, key) if known is None else known, None
        before, version = _parts(found)
        after = change(before)
        if after == before or put_row(table, key, after, version):
            return Changed(before, after)
    raise Retry(f"the row {key['sk']} is too busy to be written")


def change_beside(
    table: "Table", key: ItemKey, change: Callable[[Row], Row], known: Row, new: Row
) -> Changed | None:
    """Put a new item and change a row, both or neither; None where they are not as they were known.

    One request, for twice the write units.
    """
    before, version = _parts(known)
    after = change(before)
    if after == before:
        return None
    puts = [_put(table, new, None), _put(table, _whole(key, after, version), version)]
    client: Any = table.meta.client  # takes plain values, which its types do not say
    try:
        client.transact_write_items(TransactItems=puts)
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise
        return None
    return Changed(before, after)


def _parts(found: Row) -> tuple[Row, Any]:
    """What a row says, and its version."""
    row = {name: value for name, value in found.items() if name not in _OURS}
    return row, row.pop("version", None)


def _put(table: "Table", item: Row, version: Any) -> dict[str, Any]:
    """Part of a transaction: put an item if it still has this version, None for a new one."""
    put = {"TableName": table.name, "Item": item}
    if version is None:
        return {"Put": put | {"ConditionExpression": "attribute_not_exists(pk)"}}
    condition = {
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": version},
    }
    return {"Put": put | condition}


def read_item(table: "Table", key: ItemKey) -> Row:
    """A row as it is stored, {} where there is none."""
    client = table.meta.client  # unlike the table itself, made for many threads
    answer = client.get_item(TableName=table.name, Key=key, ConsistentRead=True)
    return dict(answer.get("Item", {}))


def read_items(table: "Table", keys: Sequence[ItemKey]) -> list[Row | None]:
    """The rows of different keys as they are stored, in one call; None where it gave no answer.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
    """
    if not keys:
        return []
    # A resource's client takes and gives plain values, which its types do not say.
    client: Any = table.meta.client
    wanted = {table.name: {"Keys": keys, "ConsistentRead": True}}
    answer = client.batch_get_item(RequestItems=wanted)
    found = {(row["pk"], row["sk"]): row for row in answer["Responses"].get(table.name, [])}
    left = answer.get("UnprocessedKeys", {}).get(table.name, {"Keys": []})["Keys"]
    return [None if key in left else found.get((key["pk"], key["sk"]), {}) for key in keys]


def put_row(table: "Table", key: ItemKey, row: Row, version: Any) -> bool:
    """Write a row if it still has this version, and say whether."""
    unchanged = Attr("pk").not_exists() if version is None else Attr("version").eq(version)
    return written(table, _whole(key, row, version), unchanged)


def _whole(key: ItemKey, row: Row, version: Any) -> Row:
    """A row as it is stored, its version one more than before."""
    return key | row | _index_keys(key, row) | {"version": int(version or 0) + 1}


def written(table: "Table", item: Row, condition: Any) -> bool:
    """Write a whole item if the condition holds, and say whether it did."""
    try:
        table.meta.client.put_item(TableName=table.name, Item=item, ConditionExpression=condition)
    except ClientError as error:
        if not lost_condition(error):
            raise
        return False
    return True


def _index_keys(key: ItemKey, row: Row) -> dict[str, str]:
    """What puts a row into the indexes; what has no such key is not in one."""
    shard = key["pk"].rpartition("#")[2]
    keys = {}
    if "announced_at" in row:
        # The caller's clock may say a day to come, and nobody lists those.
        day = min(row["announced_at"][:10], row["updated_at"][:10])
        keys["day_key"] = f"{day}#{shard}"
        keys["state_key"] = f"{row['state']}#{shard}"
    if "deadline" in row:
        keys["due_key"] = f"due#{shard}"
    return keys


def status_key(change_id: str, revision: int, code: str) -> ItemKey:
    """Where one customer's status of one revision is."""
    sort = f"{revision:06d}#{code}"
    shard = zlib.crc32(f"{change_id}#{sort}".encode()) % SHARDS
    return {"pk": f"status#{change_id}#{shard}", "sk": sort}


def is_status(key: ItemKey) -> bool:
    """Whether an item is a customer's status, and not a fact or a forged report."""
    return key["pk"].startswith("status#")


def query(table: "Table", **arguments: Any) -> Iterator[Row]:
    """Every item of a query, page by page."""
    while True:
        page = table.query(**arguments)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]
