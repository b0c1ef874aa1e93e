"""Read and write items of the status table with many writers at once."""

from collections.abc import Callable, Iterator, Sequence
from secrets import token_hex
from typing import TYPE_CHECKING, Any, NamedTuple

from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

from changecast.contract.errors import Retry
from changecast.hub.tracking.chain import chained
from changecast.hub.tracking.schema import KEYS, ItemKey, Row, index_keys
from changecast.lambdas.conditions import condition_holds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_ATTEMPTS = 10


class Changed(NamedTuple):
    """A row before and after."""

    before: Row
    after: Row


def change_row(
    table: "Table", key: ItemKey, change: Callable[[Row], Row], known: Row | None = None
) -> Changed:
    """Read, change and write a row; start again if another writer was faster. Raises Retry.

    `change` gets {} if there is no row yet. `known` is the row as read a moment ago.
    """
    for _ in range(_ATTEMPTS):
        found, known = read_item(table, key) if known is None else known, None
        before, version = _parts(found)
        after = change(before)
        if after == before or put_row(table, key, after, version):
            return Changed(before, after)
    raise Retry(f"the row {key['sk']} could not be written, because it kept changing")


def append_entry(
    table: "Table", key: ItemKey, change: Callable[[Row], Row], entry: Row, known: Row | None = None
) -> Changed:
    """Append an entry to a row's chained history and change the row, both or neither.

    If the row is as `known`, this is one request, for twice the write units. An existing entry
    changes nothing. Raises Retry.
    """
    client: Any = table.meta.client  # takes plain values, although its types do not say so
    salt = token_hex(16)
    for _ in range(_ATTEMPTS):
        found, known = read_item(table, key) if known is None else known, None
        before, version = _parts(found)
        after, linked = chained(change(before), entry, salt)
        puts = [_put(table, linked, None), _put(table, _whole(key, after, version), version)]
        if _transacted(client, puts):
            return Changed(before, after)
        if read_item(table, {"pk": entry["pk"], "sk": entry["sk"]}):
            return Changed(before, before)
    raise Retry(f"the row {key['sk']} could not be written, because it kept changing")


def _transacted(client: Any, puts: list[dict[str, Any]]) -> bool:
    try:
        client.transact_write_items(TransactItems=puts)
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise
        return False
    return True


def _parts(found: Row) -> tuple[Row, Any]:
    """Return a row's content and its version."""
    row = {name: value for name, value in found.items() if name not in KEYS}
    return row, row.pop("version", None)


def _put(table: "Table", item: Row, version: Any) -> dict[str, Any]:
    """Return part of a transaction: put an item that still has this version, or is new (None)."""
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
    """Return a row as it is stored, or {} if there is none."""
    client = table.meta.client  # unlike the table, a client may be shared among threads
    answer = client.get_item(TableName=table.name, Key=key, ConsistentRead=True)
    return dict(answer.get("Item", {}))


def read_items(table: "Table", keys: Sequence[ItemKey]) -> list[Row | None]:
    """Return the rows with different keys, read in one call; None for those without an answer.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
    """
    if not keys:
        return []
    # A resource's client takes and returns plain values, although its types do not say so.
    client: Any = table.meta.client
    requested = {table.name: {"Keys": keys, "ConsistentRead": True}}
    answer = client.batch_get_item(RequestItems=requested)
    found = {(row["pk"], row["sk"]): row for row in answer["Responses"].get(table.name, [])}
    left = answer.get("UnprocessedKeys", {}).get(table.name, {"Keys": []})["Keys"]
    return [None if key in left else found.get((key["pk"], key["sk"]), {}) for key in keys]


def put_row(table: "Table", key: ItemKey, row: Row, version: Any) -> bool:
    """Write a row if it still has this version; return whether it did."""
    unchanged = Attr("pk").not_exists() if version is None else Attr("version").eq(version)
    return written(table, _whole(key, row, version), unchanged)


def _whole(key: ItemKey, row: Row, version: Any) -> Row:
    """Return a row to store, with its version increased."""
    return key | row | index_keys(key, row) | {"version": int(version or 0) + 1}


def written(table: "Table", item: Row, condition: Any) -> bool:
    """Write a whole item if the condition holds; return whether it did."""
    return condition_holds(
        lambda: table.meta.client.put_item(
            TableName=table.name, Item=item, ConditionExpression=condition
        )
    )


def put_once(table: "Table", item: Row) -> bool:
    """Write an item unless its key exists; return whether it was written."""
    return condition_holds(
        lambda: table.put_item(Item=item, ConditionExpression=Attr("pk").not_exists())
    )


def query(table: "Table", **arguments: Any) -> Iterator[Row]:
    """Yield every item of a query, page by page."""
    while True:
        page = table.query(**arguments)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]
