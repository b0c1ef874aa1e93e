"""One customer's status row, and what each piece of news makes of it. Pure.

Every function gives a new row and is indifferent to order and repetition: the highest
`report_seq` is the truth, not the last to come and no clock.
"""

from datetime import datetime, timedelta
from typing import Any

from changecast.change import utc
from changecast.event import ChangeAnnounced, DeliveryReported, Envelope, RunState
from changecast.findings import ANNOUNCED, SILENT, Cause, Finding, Row, deadline_of, was_heard

# After this long nobody looks any more: no queue holds the announcement either.
GIVE_UP = timedelta(days=14)
LOOK_AGAIN = timedelta(hours=1)


def with_announcement(
    row: Row, announced: Envelope[ChangeAnnounced], code: str, now: datetime, patience: timedelta
) -> Row:
    """The row once the announcement is known; what is there already stays."""
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
        whole["deadline"] = utc(now + patience)
    return whole


def with_report(
    row: Row, reported: Envelope[DeliveryReported], now: datetime, patience: timedelta
) -> Row:
    """The row once the report is known; one that comes late changes nothing.

    A rejection is kept beside (`rejection`, `rejection_seq`) and is the state only while nothing
    else was reported: it says nothing against what was delivered under the same revision.
    """
    is_rejection = reported.detail.state is RunState.REJECTED
    after = (_with_rejection if is_rejection else _with_state)(row, reported, now)
    if after == row:
        return row
    after.pop("deadline", None)
    deadline = deadline_of(after, now, patience)
    return after | ({"deadline": deadline} if deadline else {})


def _with_state(row: Row, reported: Envelope[DeliveryReported], now: datetime) -> Row:
    seq = reported.detail.report_seq
    if seq <= row.get("report_seq", -1):
        return row
    after = row | _reported_values(reported, now) | {"report_seq": seq}
    if row.get("state") == RunState.REJECTED and row.get("rejection_seq", seq) < seq:
        after.pop("rejection", None)
    return after


def _with_rejection(row: Row, reported: Envelope[DeliveryReported], now: datetime) -> Row:
    seq = reported.detail.report_seq
    if seq <= row.get("rejection_seq", -1):
        return row
    values = _reported_values(reported, now)
    after = row | {"rejection": values["reason"], "rejection_seq": seq}
    if "report_seq" not in row:
        after |= values
    # What was never announced in good form has no other day on which people would look for it.
    return {"announced_at": utc(reported.time)} | after


def _reported_values(reported: Envelope[DeliveryReported], now: datetime) -> Row:
    detail = reported.detail
    plain: dict[str, Any] = detail.model_dump(mode="json", by_alias=True)
    kept = ("change_id", "revision", "customer", "state", "counts", "reason",
            "started_at", "ended_at", "trace_id")  # fmt: skip
    return {name: plain[name] for name in kept} | {
        "account": reported.account,
        "reported_at": utc(reported.time),
        "updated_at": utc(now),
    }


def with_finding(row: Row, finding: Finding, now: datetime) -> Row:
    """The row once the hub found something; where the customer is silent, that is its state."""
    after = row | {"finding": finding.plain() | {"found_at": utc(now), "told": False}}
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


def looked_at(row: Row, now: datetime) -> Row:
    """The row once everybody knows of its finding: looked at again where time may change it."""
    after = {name: value for name, value in row.items() if name != "deadline"}
    finding = row.get("finding")
    if not finding:
        return after
    after["finding"] = finding | {"told": True}
    is_old = row.get("announced_at", "") < utc(now - GIVE_UP)
    if Cause(finding["cause"]) in SILENT and not is_old:
        after["deadline"] = utc(now + LOOK_AGAIN)
    return after


def mended(row: Row, now: datetime, patience: timedelta) -> Row:
    """The row without its finding."""
    after = {name: value for name, value in row.items() if name not in ("finding", "deadline")}
    deadline = deadline_of(after, now, patience)
    return after | ({"deadline": deadline} if deadline else {})
