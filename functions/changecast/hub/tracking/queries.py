"""Status rows by change, day, state, customer and deadline: each a query, never a scan."""

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key

from changecast.contract.change import utc
from changecast.hub.tracking.findings import ANNOUNCED, SILENT, Cause
from changecast.hub.tracking.items import query
from changecast.hub.tracking.rows import GIVE_UP
from changecast.hub.tracking.schema import (
    BY_CUSTOMER,
    BY_DAY,
    BY_DEADLINE,
    BY_STATE,
    SHARDS,
    ItemKey,
    Row,
    digits,
    reminder_partition,
    status_partition,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def statuses(table: "Table", change_id: str, revision: int | None = None) -> list[Row]:
    """Return the status rows of a change, or of one revision of it, by revision and customer."""
    found: list[Row] = []
    for shard in range(SHARDS):
        condition: Any = Key("pk").eq(status_partition(change_id, shard))
        if revision is not None:
            condition &= Key("sk").begins_with(f"{digits(revision)}#")
        found += query(table, KeyConditionExpression=condition, ConsistentRead=True)
    return sorted(found, key=lambda row: str(row["sk"]))


def reminders(table: "Table", change_id: str) -> list[Row]:
    """Return the status rows of a change's reminders, by customer and window."""
    found: list[Row] = []
    for shard in range(SHARDS):
        condition = Key("pk").eq(reminder_partition(change_id, shard))
        found += query(table, KeyConditionExpression=condition, ConsistentRead=True)
    return sorted(found, key=lambda row: str(row["sk"]))


def statuses_of_days(table: "Table", days: Iterable[str]) -> Iterator[Row]:
    """Yield the status rows announced on these days (2026-11-24), newest first within a day."""
    for day in days:
        yield from _newest_first(table, BY_DAY, "day_key", day)


def statuses_in(table: "Table", state: str, since: str = "") -> Iterator[Row]:
    """Return the status rows in a state that were announced since (RFC 3339), newest first."""
    return _newest_first(table, BY_STATE, "state_key", state, since)


def statuses_of_customer(table: "Table", code: str, since: str = "") -> Iterator[Row]:
    """Return the status rows of a customer that were announced since (RFC 3339), newest first."""
    condition = Key("customer").eq(code) & Key("announced_at").gte(since or "0")
    return query(
        table, IndexName=BY_CUSTOMER, KeyConditionExpression=condition, ScanIndexForward=False
    )


def change_ids_of_customer(table: "Table", code: str) -> list[str]:
    """Return every change that ever named the customer, newest first."""
    rows = statuses_of_customer(table, code)
    return list(dict.fromkeys(str(row["change_id"]) for row in rows if row.get("change_id")))


def latest_of_customer(table: "Table", code: str, most: int) -> list[Row]:
    """Return the customer's newest status rows, at most this many, newest first."""
    return list(islice(statuses_of_customer(table, code), most))


def overdue(table: "Table", now: datetime) -> Iterator[ItemKey]:
    """Yield the keys of all that watch must look at, the longest overdue of each shard first.

    It takes one from each shard in turn, so that a flood of forged reports, all in one shard, hides
    nothing. The index lags a moment behind: read the item before you act on it.
    """
    shards = [
        query(
            table,
            IndexName=BY_DEADLINE,
            KeyConditionExpression=Key("due_key").eq(f"due#{shard}")
            & Key("deadline").lte(utc(now)),
        )
        for shard in range(SHARDS)
    ]
    for turn in zip_longest(*shards):
        yield from ({"pk": str(row["pk"]), "sk": str(row["sk"])} for row in turn if row)


def oldest_silence(table: "Table", now: datetime) -> float:
    """Return the seconds since the oldest unreported announcement of the last two weeks."""
    since = utc(now - GIVE_UP)
    oldest = [
        row["announced_at"]
        for state in (ANNOUNCED, *sorted(SILENT - {Cause.STALLED}))
        for shard in range(SHARDS)
        for row in _first(table, f"{state}#{shard}", since)
    ]
    if not oldest:
        return 0.0
    return max(0.0, (now - datetime.fromisoformat(min(oldest))).total_seconds())


def _first(table: "Table", state_key: str, since: str) -> list[Row]:
    condition = Key("state_key").eq(state_key) & Key("announced_at").gte(since)
    page = table.query(IndexName=BY_STATE, KeyConditionExpression=condition, Limit=1)
    return list(page["Items"])


def _newest_first(
    table: "Table", index: str, name: str, value: str, since: str = ""
) -> Iterator[Row]:
    shards = [
        query(
            table,
            IndexName=index,
            KeyConditionExpression=Key(name).eq(f"{value}#{shard}")
            & Key("announced_at").gte(since or "0"),
            ScanIndexForward=False,
        )
        for shard in range(SHARDS)
    ]
    return heapq.merge(*shards, key=lambda row: str(row["announced_at"]), reverse=True)
