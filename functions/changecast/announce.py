"""Announce one change document: check it, reserve its revision, put its event.

    from changecast.announce import announce
    announce(Path("metadata.json").read_bytes(), bus="changecast-hub")

The hub's bus, table and registry are those of the session's account and Region.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import boto3

from changecast.change import Change, Status, fingerprint, utc, view_for, with_revision
from changecast.errors import ChangecastError, ContractError
from changecast.event import EVENT_LIMIT, ChangeAnnounced, announced_entry, entry_size
from changecast.metadata import Document, Fault, MetadataFault, place, read_document
from changecast.records import Record, reserve, revisions
from changecast.registry import DEFAULT_HUB_BUS, Customer, codes_by_name, list_customers

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient

STATUS_TABLE = "changecast-status"
ENTRIES_A_CALL = 10
PUT_ATTEMPTS = 4
RETRIED = frozenset({"InternalFailure", "ThrottlingException"})


class NotPut(ChangecastError):
    """EventBridge took the call but not the event; announcing again is safe."""


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
    """The hub as `announce` needs it: its table, its bus, who is registered, who is asking."""

    table: "Table"
    events: "EventBridgeClient"
    customers: Mapping[str, Customer]
    caller: str


def connect(session: "boto3.Session | None" = None, table: str = STATUS_TABLE) -> Hub:
    """The hub of the session's account; reads the registry and the caller's identity."""
    own = session or boto3.Session()
    return Hub(
        own.resource("dynamodb").Table(table),
        own.client("events"),
        list_customers(own.client("ssm")),
        own.client("sts").get_caller_identity()["Arn"],
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
    it puts the event again under the same revision, and nobody is mailed twice.

    Raises MetadataFault (every fault with its path), ContractError (`unknown_customer`,
    `other_content`, `older_revision`, `too_large`, `not_confidential`), NotPut, and botocore's
    errors where AWS cannot be reached.
    """
    read = read_document(document, change_id=change_id)
    where = hub or connect(session)
    placed = replace(read, customers=place(read, codes_by_name(dict(where.customers))), names=())
    _refuse_unknown(placed, where.customers)
    known = revisions(where.table, placed.change.change_id)
    record, again = _next_record(placed, known, announced_by or where.caller, now())
    if placed.change.status is Status.DRAFT:
        return _announcement(Outcome.DRAFT, record, placed, (), None)
    alone = confidential or bool(placed.change.confidential)
    details = _details(placed, record, where.customers, alone=alone, test=test, at=now())
    entries = _entries(details, where.customers, bus)
    if dry_run:
        return _announcement(Outcome.DRY_RUN, record, placed, (), None)
    if not again and not reserve(where.table, record):
        raise ContractError(
            "other_content", f"somebody else just announced revision {record.revision}; try again"
        )
    put(where.events, entries)
    outcome = Outcome.ANNOUNCED_AGAIN if again else Outcome.ANNOUNCED
    ids = tuple(dict.fromkeys(str(detail.event_id) for detail in details))
    return _announcement(outcome, record, placed, ids, details[0].traceparent)


def content_hash(change: Change, customers: Sequence[str]) -> str:
    """What makes two documents the same revision: the change's content and whom it names."""
    whole = f"{fingerprint(change)}|{','.join(sorted(customers))}"
    return hashlib.sha256(whole.encode()).hexdigest()


def _refuse_unknown(document: Document, customers: Mapping[str, Customer]) -> None:
    unknown = [code for code in document.customers if code not in customers]
    if unknown:
        known = ", ".join(sorted(customers)) or "none"
        raise MetadataFault(
            [
                Fault("$", f"customer {code!r} is not registered (known: {known})")
                for code in unknown
            ]
        )


def _next_record(
    document: Document, known: list[Record], announced_by: str, at: datetime
) -> tuple[Record, bool]:
    """The record of this announcement, and whether the hub has it already."""
    change = document.change
    digest = content_hash(change, document.customers)
    same = [
        record
        for record in known
        if record.content_hash == digest and document.version in (None, record.revision)
    ]
    if same and (document.version is not None or same[-1] is known[-1]):
        return same[-1], True
    revision = document.version or (known[-1].revision + 1 if known else 1)
    _refuse_taken(revision, known)
    before = known[-1].customers if known else ()
    record = Record(
        change_id=change.change_id,
        revision=revision,
        content_hash=digest,
        customers=document.customers,
        withdrawn=tuple(code for code in before if code not in document.customers),
        announced_by=announced_by[:2_000],
        announced_at=utc(at),
        event_id=str(uuid4()),
        title=change.title,
        status=change.status.value,
        versioned=document.version is not None,
    )
    return record, False


def _refuse_taken(revision: int, known: list[Record]) -> None:
    if any(record.revision == revision for record in known):
        raise ContractError(
            "other_content",
            f"revision {revision} was announced with other content; give it a new version",
            "$.version",
        )
    if known and revision < known[-1].revision:
        raise ContractError(
            "older_revision",
            f"revision {revision} is older than {known[-1].revision}, which was announced already",
            "$.version",
        )


def _details(
    document: Document,
    record: Record,
    registered: Mapping[str, Customer],
    *,
    alone: bool,
    test: bool,
    at: datetime,
) -> list[ChangeAnnounced]:
    """The events to put: one for all, or one for each customer where each must be alone."""
    change = with_revision(document.change, record.revision)
    trace, parent = secrets.token_hex(16), secrets.token_hex(8)

    def detail(event_id: UUID, **fields: Any) -> ChangeAnnounced:
        return ChangeAnnounced(
            event_id=event_id,
            change_id=record.change_id,
            revision=record.revision,
            announced_at=at,
            announced_by=record.announced_by,
            test=test,
            correlation_id=f"{record.change_id}/{record.revision}",
            traceparent=f"00-{_epoch_first(trace, at)}-{parent}-01",
            **fields,
        )

    if not alone:
        fields = {
            "customers": record.customers,
            "withdrawn": record.withdrawn,
            "change": change,
            "metadata": document.raw,
        }
        return [detail(uuid4(), **fields)]
    return [
        detail(
            uuid4(),
            customers=(code,) if code in record.customers else (),
            withdrawn=(code,) if code in record.withdrawn else (),
            change=_alone(change, code, registered, record),
            metadata={},
        )
        for code in (*record.customers, *record.withdrawn)
    ]


def _epoch_first(trace: str, at: datetime) -> str:
    """X-Ray wants the first 8 hex digits of a W3C trace id to be the epoch second."""
    return f"{int(at.timestamp()):08x}{trace[8:]}"


def _alone(change: Change, code: str, registered: Mapping[str, Customer], record: Record) -> Change:
    """The change as `code` may see it; refused where its text names another customer."""
    seen = view_for(change, code).model_copy(update={"confidential": True, "history": ()})
    text = seen.model_dump_json()
    for other in {*registered, *record.customers, *record.withdrawn} - {code}:
        names = {other, registered[other].name if other in registered else other}
        found = [
            name for name in names if re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)
        ]
        if found:
            raise ContractError(
                "not_confidential",
                f"the text names another customer ({found[0]!r}); it cannot be confidential",
            )
    return seen


def _entries(
    details: list[ChangeAnnounced], customers: Mapping[str, Customer], bus: str | None
) -> list[dict[str, Any]]:
    entries = []
    for detail in details:
        named = (*detail.customers, *detail.withdrawn)
        buses = {bus} if bus else {_hub_bus(customers, code) for code in named}
        for name in sorted(buses):
            entry = announced_entry(detail, bus=name, trace_header=_trace_header(detail))
            _refuse_oversized(entry)
            entries.append(entry)
    return entries


def _hub_bus(customers: Mapping[str, Customer], code: str) -> str:
    return customers[code].hub_bus if code in customers else DEFAULT_HUB_BUS


def _trace_header(detail: ChangeAnnounced) -> str:
    """https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html (tracing header)."""
    trace, parent = str(detail.traceparent).split("-")[1:3]
    return f"Root=1-{trace[:8]}-{trace[8:]};Parent={parent};Sampled=1"


def _refuse_oversized(entry: dict[str, Any]) -> None:
    size = entry_size(entry)
    if size > EVENT_LIMIT:
        raise ContractError(
            "too_large",
            f"the event would be {size:,} bytes, at most {EVENT_LIMIT:,} can travel: shorten the "
            "longest texts, or put them behind a link",
        )


def put(events: "EventBridgeClient", entries: list[dict[str, Any]]) -> None:
    """Put entries, looking at each one's own answer; NotPut says which error remained.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
    """
    for group in _calls(entries):
        waiting = group
        for attempt in range(PUT_ATTEMPTS):
            answer = events.put_events(Entries=waiting)  # type: ignore[arg-type]
            failed = [
                (entry, result)
                for entry, result in zip(waiting, answer["Entries"], strict=True)
                if result.get("ErrorCode")
            ]
            if not failed:
                break
            code, message = failed[0][1]["ErrorCode"], failed[0][1].get("ErrorMessage", "")
            if code not in RETRIED or attempt == PUT_ATTEMPTS - 1:
                raise NotPut(f"EventBridge did not take the event: {code}: {message}")
            waiting = [entry for entry, _ in failed]
            time.sleep(0.2 * 2**attempt)


def _calls(entries: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Groups that fit into one PutEvents call, by number and by size."""
    group: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        bytes_ = entry_size(entry)
        if group and (len(group) == ENTRIES_A_CALL or size + bytes_ > EVENT_LIMIT):
            yield group
            group, size = [], 0
        group.append(entry)
        size += bytes_
    if group:
        yield group


def _announcement(
    outcome: Outcome,
    record: Record,
    document: Document,
    event_ids: tuple[str, ...],
    traceparent: str | None,
) -> Announcement:
    trace = traceparent.split("-")[1] if traceparent else None
    return Announcement(
        outcome,
        record.change_id,
        record.revision,
        record.title,
        record.customers,
        record.withdrawn,
        event_ids,
        f"1-{trace[:8]}-{trace[8:]}" if trace else None,
        document.warnings,
    )
