"""Answers of a customer's people: every answer, the customer's counts, and objections.

An answer counts if the hub announced the change to the customer whose account recorded it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from changecast.contract.approval import ResponseSummary
from changecast.contract.change import utc
from changecast.contract.envelope import Envelope
from changecast.contract.errors import ContractError
from changecast.contract.response import Response
from changecast.contract.response_events import ChangeResponded, ResponseRecorded, WantedWindow
from changecast.hub.tracking.findings import Cause
from changecast.hub.tracking.forged_reports import refuse_forged
from changecast.hub.tracking.items import append_entry, query, read_item, written
from changecast.hub.tracking.revisions import revisions
from changecast.hub.tracking.rows import with_responses
from changecast.hub.tracking.schema import (
    Row,
    answer_key,
    answers_partition,
    due,
    fact_key,
    status_key,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_CAUSES = {
    Response.REJECTED: Cause.CHANGE_REJECTED,
    Response.RESCHEDULE_REQUESTED: Cause.RESCHEDULE_REQUESTED,
}
UNKNOWN_CHANGE = "unknown_change"


def apply_response(
    table: "Table", recorded: Envelope[ResponseRecorded], code: str | None, now: datetime
) -> ChangeResponded:
    """Store an answer; a repeat changes nothing.

    Args:
        code: The customer of the sending account, by the registry.

    Returns:
        The event for the change system.

    Raises:
        ContractError: `forged`: the account is not the customer's; `unknown_change`: the revision
            was not announced to the customer.
        Retry: Too many other writers of the status row.
    """
    refuse_forged(table, recorded, code, now)
    title = _title_of(table, recorded.detail)
    _keep(table, recorded, now)
    _note_objection(table, recorded, title, now)
    return _responded(recorded.detail, title)


def answers(table: "Table", change_id: str, code: str) -> list[Row]:
    """Return every answer of one customer's people to a change, in the order given."""
    condition = Key("pk").eq(answers_partition(change_id, code))
    return list(query(table, KeyConditionExpression=condition, ConsistentRead=True))


def last_answers(rows: Iterable[Row]) -> list[Row]:
    """Return every person's last answer, which counts, in the order of `rows`."""
    last: dict[Any, Row] = {}
    for row in rows:
        person = row.get("responder") or row["event_id"]
        last.pop(person, None)
        last[person] = row
    return list(last.values())


def _title_of(table: "Table", detail: ResponseRecorded) -> str:
    """Return the title that the customer was told; ContractError if it was not told."""
    key = status_key(detail.change_id, detail.revision, detail.customer)
    row = read_item(table, key)
    if "announced_by" in row:
        return str(row["title"])
    for record in revisions(table, detail.change_id):
        if record.revision == detail.revision and detail.customer in record.customers:
            return record.title
    raise ContractError(
        UNKNOWN_CHANGE,
        f"somebody at {detail.customer} answered {detail.change_id} revision {detail.revision}, "
        "which was not announced to this customer",
    )


def _item(recorded: Envelope[ResponseRecorded], now: datetime) -> Row:
    detail = recorded.detail
    key = answer_key(detail.change_id, detail.customer, detail.response_seq, str(detail.event_id))
    plain = detail.model_dump(mode="json")
    return key | plain | {"account": recorded.account, "received_at": utc(now)}


def _keep(table: "Table", recorded: Envelope[ResponseRecorded], now: datetime) -> None:
    """Keep an answer and count it; an answer opens no status row."""
    detail, entry = recorded.detail, _item(recorded, now)
    key = status_key(detail.change_id, detail.revision, detail.customer)

    def change(row: Row) -> Row:
        said = ResponseSummary(counts=detail.counts, approval=detail.approval)
        return with_responses(row, said, detail.report_seq, detail.windows)

    if row := read_item(table, key):
        append_entry(table, key, change, entry, row)
    else:
        written(table, entry, Attr("pk").not_exists())


def _note_objection(
    table: "Table", recorded: Envelope[ResponseRecorded], title: str, now: datetime
) -> None:
    """Let watch publish a rejection or a request for another time, once."""
    detail = recorded.detail
    cause = _CAUSES.get(detail.response)
    if cause is None:
        return
    item = fact_key(detail.change_id, detail.revision, cause, str(detail.event_id)) | {
        "cause": cause.value,
        "change_id": detail.change_id,
        "revision": detail.revision,
        "title": title,
        "customer": detail.customer,
        "account": recorded.account,
        "event_id": str(detail.event_id),
        "message": objection(detail),
        "found_at": utc(detail.recorded_at),
        **due(utc(now)),
    }
    written(table, item, Attr("pk").not_exists())


def objection(detail: ResponseRecorded) -> str:
    """Return a person's objection in a sentence."""
    said = f"{detail.customer} rejects the change"
    if detail.response is Response.RESCHEDULE_REQUESTED:
        requested = " or ".join(map(_in_utc, detail.windows)) or "they named no time"
        said = f"{detail.customer} asks for another time: {requested}"
    return f'{said}: "{detail.comment}"' if detail.comment else said


def _in_utc(window: WantedWindow) -> str:
    start, end = window.start.astimezone(UTC), window.end.astimezone(UTC)
    return f"{start:%Y-%m-%d %H:%M} - {end:%Y-%m-%d %H:%M} UTC"


def _responded(detail: ResponseRecorded, title: str) -> ChangeResponded:
    shared = ChangeResponded.model_fields.keys() - {"title"}
    return ChangeResponded(title=title, **{name: getattr(detail, name) for name in shared})
