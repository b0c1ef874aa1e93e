"""The hub's status table: per change, revision and customer where the delivery stands.

    pk                           sk                           what
    change#<change id>           record#<000003>, ...         the revision's record: records.py
    status#<change id>#<shard>   <000003>#<code>              one customer's status: status_rows.py
    history#<change id>#<code>   <000003>#<seq>#<id>          every report, append-only
    fact#<change id>             <000003>#<cause>#<id>        announcements that nobody recorded so
    unplaced#<account>           <sent at>#<id>               reports that name no change, forgeries

Nothing is found by a scan:

    who asks                     how
    a change, a revision of it   `statuses`: the shards of the change
    a customer's own             `statuses_of_customer`: index by_customer (customer, announced_at)
    a day                        `statuses_of_days`: index by_day (day#shard, announced_at)
    a state                      `statuses_in`: index by_state (state#shard, announced_at)
    what watch must look at      `overdue`: index by_deadline (due#shard, deadline), sparse
    one customer's reports       `history`: its own partition

A partition takes 1,000 writes a second. Rows spread over SHARDS partitions by a hash of change,
revision and customer, histories over as many as there are changes times customers, and a customer
writes about its own runs only: so 1,000 reports a second, all of one change and one day, come to
some 250 writes a second on the busiest partition: a state that moves is two writes in by_state, and
a report's row and history are a transaction, in which each write counts twice.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-sharding.html
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.config import Config

from changecast.clients import USER_AGENT
from changecast.errors import ContractError
from changecast.event import REPORTED_SOURCE, ChangeAnnounced, DeliveryReported, Envelope, told_run
from changecast.findings import ANNOUNCED, Row
from changecast.status_history import history, keep_report, report_item
from changecast.status_items import (
    Changed,
    change_beside,
    change_row,
    put_row,
    read_items,
    status_key,
)
from changecast.status_lists import (
    statuses,
    statuses_in,
    statuses_of_customer,
    statuses_of_days,
)
from changecast.status_rows import with_announcement, with_report

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

__all__ = [
    "ANNOUNCED", "Row", "apply", "expect", "history", "statuses", "statuses_in",
    "statuses_of_customer", "statuses_of_days",
]  # fmt: skip
PATIENCE = timedelta(minutes=15)
# We build every request ourselves, and DynamoDB checks it: botocore need not.
TABLE = Config(user_agent=USER_AGENT, parameter_validation=False)
THREADS = 10  # as many as botocore keeps connections


def expect(
    table: "Table",
    announced: Envelope[ChangeAnnounced],
    now: datetime,
    patience: timedelta = PATIENCE,
    more: Iterable[str] = (),
) -> None:
    """Open a status row for every customer that an announcement names, and for `more` codes.

    They may be 2,000, and ten such announcements one batch of the tracker's.
    """
    detail = announced.detail
    codes = dict.fromkeys((*detail.customers, *detail.withdrawn, *more))
    with ThreadPoolExecutor(min(THREADS, len(codes))) as threads:
        list(threads.map(lambda code: _expect_one(table, announced, code, now, patience), codes))


def _expect_one(
    table: "Table", announced: Envelope[ChangeAnnounced], code: str, now: datetime,
    patience: timedelta,
) -> None:  # fmt: skip
    """Most rows are new, so write first and read only where there is one."""

    def change(row: Row) -> Row:
        return with_announcement(row, announced, code, now, patience)

    key = status_key(announced.detail.change_id, announced.detail.revision, code)
    if not put_row(table, key, change({}), None):
        change_row(table, key, change)


def rows_told_of(table: "Table", bodies: Sequence[str]) -> dict[str, Row | None]:
    """The rows that reports tell of, read in one call, for each body but a second one about a row.

    What is no report tells of none.
    """
    told = {run: body for body in reversed(bodies) if (run := told_run(body))}
    keys = [status_key(*run) for run in told]
    return dict(zip(told.values(), read_items(table, keys), strict=True))


def apply(
    table: "Table",
    reported: Envelope[DeliveryReported],
    code: str | None,
    now: datetime,
    patience: timedelta = PATIENCE,
    known: Row | None = None,
) -> "Changed | None":
    """Take in a report; comes back: what it changed, None where it names no row.

    `code` is the customer whose account sent it, by the registry; `known` is the row as it was read
    a moment ago. Raises Retry, ContractError
    `forged` (the account is nobody's, or speaks for another).
    """
    detail = reported.detail
    is_own = _is_own(reported, code)
    if not is_own or detail.change_id is None or detail.revision is None:
        keep_report(table, reported, now, is_own=is_own)
        if not is_own:
            raise ContractError("forged", _forgery(reported, code))
        return None

    def change(row: Row) -> Row:
        return with_report(row, reported, now, patience)

    key = status_key(detail.change_id, detail.revision, detail.customer)
    item = report_item(reported, now, is_own=True)
    if known is not None and (changed := change_beside(table, key, change, known, item)):
        return changed
    keep_report(table, reported, now, is_own=True)
    return change_row(table, key, change)


def _is_own(reported: Envelope[DeliveryReported], code: str | None) -> bool:
    """Whether a report speaks for the customer whose account put it, and no other."""
    own_source = reported.source == f"{REPORTED_SOURCE}.{reported.account}"
    return own_source and code == reported.detail.customer


def _forgery(reported: Envelope[DeliveryReported], code: str | None) -> str:
    return (
        f"account {reported.account} (customer {code}) reported as {reported.detail.customer!r} "
        f"with source {reported.source!r}"
    )
