"""Lambda of the hub: keep who was announced what, and what every customer reports about it."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

import changecast.startup  # noqa: F401
from changecast.batches import Answer, Record, each_record
from changecast.completeness import fact_of, still_expected
from changecast.errors import ContractError
from changecast.event import (
    ANNOUNCED_TYPE,
    NOT_UNDERSTOOD,
    ChangeAnnounced,
    Envelope,
    claimed_by,
    parse_announced,
    parse_reported,
)
from changecast.findings import Row
from changecast.messages import object_in
from changecast.metrics import count, measured, seconds
from changecast.queues import park
from changecast.records import revisions
from changecast.registry import Accounts
from changecast.settings import Track
from changecast.status_history import note_fact, note_not_understood
from changecast.status_items import Changed
from changecast.status_table import TABLE, apply, expect, rows_told_of
from changecast.tracing import step

log = logging.getLogger("changecast")
settings = Track.from_env()
table = boto3.resource("dynamodb", config=TABLE).Table(settings.status_table)
accounts = Accounts(boto3.client("ssm"))
sqs = boto3.client("sqs")


def handler(event: dict[str, Any], context: object) -> Answer:
    """Track every event of the batch; one that fails goes back to the queue alone."""
    bodies = [record["body"] for record in event["Records"]]
    _look_up(bodies)
    known = _rows(bodies)
    return each_record(event, lambda record: track_one(record, known))


def _look_up(bodies: list[str]) -> None:
    """Whom the batch's reports claim to speak for, in one call and not in one for each."""
    try:
        accounts.look_up({code for body in bodies if (code := claimed_by(body))})
    except (ClientError, BotoCoreError) as error:
        log.warning("not looked up together", extra={"error": str(error)[:500]})


def _rows(bodies: list[str]) -> dict[str, Row | None]:
    """What the batch's reports tell of, read in one call; without it each is read by itself."""
    try:
        return rows_told_of(table, bodies)
    except (ClientError, BotoCoreError) as error:
        log.warning("not read together", extra={"error": str(error)[:500]})
        return {}


def track_one(record: Record, known: Mapping[str, Row | None]) -> None:
    """Track one event; what can never be tracked is parked with the reason."""
    try:
        _track(record["body"], known)
    except ContractError as error:
        log.warning("not tracked", extra={"code": error.code, "reason": error.message[:500]})
        if error.code == NOT_UNDERSTOOD:
            note_not_understood(table, record["body"], error.message, datetime.now(UTC))
        park(sqs, settings.status_dlq_url, record["body"], code=error.code, message=error.message)


def _track(body: str, known: Mapping[str, Row | None]) -> None:
    now = datetime.now(UTC)
    if _detail_type(body) == ANNOUNCED_TYPE:
        announced = parse_announced(body)
        with step("track", "", announced.detail.change_id, announced.detail.revision):
            _expect(announced, now)
        return
    reported = parse_reported(body)
    code = accounts.customer_of(reported.account, claimed=reported.detail.customer)
    with step("track", code or "", reported.detail.change_id or "", reported.detail.revision or 0):
        changed = apply(table, reported, code, now, settings.patience, known.get(body))
    if changed:
        _measure(changed)


def _expect(announced: Envelope[ChangeAnnounced], now: datetime) -> None:
    """Expect everybody who must hear of it, and note what is wrong with the event."""
    known = revisions(table, announced.detail.change_id)
    if fact := fact_of(announced.detail, known):
        note_fact(table, announced, fact.cause, fact.message, now)
    more = still_expected(announced.detail, known)
    expect(table, announced, now, settings.patience, more)
    measured({}, {"Announcements": count(1)})


def _measure(changed: Changed) -> None:
    """What the dashboard shows of a report."""
    before, after = changed
    of_customer = {"customer": after["customer"]}
    measured(of_customer | {"state": after["state"]}, {"Reports": count(1)})
    ended_now = after.get("ended_at") and not before.get("ended_at")
    if ended_now and "announced_at" in after:
        measured(of_customer, {"TimeToLastMail": seconds(_between(after))})


def _between(row: Row) -> float:
    """Seconds from the put to the last mail; two accounts' clocks may differ."""
    ended, announced = (datetime.fromisoformat(row[name]) for name in ("ended_at", "announced_at"))
    return max(0.0, (ended - announced).total_seconds())


def _detail_type(body: str) -> str:
    """Cheap look at the kind; the model checks the rest."""
    return str(object_in(body).get("detail-type", ""))
