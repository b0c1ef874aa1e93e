"""Track a batch of events: open rows for announcements, apply reports, park the rest."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.change_announced import ANNOUNCED_TYPE, ChangeAnnounced, parse_announced
from changecast.contract.delivery_reported import claimed_by, parse_reported
from changecast.contract.envelope import NOT_UNDERSTOOD, Envelope
from changecast.contract.errors import ContractError
from changecast.contract.freeze import FREEZE_TYPE, parse_freeze
from changecast.contract.messages import object_in
from changecast.contract.response_events import RECORDED_TYPE, parse_recorded, responded_entry
from changecast.hub.registry import Accounts
from changecast.hub.settings import TrackSettings
from changecast.hub.tracking.completeness import fact_of, still_expected
from changecast.hub.tracking.discards import discards, void_statuses
from changecast.hub.tracking.forged_reports import refuse_forged
from changecast.hub.tracking.freezes import keep_declared
from changecast.hub.tracking.history import note_fact, note_not_understood
from changecast.hub.tracking.items import Changed
from changecast.hub.tracking.open_windows import expect_end, void_end
from changecast.hub.tracking.responses import UNKNOWN_CHANGE, apply_response
from changecast.hub.tracking.revisions import revisions
from changecast.hub.tracking.schema import Row
from changecast.hub.tracking.table import apply_report, open_status_rows, rows_named_by
from changecast.lambdas.bus import put
from changecast.lambdas.metrics import count, measured, seconds
from changecast.lambdas.queues import park
from changecast.lambdas.tracing import step

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient

log = logging.getLogger("changecast")
KnownRows = Mapping[str, Row | None]


@dataclass(frozen=True)
class Tracker:
    """What tracking needs: the status table, the customers by account, the DLQ and the bus."""

    table: "Table"
    accounts: Accounts
    sqs: "SQSClient"
    events: "EventBridgeClient"
    settings: TrackSettings


def read_together(tracker: Tracker, bodies: Sequence[str]) -> KnownRows:
    """Read, in one call each, the registry entries and the rows that a batch's reports name.

    Items that cannot be read together are read one by one later.
    """
    try:
        tracker.accounts.look_up({code for body in bodies if (code := claimed_by(body))})
    except (ClientError, BotoCoreError) as error:
        log.warning(
            "could not read the customers in one request; reading them one by one",
            extra={"error": str(error)[:500]},
        )
    try:
        return rows_named_by(tracker.table, bodies)
    except (ClientError, BotoCoreError) as error:
        log.warning(
            "could not read the rows in one request; reading them one by one",
            extra={"error": str(error)[:500]},
        )
        return {}


def track(tracker: Tracker, body: str, known: KnownRows) -> None:
    """Track one event; park one that can never be tracked, with the reason."""
    try:
        match _detail_type(body):
            case kind if kind == ANNOUNCED_TYPE:
                _track_announcement(tracker, body)
            case kind if kind == RECORDED_TYPE:
                _track_response(tracker, body)
            case kind if kind == FREEZE_TYPE:
                _track_freeze(tracker, body)
            case _:
                _track_report(tracker, body, known)
    except ContractError as error:
        log.warning("not tracked", extra={"code": error.code, "reason": error.message[:500]})
        if error.code == NOT_UNDERSTOOD:
            note_not_understood(tracker.table, body, error.message, datetime.now(UTC))
        url = tracker.settings.status_dlq_url
        park(tracker.sqs, url, body, code=error.code, message=error.message)


def _track_announcement(tracker: Tracker, body: str) -> None:
    announced = parse_announced(body)
    with step("track", "", announced.detail.change_id, announced.detail.revision):
        _expect(tracker, announced, datetime.now(UTC))


def _expect(tracker: Tracker, announced: Envelope[ChangeAnnounced], now: datetime) -> None:
    """Expect reports from everybody who must be told, and note what is wrong with the event."""
    known = revisions(tracker.table, announced.detail.change_id)
    if fact := fact_of(announced.detail, known):
        note_fact(tracker.table, announced, fact.cause, fact.message, now)
    more = still_expected(announced.detail, known)
    open_status_rows(tracker.table, announced, now, tracker.settings.time_to_report, more)
    expect_end(tracker.table, announced.detail, known, now)
    change_id, revision = announced.detail.change_id, announced.detail.revision
    if any(revision == one.revision for one in discards(tracker.table, change_id)):
        void_statuses(tracker.table, change_id, revision)
        void_end(tracker.table, change_id, now)
    measured({}, {"Announcements": count(1)})


def _track_report(tracker: Tracker, body: str, known: KnownRows) -> None:
    now, reported = datetime.now(UTC), parse_reported(body)
    detail = reported.detail
    code = tracker.accounts.customer_of(reported.account, claimed=detail.customer)
    with step("track", code or "", detail.change_id or "", detail.revision or 0):
        time_to_report = tracker.settings.time_to_report
        changed = apply_report(tracker.table, reported, code, now, time_to_report, known.get(body))
    if changed:
        _measure(changed)


def _track_response(tracker: Tracker, body: str) -> None:
    """Store an answer, and put it on the hub's bus for its subscribers.

    A retry puts it again: subscribers recognize a repeat by its `event_id`.
    """
    recorded = parse_recorded(body)
    detail = recorded.detail
    code = tracker.accounts.customer_of(recorded.account, claimed=detail.customer)
    with step("track", code or "", detail.change_id, detail.revision):
        try:
            responded = apply_response(tracker.table, recorded, code, datetime.now(UTC))
        except ContractError as error:
            cause = error.code if error.code == UNKNOWN_CHANGE else "forged"
            measured({"cause": cause}, {"RefusedResponses": count(1)})
            raise
        put(tracker.events, [responded_entry(responded, bus=tracker.settings.hub_bus)])
    measured({"customer": detail.customer, "response": detail.response}, {"Responses": count(1)})


def _track_freeze(tracker: Tracker, body: str) -> None:
    now, declared = datetime.now(UTC), parse_freeze(body)
    code = tracker.accounts.customer_of(declared.account, claimed=declared.detail.customer)
    refuse_forged(tracker.table, declared, code, now)
    keep_declared(tracker.table, declared.detail, now)


def _measure(changed: Changed) -> None:
    """Publish a report's metrics for the dashboard."""
    before, after = changed
    of_customer = {"customer": after["customer"]}
    measured(of_customer | {"state": after["state"]}, {"Reports": count(1)})
    ended_now = after.get("ended_at") and not before.get("ended_at")
    if ended_now and "announced_at" in after:
        measured(of_customer, {"TimeToLastMail": seconds(_between(after))})


def _between(row: Row) -> float:
    """Return the seconds from the put to the last mail; two accounts' clocks may differ."""
    ended, announced = (datetime.fromisoformat(row[name]) for name in ("ended_at", "announced_at"))
    return max(0.0, (ended - announced).total_seconds())


def _detail_type(body: str) -> str:
    """Read only the event's type, cheaply; the model checks the rest."""
    return str(object_in(body).get("detail-type", ""))
