"""Announce one change document: check it, reserve its revision, put its event.

    from changecast.announce import announce
    announce(Path("metadata.json").read_bytes(), bus="changecast-hub")

The hub's bus, table and registry are those of the session's account and Region.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import boto3
from pydantic import TypeAdapter, ValidationError

from changecast.change import Status
from changecast.errors import ContractError
from changecast.fields import ChangeId, Line
from changecast.likeness import hints
from changecast.metadata import Document, Fault, MetadataFault, place, read_document
from changecast.numbering import next_record
from changecast.originals import Original, keep
from changecast.outgoing import How, details, entries, for_all, trace_id
from changecast.publishing import BRIEF, publish
from changecast.records import Record, note_put, reserve, revisions
from changecast.registry import Customer, always_confidential, codes_by_name, list_customers

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_xray import XRayClient

STATUS_TABLE = "changecast-status"
RESERVATIONS = 5
_LINE: TypeAdapter[str] = TypeAdapter(Line)
_CHANGE_ID: TypeAdapter[str] = TypeAdapter(ChangeId)


class Outcome(StrEnum):
    """What announcing a document came to."""

    ANNOUNCED = "announced"
    ANNOUNCED_AGAIN = "announced_again"
    DRAFT = "draft"
    DRY_RUN = "dry_run"


@dataclass(frozen=True)
class Announcement:
    """What was announced. `event_ids` is empty where nothing was put."""

    outcome: Outcome
    change_id: str
    revision: int
    title: str
    customers: tuple[str, ...]
    withdrawn: tuple[str, ...]
    event_ids: tuple[str, ...]
    trace_id: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Hub:
    """The hub as `announce` needs it: its table, its bus, who is registered, who is asking.

    Without `xray` an announcement's trace has no first segment.
    """

    table: "Table"
    events: "EventBridgeClient"
    customers: Mapping[str, Customer]
    caller: str
    confidential: bool = False
    xray: "XRayClient | None" = None


def connect(session: "boto3.Session | None" = None, table: str = STATUS_TABLE) -> Hub:
    """The hub of the session's account; reads the registry and the caller's identity."""
    own = session or boto3.Session()
    ssm = own.client("ssm")
    return Hub(
        own.resource("dynamodb").Table(table),
        own.client("events"),
        list_customers(ssm),
        own.client("sts").get_caller_identity()["Arn"],
        always_confidential(ssm),
        own.client("xray", config=BRIEF),
    )


def announce(
    document: str | bytes | Mapping[str, Any],
    *,
    bus: str | None = None,
    session: "boto3.Session | None" = None,
    hub: Hub | None = None,
    change_id: str | None = None,
    announced_by: str | None = None,
    confidential: bool = False,
    test: bool = False,
    dry_run: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Announcement:
    """Announce one metadata.json to every customer that it names, and to nobody else.

    `bus` overrides the hub bus that the registry names. Announcing the same content again is safe:
    it puts the event again under the same revision, and nobody is mailed twice. A `test` runs under
    the change id `<id>:test`, so that it uses up no revision of the real change; a document with
    `test_run` keeps its id.

    Raises MetadataFault (every fault with its path, unknown customers too), ContractError
    (`other_content`, `older_revision`, `too_large`, `not_confidential`, `announced_by`, `busy`),
    NotPut, and botocore's errors where AWS cannot be reached.
    """
    where = hub or connect(session)
    placed = placed_document(document, where.customers, change_id=change_id)
    if test:
        placed = _as_test(placed)
    how = How(
        alone=confidential or bool(placed.change.confidential) or where.confidential,
        test=test or placed.change.test_run,
        at=now(),
    )
    by = who_announces(announced_by or where.caller)
    return announce_placed(placed, how, hub=where, by=by, bus=bus, dry_run=dry_run)


def announce_placed(
    placed: Document,
    how: How,
    *,
    hub: Hub,
    by: str,
    bus: str | None = None,
    dry_run: bool = False,
) -> Announcement:
    """Announce a document whose customers are known codes; raises what `announce` does."""
    change = placed.change
    for _ in range(RESERVATIONS):
        known = revisions(hub.table, change.change_id)
        record, again = next_record(placed, known, announced_by=by, at=how.at)
        if change.status is Status.DRAFT:
            return _announcement(Outcome.DRAFT, record, placed)
        announced = details(placed, record, hub.customers, how)
        outgoing = entries(announced, hub.customers, bus)
        if dry_run:
            return _announcement(Outcome.DRY_RUN, record, placed)
        if again or reserve(hub.table, record):
            keep(hub.table, Original(for_all(placed, record, how), how.alone))
            publish(hub.events, hub.xray, announced, outgoing)
            note_put(hub.table, record, how.at)
            return replace(
                _announcement(_outcome(record), record, placed),
                event_ids=tuple(str(detail.event_id) for detail in announced),
                trace_id=trace_id(str(announced[0].traceparent)),
            )
    raise ContractError("busy", f"others go on announcing {change.change_id}; try again")


def placed_document(
    document: str | bytes | Mapping[str, Any],
    customers: Mapping[str, Customer],
    *,
    change_id: str | None = None,
) -> Document:
    """A document read and its customers found in the registry; MetadataFault where it cannot be."""
    read = read_document(document, change_id=change_id)
    placed = replace(read, customers=place(read, codes_by_name(customers)), names=())
    _refuse_unknown(placed, customers)
    return placed


def _refuse_unknown(document: Document, customers: Mapping[str, Customer]) -> None:
    unknown = [code for code in document.customers if code not in customers]
    if unknown:
        raise MetadataFault(
            [
                Fault(document.path_of(code), f"customer {code!r} is not registered{hint}")
                for code, hint in zip(unknown, hints(unknown, customers), strict=True)
            ]
        )


def _as_test(document: Document) -> Document:
    name = f"{document.change.change_id}:test"
    try:
        _CHANGE_ID.validate_python(name)
    except ValidationError as error:
        raise ContractError("change_id", f"{name!r} is too long for a test's id") from error
    return replace(document, change=document.change.model_copy(update={"change_id": name}))


def who_announces(announced_by: str) -> str:
    """Who announces, as an event can carry it; ContractError `announced_by`."""
    try:
        return _LINE.validate_python(announced_by)
    except ValidationError as error:
        message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise ContractError("announced_by", f"who announces: {message}") from error


def _outcome(record: Record) -> Outcome:
    """Again only if it is sure that it went out before: a put may have failed after its record."""
    return Outcome.ANNOUNCED_AGAIN if record.put_at else Outcome.ANNOUNCED


def _announcement(outcome: Outcome, record: Record, document: Document) -> Announcement:
    return Announcement(
        outcome,
        record.change_id,
        record.revision,
        record.title,
        record.customers,
        record.withdrawn,
        (),
        None,
        document.warnings,
    )
