"""Announce one change document: check it, reserve its revision, put its event.

    from changecast.hub.announcing.announce import announce
    announce(Path("metadata.json").read_bytes(), bus="changecast-hub")

The hub's bus, table and registry are those of the session's account and Region.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
from pydantic import TypeAdapter, ValidationError

from changecast.contract.change import Status, utc
from changecast.contract.change_announced import ChangeAnnounced, as_test
from changecast.contract.envelope import faults_of
from changecast.contract.errors import ContractError
from changecast.contract.fields import Line
from changecast.contract.reserved_ids import refuse_reserved_id
from changecast.hub.announcing.approvals import missing_approvals, refuse_missing_approvals
from changecast.hub.announcing.events import Options, details, for_all, outgoing, trace_id
from changecast.hub.announcing.freeze_gate import Objections, refuse_doubtful, refuse_in_freeze
from changecast.hub.announcing.metadata import (
    Document,
    Fault,
    MetadataFault,
    place,
    read_document,
    unseen_details,
)
from changecast.hub.announcing.numbering import next_record
from changecast.hub.announcing.publishing import BRIEF, publish
from changecast.hub.announcing.two_persons import Approval
from changecast.hub.name_suggestions import did_you_mean
from changecast.hub.registry import Customer, Place, codes_by_name, hub_settings
from changecast.hub.tracking.discards import discards
from changecast.hub.tracking.originals import Original, keep, kept
from changecast.hub.tracking.registry_index import Registry, entries_before_put, registered
from changecast.hub.tracking.revisions import (
    HASH_VERSION,
    Record,
    note_put,
    reserve,
    revisions,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_xray import XRayClient

STATUS_TABLE = "changecast-status"
RESERVATIONS = 5
ONLY_TWO = (
    "this hub announces only what a second person approved. Propose it: changecast propose FILE. "
    "Then somebody else approves it: changecast approve CHANGE_ID. In an emergency: changecast "
    "announce FILE --break-glass REASON"
)
_LINE: TypeAdapter[str] = TypeAdapter(Line)


class Outcome(StrEnum):
    """Result of announcing a document."""

    ANNOUNCED = "announced"
    ANNOUNCED_AGAIN = "announced_again"
    OLDER = "older"
    DRAFT = "draft"
    DRY_RUN = "dry_run"
    DISCARDED = "discarded"


@dataclass(frozen=True)
class Announcement:
    """An announcement. `event_ids` is empty if nothing was put.

    `details` are the events of a dry run. `newer` is the revision that was announced after this
    one, so that nothing is put; 0 if there is none. `already_put` is whether this revision was
    certainly announced before.
    """

    outcome: Outcome
    change_id: str
    revision: int
    title: str
    customers: tuple[str, ...]
    withdrawn: tuple[str, ...]
    event_ids: tuple[str, ...]
    trace_id: str | None
    warnings: tuple[str, ...]
    details: tuple[ChangeAnnounced, ...] = ()
    newer: int = 0
    already_put: bool = False


@dataclass(frozen=True)
class Hub:
    """What `announce` needs of the hub: its table, its buses, its customers, and the caller.

    `look_up` reads entries that may have changed; without it, `customers` is used. Without `xray`,
    an announcement's trace has no first segment. `two_persons` is the place of proposals and
    approvals; None if one person announces.
    """

    table: "Table"
    events: "EventBridgeClient"
    customers: Mapping[str, Customer]
    caller: str
    confidential: bool = False
    xray: "XRayClient | None" = None
    look_up: Callable[[Collection[str]], Mapping[str, Customer]] | None = None
    two_persons: Place | None = None

    def refuse_one_person(self, *, unless: bool = False) -> None:
        """Raise ContractError `two_persons` where one person may not announce alone."""
        if self.two_persons and not unless:
            raise ContractError("two_persons", ONLY_TWO)

    def current(self, details: Sequence[ChangeAnnounced]) -> Mapping[str, Customer]:
        """Return the current entries of an event's customers, because one may have moved."""
        named = {code for one in details for code in (*one.customers, *one.withdrawn)}
        found = self.look_up(sorted(named)) if self.look_up else {}
        return {**self.customers, **found}


def connect(session: "boto3.Session | None" = None, table: str = STATUS_TABLE) -> Hub:
    """Return the hub of the session's account; reads the registry and the caller's identity."""
    own = session or boto3.Session()
    ssm, status = own.client("ssm"), own.resource("dynamodb").Table(table)
    settings = hub_settings(ssm)
    return Hub(
        status,
        own.client("events"),
        registered(ssm, status, datetime.now(UTC)),
        own.client("sts").get_caller_identity()["Arn"],
        settings.confidential,
        own.client("xray", config=BRIEF),
        partial(entries_before_put, ssm, status),
        settings.two_persons,
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
    objections: Objections | None = None,
    despite: str = "",
    past: str | None = None,
    require_approvals: bool = False,
    notify_all: str = "",
    approval: Approval | None = None,
    rehearsal: list[Record] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Announcement:
    """Announce one metadata.json to every customer that it names, and to nobody else.

    Announcing the same content again is safe: the event is put again under the same revision, and
    nobody is mailed twice. If a newer revision was announced since, nothing is put. The document
    may also have `despite`, `past` and `notify_all` as fields.

    Args:
        document: The metadata.json: JSON, or a dict.
        bus: The hub's bus; by default the one that the registry names.
        session: The boto3 session of the hub's account; by default the environment's.
        hub: A connected hub, instead of `session`.
        change_id: The change's id, if the document has no id or ticket.
        announced_by: Who announces; by default the caller's identity.
        confidential: Give each customer its own event, which names no other customer.
        test: Announce a test: under the id `<id>:test`, to allowed recipients only. A document
            with `testRun` is always a test.
        dry_run: Check everything, and put nothing.
        objections: Says which customer does not want a change in a window.
        despite: The reason to ignore objections; kept in the history.
        past: The reason to accept a new window that is over, has begun, is very long or is far
            ahead; without one it is refused. None skips this check.
        require_approvals: Refuse an approved change while a customer's approval is missing;
            otherwise this is a warning.
        notify_all: The reason to mail everybody although nothing material changed.
        approval: Where two persons announce, who answers for it; only `publish_approved` sets it.
        rehearsal: With `dry_run`, what earlier documents of the same dry run would announce; this
            document's record is added.
        now: The clock.

    Returns:
        What was announced, under which revision.

    Raises:
        MetadataFault: The document has faults; it names each with its path.
        ContractError: `other_content`, `older_revision`, `too_large`, `not_confidential`,
            `announced_by`, `busy`, `not_wanted`, `despite`, `doubtful_window`, `past`,
            `two_persons` or `not_approved`.
        NotPut: EventBridge refused an event; announce again.
        botocore's errors: AWS cannot be reached.
    """
    where = hub or connect(session)
    placed = placed_document(document, where.customers, change_id=change_id)
    is_test = test or placed.change.test_run
    if is_test:
        placed = replace(placed, change=as_test(placed.change))
    else:
        refuse_reserved_id(placed.change.change_id, "$")
    options = Options(
        confidential=confidential or bool(placed.change.confidential) or where.confidential,
        test=is_test,
        at=now(),
        objections=objections,
        despite=_reason("despite", despite, placed),
        past=None if past is None else _reason("past", past, placed),
        require_approvals=require_approvals,
        notify_all=_reason("notify_all", notify_all, placed),
        approval=approval,
    )
    by = who_announces(announced_by or where.caller)
    return announce_placed(
        placed, options, hub=where, by=by, bus=bus, dry_run=dry_run, rehearsal=rehearsal
    )


def announce_placed(
    placed: Document,
    options: Options,
    *,
    hub: Hub,
    by: str,
    bus: str | None = None,
    dry_run: bool = False,
    rehearsal: list[Record] | None = None,
) -> Announcement:
    """Announce a document whose customers are known codes; raises the same as `announce`."""
    change = placed.change
    hub.refuse_one_person(unless=dry_run or options.approval is not None)
    for _ in range(RESERVATIONS):
        known = _known(hub, change.change_id, rehearsal or ())
        void = discards(hub.table, change.change_id)
        options = replace(options, discards=tuple(one.revision for one in void))
        record, again = next_record(
            placed,
            known,
            void,
            announced_by=by,
            at=options.at,
            despite=options.despite,
            past=options.past or "",
            notify_all=options.notify_all,
            approval=options.approval,
        )
        if not again:
            _refuse_windows(placed, known, options)
            placed = _with_missing_approvals(hub, placed, options) if known else placed
        if change.status is Status.DRAFT:
            return _announcement(Outcome.DRAFT, record, placed)
        newer = 0
        if again:
            newer = _newer(record, known, options)
            placed = _warned(_as_first_read(hub, placed, record, options), newer)
        announced = details(placed, record, hub.customers, options)
        to_put = outgoing(announced, hub.current(announced), bus)
        if dry_run:
            rehearsed = _announcement(Outcome.DRY_RUN, record, placed)
            _note(rehearsal, record, options.at)
            return replace(rehearsed, details=tuple(announced), newer=newer)
        if newer:
            return replace(_announcement(Outcome.OLDER, record, placed), newer=newer)
        if again or reserve(hub.table, record):
            keep(hub.table, Original(for_all(placed, record, options), options.confidential))
            publish(hub.events, hub.xray, announced, to_put)
            note_put(hub.table, record, options.at)
            return replace(
                _announcement(_outcome(record), record, placed),
                event_ids=tuple(str(detail.event_id) for detail in announced),
                trace_id=trace_id(str(announced[0].traceparent)),
            )
    raise ContractError(
        "busy", f"somebody else is announcing {change.change_id} right now; try again in a moment"
    )


def _known(hub: Hub, change_id: str, rehearsal: Sequence[Record]) -> list[Record]:
    """Return a change's records, and those that a dry run would have written before this one."""
    return [
        *revisions(hub.table, change_id),
        *(one for one in rehearsal if one.change_id == change_id),
    ]


def _note(rehearsal: list[Record] | None, record: Record, at: datetime) -> None:
    """Add a record to a dry run of several documents, as if its event were put."""
    if rehearsal is not None and not record.put_at:
        rehearsal.append(replace(record, put_at=utc(at)))


def _newer(record: Record, known: Sequence[Record], options: Options) -> int:
    """Return the newest revision that was announced after a record; 0 if there is none."""
    put = [one.revision for one in known if one.put_at and one.revision not in options.discards]
    newest = max(put, default=0)
    return newest if newest > record.revision else 0


def _warned(document: Document, newer: int) -> Document:
    """Warn that a document is older than what people were last told."""
    return replace(document, warnings=(*document.warnings, old_file(newer))) if newer else document


def old_file(newer: int) -> str:
    """Say that a document is older than the newest announced revision, and what to do."""
    return (
        f"revision {newer} is newer, so nothing is sent. Check whether this is an old file. To "
        f"announce it anyway, set `version` to {newer + 1}"
    )


def _as_first_read(hub: Hub, placed: Document, record: Record, options: Options) -> Document:
    """Return the document as first read, because customers refuse other content of a revision.

    What two persons saw is put as they saw it.
    """
    if record.hash_version == HASH_VERSION or options.approval:
        return placed
    original = kept(hub.table, record.change_id, record.revision)
    return replace(placed, change=original.detail.change) if original else placed


def placed_document(
    document: str | bytes | Mapping[str, Any],
    customers: Mapping[str, Customer],
    *,
    change_id: str | None = None,
) -> Document:
    """Read a document and find its customers in the registry; MetadataFault if that fails."""
    read = read_document(document, change_id=change_id)
    try:
        return _placed(read, customers)
    except MetadataFault:
        # A customer that is missing from the copy of the registry may have been registered a minute
        # ago.
        if not (isinstance(customers, Registry) and customers.renewed()):
            raise
        return _placed(read, customers)


def _placed(read: Document, customers: Mapping[str, Customer]) -> Document:
    placed = replace(read, customers=place(read, codes_by_name(customers)), names=())
    _refuse_unknown(placed, customers)
    return replace(placed, warnings=(*placed.warnings, *unseen_details(placed)))


def _refuse_unknown(document: Document, customers: Mapping[str, Customer]) -> None:
    unknown = [code for code in document.customers if code not in customers]
    if unknown:
        raise MetadataFault(
            [
                Fault(document.path_of(code), f"customer {code!r} is not registered{hint}")
                for code, hint in zip(unknown, did_you_mean(unknown, customers), strict=True)
            ]
        )


def _reason(name: str, given: str, document: Document) -> str:
    """Return the reason, as given or in the document; ContractError if it is not one line."""
    said = given or document.raw.get(name) or ""
    try:
        return _LINE.validate_python(said, strict=True).strip()
    except ValidationError as error:
        raise ContractError(
            name, "the reason must be a single line of text", f"$.{name}"
        ) from error


def _refuse_windows(document: Document, known: Sequence[Record], options: Options) -> None:
    if options.test:
        return
    standing = [record for record in known if record.revision not in options.discards]
    if options.past == "":
        refuse_doubtful(document, standing, options.at)
    if options.objections is not None and not options.despite:
        refuse_in_freeze(document, standing, options.objections)


def _with_missing_approvals(hub: Hub, document: Document, options: Options) -> Document:
    """Warn of missing approvals, or refuse if that was requested."""
    if options.test:
        return document
    missing = missing_approvals(hub.table, document)
    if options.require_approvals:
        refuse_missing_approvals(document.change.change_id, missing)
    warnings = dict.fromkeys((*document.warnings, *missing))
    return replace(document, warnings=tuple(warnings))


def who_announces(announced_by: str) -> str:
    """Return who announces, in the event's form; ContractError `announced_by`."""
    try:
        return _LINE.validate_python(announced_by)
    except ValidationError as error:
        ((_, message), *_) = faults_of(error)
        raise ContractError("announced_by", f"the name in `announced_by` {message}") from error


def _outcome(record: Record) -> Outcome:
    """Return the outcome; "again" only if it was certainly put: a put may fail after its record."""
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
        already_put=bool(record.put_at),
    )
