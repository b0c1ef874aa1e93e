"""Which changes a customer still waits for: those it must be withdrawn from before it leaves."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from changecast.change import Status
from changecast.records import Record, revisions
from changecast.status_table import statuses
from changecast_cli.watching.runs import is_final, run_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_TEST = ":test"  # as `announce` names them
_OVER = frozenset({Status.COMPLETED.value, Status.CANCELLED.value})


def open_changes(table: "Table", code: str) -> list[Record]:
    """The newest revision of every change that names the customer and is not over."""
    return [record for record in newest_records(table, code) if is_open(record, code)]


def is_open(record: Record, code: str) -> bool:
    """Whether a change's newest revision names the customer and is not over."""
    return code in record.customers and record.status not in _OVER


def is_unheard(table: "Table", record: Record, code: str) -> bool:
    """Whether a change's newest revision drops the customer, which has not reported that."""
    if code not in record.withdrawn:
        return False
    run = run_of(record.change_id, statuses(table, record.change_id, record.revision))
    own = run["customers"].get(code)
    return own is None or not is_final(own)


def newest_records(table: "Table", code: str) -> Iterator[Record]:
    """The newest record of every change that the customer ever had a part in, tests left out."""
    for change_id in dict.fromkeys(_change_ids(table, code)):
        if not change_id.endswith(_TEST):
            yield from revisions(table, change_id)[-1:]


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
