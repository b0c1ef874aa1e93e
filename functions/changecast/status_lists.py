"""Status rows by change, day, state, customer and deadline: each a query, never a scan."""

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import zip_longest
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key

from changecast.change import utc
from changecast.findings import ANNOUNCED, SILENT, Cause, Row
from changecast.status_items import SHARDS, ItemKey, query
from changecast.status_rows import GIVE_UP

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def statuses(table: "Table", change_id: str, revision: int | None = None) -> list[Row]:
    """The status rows of a change, or of one revision of it, by revision and customer."""
    found: list[Row] = []
    for shard in range(SHARDS):
        prefix = "0" if revision is None else f"{revision:06d}#"  # REVISION_LIMIT has six digits
        condition = Key("pk").eq(f"status#{change_id}#{shard}") & Key("sk").begins_with(prefix)
        found += query(table, KeyConditionExpression=condition, ConsistentRead=True)
    return sorted(found, key=lambda row: str(row["sk"]))


def statuses_of_days(table: "Table", days: Iterable[str]) -> Iterator[Row]:
    """The status rows announced on these days (2026-11-24), the newest of each day first."""
    for day in days:
        yield from _newest_first(table, "by_day", "day_key", day)


def statuses_in(table: "Table", state: str, since: str = "") -> Iterator[Row]:
    """The status rows that are in a state and were announced since (RFC 3339), newest first."""
    return _newest_first(table, "by_state", "state_key", state, since)


def statuses_of_customer(table: "Table", code: str, since: str = "") -> Iterator[Row]:
    """The status rows of a customer that were announced since (RFC 3339), newest first."""
    condition = Key("customer").eq(code) & Key("announced_at").gte(since or "0")
    return query(
        table, IndexName="by_customer", KeyConditionExpression=condition, ScanIndexForward=False
    )


def overdue(table: "Table", now: datetime) -> Iterator[ItemKey]:
    """The keys of what watch must look at now, the longest overdue of each shard first.

    One of each shard in turn, so that a flood of forged reports, all in one, hides no other.
    The index is a moment behind: read the item before you believe it.
    """
    shards = [
        query(
            table,
            IndexName="by_deadline",
            KeyConditionExpression=Key("due_key").eq(f"due#{shard}")
            & Key("deadline").lte(utc(now)),
        )
        for shard in range(SHARDS)
    ]
    for turn in zip_longest(*shards):
        yield from ({"pk": str(row["pk"]), "sk": str(row["sk"])} for row in turn if row)


def oldest_silence(table: "Table", now: datetime) -> float:
    """Seconds since the oldest announcement, of the last two weeks, that nobody reported on."""
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
    page = table.query(IndexName="by_state", KeyConditionExpression=condition, Limit=1)
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
