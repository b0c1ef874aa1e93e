"""Changes that a customer still expects, from which it must be withdrawn before removal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from changecast.contract.change import Status
from changecast.contract.reserved_ids import TEST_SUFFIX
from changecast.hub.tracking.discards import standing_revisions
from changecast.hub.tracking.queries import change_ids_of_customer
from changecast.hub.tracking.revisions import Record
from changecast.hub.tracking.table import statuses
from changecast_cli.watching.runs import is_final, run_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_OVER = frozenset({Status.COMPLETED.value, Status.CANCELLED.value})


def open_changes(table: "Table", code: str) -> list[Record]:
    """Return the newest revision of every change that names the customer and is not over."""
    return [record for record in newest_records(table, code) if is_open(record, code)]


def is_open(record: Record, code: str) -> bool:
    """Return whether a change's newest revision names the customer and is not over."""
    return code in record.customers and record.status not in _OVER


def is_unheard(table: "Table", record: Record, code: str) -> bool:
    """Return whether a change's newest revision withdraws the customer without a report so far."""
    if code not in record.withdrawn:
        return False
    run = run_of(record.change_id, statuses(table, record.change_id, record.revision))
    own = run["customers"].get(code)
    return own is None or not is_final(own)


def newest_records(table: "Table", code: str) -> Iterator[Record]:
    """Return the newest valid record of every change that ever named the customer; no tests."""
    for change_id in change_ids_of_customer(table, code):
        if not change_id.endswith(TEST_SUFFIX):
            yield from standing_revisions(table, change_id)[-1:]
