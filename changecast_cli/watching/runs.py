"""Runs for people and programs: one change, its customers, and the state of each."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from changecast.contract.approval import Approval
from changecast.contract.change_announced import REVISION_JUMP
from changecast.contract.delivery_reported import FINAL_STATES, ChannelState, RunState
from changecast.hub.tracking.findings import SILENT
from changecast.hub.tracking.revisions import Record
from changecast.hub.tracking.rows import counted_last
from changecast.hub.tracking.table import ANNOUNCED, Row, statuses

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

Run = dict[str, Any]
Look = Callable[[Run], Run]
COUNTS = ("planned", "sent", "delivered", "bounced", "complained", "suppressed", "failed",
          "unknown", "held")  # fmt: skip
# States that a customer reports, and those that the hub finds without a report.
BAD_STATES = frozenset({"failed", "held", "rejected", "partial", "paused"}) | SILENT
# States that a customer's next report normally changes.
UNDER_WAY = frozenset({ANNOUNCED, "planned", "sending"})
POLL_SECONDS = 0.5


def run_of(change_id: str, rows: Iterable[Row]) -> Run:
    """Return a run as `status --json` prints it, with every customer's newest revision.

    A revision that is void, or that the customer's account parked, counts only without another one.
    """
    newest: dict[str, Row] = {}
    every = sorted(rows, key=lambda row: (is_obeyed(row), int(row["revision"])))
    for row in every:
        newest[row["customer"]] = row
    counted = counted_last(every)
    return {
        "change_id": change_id,
        "title": next((row["title"] for row in newest.values() if row.get("title")), ""),
        "revision": max((int(row["revision"]) for row in newest.values()), default=None),
        "customers": {
            code: _customer({**newest[code], "responses": counted.get(code)})
            for code in sorted(newest)
        },
    }


def is_obeyed(row: Row) -> bool:
    """Return whether a status is of a revision that its customer obeys."""
    code = (row.get("reason") or {}).get("code")
    is_parked = row["state"] == RunState.REJECTED and code == REVISION_JUMP
    return not is_parked and not row.get("discarded")


def strays(rows: Iterable[Row], records: Sequence[Record]) -> list[int]:
    """Return the revisions that a customer obeys, or may obey, and nobody announced here."""
    recorded = {record.revision for record in records}
    return sorted({int(row["revision"]) for row in rows if is_obeyed(row)} - recorded)


def parked(rows: Iterable[Row]) -> list[int]:
    """Return the revisions that every customer which got them parked, and that are not void."""
    every = [row for row in rows if not row.get("discarded")]
    obeyed = {int(row["revision"]) for row in every if is_obeyed(row)}
    return sorted({int(row["revision"]) for row in every} - obeyed)


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
        "reported_at": row.get("reported_at"),
        "started_at": row.get("started_at"),
        "ended_at": row.get("ended_at"),
        "trace_id": row.get("trace_id"),
        "finding": row.get("finding"),
        "responses": _responses(row.get("responses")),
        "channels": row.get("channels") or [],
        "report_seq": int(row.get("report_seq", 0)),
        "judged_at": row.get("deadline") if row["state"] in UNDER_WAY else None,
    }


def with_reminders(run: Run, rows: Iterable[Row]) -> Run:
    """Return the run with the state of each customer's reminders, by window and time."""
    by_customer: dict[str, list[dict[str, Any]]] = {code: [] for code in run["customers"]}
    for row in rows:
        by_customer.setdefault(row["customer"], []).append(_reminder(row))
    customers = {
        code: {**customer, "reminders": by_customer[code]}
        for code, customer in run["customers"].items()
    }
    return {**run, "customers": customers}


def _reminder(row: Row) -> dict[str, Any]:
    counts = row.get("counts") or {}
    return {
        "window_start": row["reminder"]["window_start"],
        "before": row["reminder"]["before"],
        "state": row["state"],
        "counts": {name: int(counts.get(name, 0)) for name in COUNTS},
        "reason": row.get("reason"),
        "started_at": row.get("started_at"),
        "ended_at": row.get("ended_at"),
        "finding": row.get("finding"),
    }


def reminded(customer: dict[str, Any]) -> str:
    """Return the state of a customer's reminders in words; empty if none was planned."""
    return ", ".join(
        f"reminder {one['before']} {one['state'].replace('_', ' ')} "
        f"{one['counts']['sent']}/{one['counts']['planned']}"
        for one in customer.get("reminders", ())
    )


def _responses(counted: Row | None) -> dict[str, Any] | None:
    if not counted:
        return None
    counts = {name: int(number) for name, number in counted["counts"].items()}
    return {"counts": counts, "approval": counted["approval"], "wanted": counted["wanted"]}


def answered(customer: dict[str, Any]) -> str:
    """Return the answers of the customer's people in words; empty if they cannot answer.

    Requested windows are named by their first day in UTC.
    """
    responses = customer["responses"]
    if not responses:
        return ""
    counts, said = responses["counts"], []
    if counts["acknowledged"]:
        said.append(f"{counts['acknowledged']}/{counts['asked']} acknowledged")
    said += _approval(Approval(responses["approval"]), counts)
    if counts["reschedule_requested"]:
        said.append(_wish(counts["reschedule_requested"], responses["wanted"]))
    return ", ".join(said)


def _approval(approval: Approval, counts: dict[str, Any]) -> list[str]:
    """Return whether the customer has approved, and how many people approved or rejected."""
    approved, rejected = counts["approved"], counts["rejected"]
    against = [f"{rejected} rejected"] if rejected else []
    if approval is Approval.PENDING:
        return [f"approval pending ({approved} of {counts['needed']})", *against]
    if approval is Approval.APPROVED:
        return [f"approved by {approved}", *against]
    return [*([f"{approved} approved"] if approved else []), *against]


def _wish(people: int, requested: Sequence[str]) -> str:
    days = [f"{datetime.fromisoformat(start):%a} {datetime.fromisoformat(start).day} "
            f"{datetime.fromisoformat(start):%b}" for start in requested]  # fmt: skip
    who = "asks" if people == 1 else f"{people} ask"
    return f"{who} for {' or '.join(dict.fromkeys(days)) or 'another time'}"


def channels_told(customer: dict[str, Any]) -> str:
    """Return the state of the customer's chats and webhooks in words; empty if it has none."""
    return ", ".join(map(_channel_told, customer["channels"]))


def _channel_told(channel: dict[str, Any]) -> str:
    state, code = channel["state"], channel.get("code") or ""
    if state == ChannelState.SENT:
        return f"{channel['name']} ✓"
    if again := channel.get("next_try_at"):
        return f"{channel['name']} ✗ {code}, next try {again[11:16]} UTC"
    if state == ChannelState.FAILED:
        return f"{channel['name']} ✗ {code}".rstrip()
    return f"{channel['name']} {state}{f' ({code})' if code else ''}"


def is_final(customer: dict[str, Any]) -> bool:
    """Return whether nothing more will be sent to this customer's people."""
    return customer["state"] in FINAL_STATES


def is_settled(customer: dict[str, Any]) -> bool:
    """Return whether waiting is over: the run has ended, or the hub has given up."""
    return is_final(customer) or customer["state"] in SILENT


def is_paused(customer: dict[str, Any]) -> bool:
    """Return whether the run is paused until its cause is gone."""
    return bool(customer["state"] == RunState.PAUSED)


def is_bad(customer: dict[str, Any]) -> bool:
    """Return whether somebody did not get the mail."""
    return customer["state"] in BAD_STATES or bool(customer["rejection"])


def failed_of(customer: dict[str, Any]) -> int:
    """Return how many of a customer's recipients did not, or may not, have got the mail."""
    counts = customer["counts"]
    return int(counts["failed"] + counts["bounced"] + counts["held"] + counts["unknown"])


def only(
    run: Run,
    *,
    customer: str | None = None,
    bad: bool = False,
    states: Collection[str] = (),
    codes: Collection[str] | None = None,
) -> Run:
    """Return the run with only the requested customers.

    Args:
        customer: This one.
        bad: Those where something went wrong.
        states: Those in one of these states, if any is given.
        codes: Those among these.
    """
    kept = {
        code: one
        for code, one in run["customers"].items()
        if customer in (None, code)
        and (is_bad(one) or not bad)
        and (one["state"] in states or not states)
        and (codes is None or code in codes)
    }
    return {**run, "customers": kept}


def with_expected(run: Run, records: Sequence[Record]) -> Run:
    """Return the run with every customer of its newest announcement, reported or not."""
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
    """Return runs from status rows of many changes, in the order of the changes."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["change_id"], []).append(row)
    return [run_of(change_id, group) for change_id, group in groups.items()]


def seen_as_reported(run: Run) -> Run:
    """Return a run as its customers reported it."""
    return run


def follow(
    table: "Table",
    change_id: str,
    revision: int,
    expected: Iterable[str],
    *,
    seconds: float,
    announced_at: str | None = None,
    is_over: Callable[[dict[str, Any]], bool] = is_final,
    look: Look = seen_as_reported,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Run]:
    """Yield the run of one revision repeatedly, until all have finished or time is over.

    Args:
        expected: Customers that need not have reported yet, announced to at `announced_at`.
        is_over: Whether there is no more to wait for at a customer; by default if it is final.
        look: Adds other facts about a run's customers.
    """
    end = clock() + seconds
    while True:
        run = run_of(change_id, statuses(table, change_id, revision))
        for code in expected:
            run["customers"].setdefault(code, _unheard(revision, announced_at))
        run = look(run)
        yield run
        if all(is_over(customer) for customer in run["customers"].values()) or clock() >= end:
            return
        sleep(POLL_SECONDS)


def _unheard(revision: int, announced_at: str | None = None) -> dict[str, Any]:
    return _customer({"state": ANNOUNCED, "revision": revision, "announced_at": announced_at})
