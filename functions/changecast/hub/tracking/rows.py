"""One customer's status row, and how each event changes it. Pure.

Every function returns a new row, whatever the order and repetition of events: the highest
`report_seq` counts, not the last arrival and no clock.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from changecast.contract.approval import ResponseSummary
from changecast.contract.change import utc
from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.delivery_reported import DeliveryReported, RunState
from changecast.contract.envelope import Envelope
from changecast.contract.response_events import WantedWindow
from changecast.hub.tracking.findings import (
    ANNOUNCED,
    SILENT,
    Cause,
    Finding,
    deadline_of,
    was_heard,
)
from changecast.hub.tracking.schema import Row

# After this time nobody looks again; no queue has the announcement any more.
GIVE_UP = timedelta(days=14)
LOOK_AGAIN = timedelta(hours=1)


def with_announcement(
    row: Row,
    announced: Envelope[ChangeAnnounced],
    code: str,
    now: datetime,
    time_to_report: timedelta,
) -> Row:
    """Return the row with the announcement; existing values stay."""
    detail = announced.detail
    values = {
        "customer": code,
        "state": ANNOUNCED,
        "change_id": detail.change_id,
        "revision": detail.revision,
        "event_id": str(detail.event_id),
        "title": detail.change.title,
        "withdrawn": code in detail.withdrawn,
        "announced_at": utc(detail.announced_at),
        "announced_by": detail.announced_by,
        "updated_at": utc(now),
    }
    whole = values | row
    if "state" not in row:
        whole["deadline"] = utc(now + time_to_report)
    return whole


def with_report(
    row: Row, reported: Envelope[DeliveryReported], now: datetime, time_to_report: timedelta
) -> Row:
    """Return the row with the report; a late one changes nothing.

    A rejection is kept separately (`rejection`, `rejection_seq`). It is the state only while
    nothing else has been reported, because it does not affect deliveries of the same revision.
    """
    is_rejection = reported.detail.state is RunState.REJECTED
    after = (_with_rejection if is_rejection else _with_state)(row, reported, now)
    if after == row:
        return row
    after.pop("deadline", None)
    deadline = deadline_of(after, now, time_to_report)
    return after | ({"deadline": deadline} if deadline else {})


def _with_state(row: Row, reported: Envelope[DeliveryReported], now: datetime) -> Row:
    seq = reported.detail.report_seq
    if seq <= row.get("report_seq", -1):
        return row
    after = row | _reported_values(reported, now) | {"report_seq": seq}
    if reported.detail.responses:
        after = with_responses(after, reported.detail.responses, seq)
    if row.get("state") == RunState.REJECTED and row.get("rejection_seq", seq) < seq:
        after.pop("rejection", None)
    return after


def with_responses(
    row: Row, said: ResponseSummary, report_seq: int, requested: Sequence[WantedWindow] = ()
) -> Row:
    """Return the row with the customer's answers; an earlier count changes nothing.

    An answer does not create a row.
    """
    known = row.get("responses") or {}
    if not row or report_seq <= known.get("report_seq", -1):
        return row
    starts = [utc(window.start) for window in requested] or known.get("wanted", [])
    counted = said.model_dump(mode="json") | {"report_seq": report_seq, "wanted": starts}
    return row | {"responses": counted}


def counted_last(rows: Iterable[Row]) -> dict[str, Row]:
    """Return the latest counts of each customer's answers, which are about the whole change."""
    last: dict[str, Row] = {}
    for row in rows:
        counted, code = row.get("responses"), row["customer"]
        if counted and counted["report_seq"] > last.get(code, {}).get("report_seq", -1):
            last[code] = counted
    return last


def _with_rejection(row: Row, reported: Envelope[DeliveryReported], now: datetime) -> Row:
    seq = reported.detail.report_seq
    if seq <= row.get("rejection_seq", -1):
        return row
    values = _reported_values(reported, now)
    after = row | {"rejection": values["reason"], "rejection_seq": seq}
    if "report_seq" not in row:
        after |= values
    # A revision that was never announced properly can be found under no other day.
    return {"announced_at": utc(reported.time)} | after


def _reported_values(reported: Envelope[DeliveryReported], now: datetime) -> Row:
    detail = reported.detail
    plain: dict[str, Any] = detail.model_dump(mode="json", by_alias=True)
    kept = ("change_id", "revision", "customer", "state", "counts", "reason",
            "started_at", "ended_at", "trace_id", "channels",
            *(("reminder",) if detail.reminder else ()))  # fmt: skip
    return {name: plain[name] for name in kept} | {
        "account": reported.account,
        "reported_at": utc(reported.time),
        "updated_at": utc(now),
    }


def with_finding(row: Row, finding: Finding, now: datetime) -> Row:
    """Return the row with a finding; for a silent customer, the finding is its state."""
    opened = finding.plain() | {"found_at": utc(now), "told": False, "sent": mails_sent(row)}
    after = row | {"finding": opened}
    if not was_heard(row):
        after |= {
            "state": finding.cause.value,
            "reason": {
                "class": "hub",
                "code": finding.cause.value,
                "message": finding.message,
                "request_id": None,
                "at": utc(now),
            },
            "updated_at": utc(now),
        }
    return after


def mails_sent(row: Row) -> int:
    """Return how many mails of a run SES has accepted, as last reported."""
    return int((row.get("counts") or {}).get("sent", 0))


def with_mails_sent(row: Row) -> Row:
    """Return the row with the number of mails sent so far in its finding."""
    return row | {"finding": row["finding"] | {"sent": mails_sent(row)}}


def looked_at(row: Row, now: datetime) -> Row:
    """Return the row after its finding was published; it is due again if time may change it."""
    after = {name: value for name, value in row.items() if name != "deadline"}
    finding = row.get("finding")
    if not finding:
        return after
    after["finding"] = finding | {"told": True}
    is_old = row.get("announced_at", "") < utc(now - GIVE_UP)
    if Cause(finding["cause"]) in SILENT and not is_old:
        after["deadline"] = utc(now + LOOK_AGAIN)
    return after


def without_finding(row: Row, now: datetime, time_to_report: timedelta) -> Row:
    """Return the row without its finding."""
    after = {name: value for name, value in row.items() if name not in ("finding", "deadline")}
    deadline = deadline_of(after, now, time_to_report)
    return after | ({"deadline": deadline} if deadline else {})
