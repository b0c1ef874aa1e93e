"""Runs as people and programs see them: one change, its customers, and where each stands."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from changecast.event import FINAL_STATES, RunState
from changecast.findings import SILENT
from changecast.records import Record
from changecast.status_table import ANNOUNCED, Row, statuses

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Run = dict[str, Any]
COUNTS = ("planned", "sent", "delivered", "bounced", "complained", "suppressed", "failed",
          "unknown", "held")  # fmt: skip
# What a customer reports, and what the hub itself finds where nobody there has spoken.
BAD_STATES = frozenset({"failed", "held", "rejected", "partial", "paused"}) | SILENT
POLL_SECONDS = 0.5


def run_of(change_id: str, rows: Iterable[Row]) -> Run:
    """One run as `status --json` prints it: of every customer the newest revision's row."""
    newest: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: int(row["revision"])):
        newest[row["customer"]] = row
    return {
        "change_id": change_id,
        "title": next((row["title"] for row in newest.values() if row.get("title")), ""),
        "revision": max((int(row["revision"]) for row in newest.values()), default=None),
        "customers": {code: _customer(newest[code]) for code in sorted(newest)},
    }


def _customer(row: Row) -> dict[str, Any]:
    counts = row.get("counts") or {}
    return {
        "account": row.get("account"),
        "state": row["state"],
        "revision": int(row["revision"]),
        "withdrawn": bool(row.get("withdrawn", False)),
        "counts": {name: int(counts.get(name, 0)) for name in COUNTS},
        "reason": row.get("reason"),
        "rejection": row.get("rejection"),
        "announced_at": row.get("announced_at"),
        "started_at": row.get("started_at"),
        "ended_at": row.get("ended_at"),
        "trace_id": row.get("trace_id"),
        "finding": row.get("finding"),
    }


def is_final(customer: dict[str, Any]) -> bool:
    """Whether nothing more will be sent to this customer's people."""
    return customer["state"] in FINAL_STATES


def is_settled(customer: dict[str, Any]) -> bool:
    """Whether there is no more to wait for: it is over, or the hub has given up waiting."""
    return is_final(customer) or customer["state"] in SILENT


def is_paused(customer: dict[str, Any]) -> bool:
    """Whether it stopped, and goes on when its cause is mended."""
    return bool(customer["state"] == RunState.PAUSED)


def is_bad(customer: dict[str, Any]) -> bool:
    """Whether somebody did not get what they should have got."""
    return customer["state"] in BAD_STATES or bool(customer["rejection"])


def failed_of(customer: dict[str, Any]) -> int:
    """How many of a customer's recipients did not get the mail, or may not have."""
    counts = customer["counts"]
    return int(counts["failed"] + counts["bounced"] + counts["held"] + counts["unknown"])


def only(run: Run, *, customer: str | None = None, bad: bool = False) -> Run:
    """The run with only this customer, or only customers where something went wrong."""
    kept = {
        code: one
        for code, one in run["customers"].items()
        if customer in (None, code) and (is_bad(one) or not bad)
    }
    return {**run, "customers": kept}


def with_expected(run: Run, records: Sequence[Record]) -> Run:
    """The run with everybody whom its newest announcement names, heard of or not yet."""
    if not records:
        return run
    last, customers = records[-1], dict(run["customers"])
    for code in (*last.customers, *last.withdrawn):
        if code not in customers or customers[code]["revision"] < last.revision:
            customers[code] = _unheard(last.revision, last.announced_at)
    return {
        "change_id": run["change_id"],
        "title": run["title"] or last.title,
        "revision": max(one["revision"] for one in customers.values()),
        "customers": dict(sorted(customers.items())),
    }


def by_change(rows: Iterable[Row]) -> list[Run]:
    """Runs out of status rows of many changes, in the order in which the changes first come."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["change_id"], []).append(row)
    return [run_of(change_id, group) for change_id, group in groups.items()]


def follow(
    table: "Table",
    change_id: str,
    revision: int,
    expected: Iterable[str],
    *,
    seconds: float,
    is_over: Callable[[dict[str, Any]], bool] = is_final,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Run]:
    """The run of one revision, again and again, until it is over for everybody, or time is.

    Over is by default what is final; `expected` are customers of whom nothing need be heard yet.
    """
    end = clock() + seconds
    while True:
        run = run_of(change_id, statuses(table, change_id, revision))
        for code in expected:
            run["customers"].setdefault(code, _unheard(revision))
        yield run
        if all(is_over(customer) for customer in run["customers"].values()) or clock() >= end:
            return
        sleep(POLL_SECONDS)


def _unheard(revision: int, announced_at: str | None = None) -> dict[str, Any]:
    return _customer({"state": ANNOUNCED, "revision": revision, "announced_at": announced_at})
