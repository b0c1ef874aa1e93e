"""The status table's interface: how announcements and reports change it, and its queries."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from botocore.config import Config

from changecast.contract.change import utc
from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.delivery_reported import DeliveryReported, run_named_by
from changecast.contract.envelope import Envelope
from changecast.hub.tracking.findings import ANNOUNCED
from changecast.hub.tracking.forged_reports import refuse_forged
from changecast.hub.tracking.history import history, keep_report, report_item
from changecast.hub.tracking.items import (
    Changed,
    append_entry,
    change_row,
    put_row,
    read_items,
)
from changecast.hub.tracking.queries import (
    statuses,
    statuses_in,
    statuses_of_customer,
    statuses_of_days,
)
from changecast.hub.tracking.rows import with_announcement, with_report
from changecast.hub.tracking.schema import ItemKey, Row, reminder_status_key, status_key
from changecast.lambdas.clients import USER_AGENT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

__all__ = [
    "ANNOUNCED", "Row", "apply_report", "history", "open_status_rows", "statuses", "statuses_in",
    "statuses_of_customer", "statuses_of_days",
]  # fmt: skip
TIME_TO_REPORT = timedelta(minutes=15)
# We build every request ourselves and DynamoDB checks it, so botocore need not.
TABLE = Config(user_agent=USER_AGENT, parameter_validation=False)
THREADS = 10  # as many as botocore's connections


def open_status_rows(
    table: "Table",
    announced: Envelope[ChangeAnnounced],
    now: datetime,
    time_to_report: timedelta = TIME_TO_REPORT,
    more: Iterable[str] = (),
) -> None:
    """Open a status row for every customer that an announcement names, and for `more` codes.

    There may be 2,000, and the tracker's batch may have ten such announcements.
    """
    detail = announced.detail
    codes = dict.fromkeys((*detail.customers, *detail.withdrawn, *more))
    with ThreadPoolExecutor(min(THREADS, len(codes))) as threads:
        each = partial(_open_status_row, table, announced, now, time_to_report)
        list(threads.map(each, codes))


def _open_status_row(
    table: "Table", announced: Envelope[ChangeAnnounced], now: datetime,
    time_to_report: timedelta, code: str,
) -> None:  # fmt: skip
    """Open a row; most are new, so write first and read only if there is one."""

    def change(row: Row) -> Row:
        return with_announcement(row, announced, code, now, time_to_report)

    key = status_key(announced.detail.change_id, announced.detail.revision, code)
    if not put_row(table, key, change({}), None):
        change_row(table, key, change)


def rows_named_by(table: "Table", bodies: Sequence[str]) -> dict[str, Row | None]:
    """Read the rows that reports name in one call, for each body except repeats of a row.

    A body that is not a report names no row.
    """
    named = {run: body for body in reversed(bodies) if (run := run_named_by(body))}
    keys = [status_key(*run) for run in named]
    return dict(zip(named.values(), read_items(table, keys), strict=True))


def _key_of(detail: DeliveryReported, change_id: str, revision: int) -> ItemKey:
    """Return the row that a report is about: a reminder has one of its own."""
    if detail.reminder is None:
        return status_key(change_id, revision, detail.customer)
    start = utc(detail.reminder.window_start)
    return reminder_status_key(change_id, detail.customer, start, detail.reminder.before)


def apply_report(
    table: "Table",
    reported: Envelope[DeliveryReported],
    code: str | None,
    now: datetime,
    time_to_report: timedelta = TIME_TO_REPORT,
    known: Row | None = None,
) -> "Changed | None":
    """Apply a report to its status row, and keep the report as received.

    Args:
        code: The customer of the sending account, by the registry.
        known: The row as read a moment ago.

    Returns:
        What the report changed; None if it names no row.

    Raises:
        ContractError: `forged`: the account has no customer, or reports for another.
        Retry: Too many other writers of the row.
    """
    detail = reported.detail
    refuse_forged(table, reported, code, now)
    if detail.change_id is None or detail.revision is None:
        keep_report(table, reported, now, is_own=True)
        return None

    def change(row: Row) -> Row:
        return with_report(row, reported, now, time_to_report)

    key = _key_of(detail, detail.change_id, detail.revision)
    entry = report_item(reported, now, is_own=True)
    return append_entry(table, key, change, entry, known)
