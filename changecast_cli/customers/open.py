"""Which changes a customer still waits for: those it must be withdrawn from before it leaves."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from changecast.change import Status
from changecast.records import Record, revisions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_TEST = ":test"  # as `announce` names them
_OVER = frozenset({Status.COMPLETED.value, Status.CANCELLED.value})


def open_changes(table: "Table", code: str) -> list[Record]:
    """The newest revision of every change that names the customer and is not over."""
    newest = (revisions(table, change_id)[-1:] for change_id in _changes_of(table, code))
    return [
        record
        for found in newest
        for record in found
        if code in record.customers
        and record.status not in _OVER
        and not record.change_id.endswith(_TEST)
    ]


def _changes_of(table: "Table", code: str) -> list[str]:
    return list(dict.fromkeys(_change_ids(table, code)))


def _change_ids(table: "Table", code: str) -> Iterator[str]:
    more: dict[str, Any] = {}
    while True:
        page = table.query(
            IndexName="by_customer", KeyConditionExpression=Key("customer").eq(code), **more
        )
        yield from (str(row["change_id"]) for row in page["Items"] if row.get("change_id"))
        if "LastEvaluatedKey" not in page:
            return
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
