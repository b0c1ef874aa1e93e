"""The events of an announcement: one for everybody, or one for each customer."""

import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from changecast.contract.change import Change, with_revision
from changecast.contract.change_announced import PARTS_LIMIT, ChangeAnnounced, announced_entry
from changecast.contract.envelope import EVENT_LIMIT, entry_size
from changecast.contract.errors import ContractError
from changecast.hub.announcing.confidential import refuse_foreign, seen_by
from changecast.hub.announcing.freeze_gate import Objections
from changecast.hub.announcing.metadata import Document
from changecast.hub.announcing.two_persons import Approval
from changecast.hub.registry import DEFAULT_HUB_BUS, Customer
from changecast.hub.tracking.revisions import Record


@dataclass(frozen=True)
class Options:
    """Options of an announcement, such as an event for each customer, a test, or its time.

    `discards` are the change's void revisions. `despite` is the reason to ignore customers'
    `objections`. `past` is the reason to accept a doubtful window; None skips that check.
    `notify_all` is the reason to mail everybody although nothing material changed. Where two
    persons announce, `approval` says who answers for it.
    """

    confidential: bool
    test: bool
    at: datetime
    discards: tuple[int, ...] = ()
    objections: Objections | None = None
    despite: str = ""
    past: str | None = None
    require_approvals: bool = False
    notify_all: str = ""
    approval: Approval | None = None


def details(
    document: Document, record: Record, customers: Mapping[str, Customer], options: Options
) -> list[ChangeAnnounced]:
    """Return a record's events: first with its own event id, later with one that refers to it.

    Raises:
        ContractError: `not_confidential`: a text of a confidential change names another customer.
    """
    if not options.confidential:
        return [for_all(document, record, options)]
    names = _names(record, customers)
    change = with_revision(document.change, record.revision)
    shared = _shared(record, options)
    named = (*record.customers, *record.withdrawn)
    alone = [_for_one(code, change, record, shared) for code in named]
    for code, detail in zip(named, alone, strict=True):
        refuse_foreign(detail, code, names)
    return alone


def for_all(document: Document, record: Record, options: Options) -> ChangeAnnounced:
    """Return the event for everybody that a record names, with the whole document."""
    return ChangeAnnounced(
        event_id=uuid4() if record.put_at else UUID(record.event_id),
        customers=record.customers,
        withdrawn=record.withdrawn,
        change=with_revision(document.change, record.revision),
        metadata=document.raw,
        **_shared(record, options),
    )


def _for_one(code: str, change: Change, record: Record, shared: dict[str, Any]) -> ChangeAnnounced:
    return ChangeAnnounced(
        event_id=uuid4() if record.put_at else uuid5(UUID(record.event_id), code),
        customers=(code,) if code in record.customers else (),
        withdrawn=(code,) if code in record.withdrawn else (),
        change=seen_by(change, code),
        metadata={},
        **shared,
    )


def _shared(record: Record, options: Options) -> dict[str, Any]:
    return {
        "change_id": record.change_id,
        "revision": record.revision,
        "announced_at": options.at,
        "announced_by": record.announced_by,
        "reannounces": UUID(record.event_id) if record.put_at else None,
        "first_announced_at": datetime.fromisoformat(record.announced_at)
        if record.put_at
        else None,
        "test": options.test,
        "previous_revision": record.previous_revision,
        "notify_all": record.notify_all or None,
        "discards": options.discards,
        "correlation_id": f"{record.change_id}/{record.revision}",
        "traceparent": new_traceparent(options.at),
    }


def _names(record: Record, customers: Mapping[str, Customer]) -> dict[str, str]:
    """Return display names by code: of registered customers, and of those the record names."""
    named = dict.fromkeys((*record.customers, *record.withdrawn), "")
    return named | {code: customer.name for code, customer in customers.items()}


def new_traceparent(at: datetime) -> str:
    """Return a new trace, by W3C Trace Context §3.2.

    X-Ray requires the epoch second in the first 8 digits of the trace.
    """
    return f"00-{int(at.timestamp()):08x}{secrets.token_hex(12)}-{secrets.token_hex(8)}-01"


def trace_id(traceparent: str) -> str:
    """Return a W3C trace id in X-Ray's form: 1-<8 digits>-<24 digits>."""
    trace = traceparent.split("-")[1]
    return f"1-{trace[:8]}-{trace[8:]}"


def _trace_header(traceparent: str) -> str:
    """Return X-Ray's tracing header."""
    return f"Root={trace_id(traceparent)};Parent={traceparent.split('-')[2]};Sampled=1"


@dataclass(frozen=True)
class Outgoing:
    """One PutEvents entry, its hub bus, and the customers that it names."""

    bus: str
    codes: tuple[str, ...]
    entry: dict[str, Any]


def outgoing(
    announced: list[ChangeAnnounced], customers: Mapping[str, Customer], bus: str | None
) -> list[Outgoing]:
    """Return the entries to put: exactly one event names each customer, on the bus with its route.

    An event for several buses, or one that is too large, is split by its customers. The parts keep
    its id, because they are one announcement.

    Raises:
        ContractError: `too_large`, if the event would be too large even for one customer.
    """
    return [part for detail in announced for part in _parts(detail, customers, bus)]


def _parts(
    detail: ChangeAnnounced, customers: Mapping[str, Customer], bus: str | None
) -> list[Outgoing]:
    by_bus: dict[str, list[str]] = {}
    for code in (*detail.customers, *detail.withdrawn):
        by_bus.setdefault(bus or _hub_bus(customers, code), []).append(code)
    if len(by_bus) == 1:
        whole = _outgoing(detail, *next(iter(by_bus.items())))
        if entry_size(whole.entry) <= EVENT_LIMIT:
            return [whole]
    groups = [group for name in sorted(by_bus) for group in _groups(detail, name, by_bus[name])]
    return [_outgoing(_for(detail, codes, len(groups)), name, codes) for name, codes in groups]


def _groups(
    detail: ChangeAnnounced, bus: str, codes: Collection[str]
) -> Iterator[tuple[str, list[str]]]:
    """Halve the customers of one bus until the event that names them is small enough."""
    listed = list(codes)
    part = _outgoing(_for(detail, listed, PARTS_LIMIT), bus, listed)
    if entry_size(part.entry) <= EVENT_LIMIT:
        yield bus, listed
        return
    if len(listed) == 1:
        raise _too_large(detail)
    half = len(listed) // 2
    yield from _groups(detail, bus, listed[:half])
    yield from _groups(detail, bus, listed[half:])


def _for(detail: ChangeAnnounced, codes: Collection[str], parts: int) -> ChangeAnnounced:
    """Return the part of an event that names only these customers."""
    own = frozenset(codes)
    return detail.model_copy(
        update={
            "customers": tuple(code for code in detail.customers if code in own),
            "withdrawn": tuple(code for code in detail.withdrawn if code in own),
            "parts": parts if parts > 1 else None,
        }
    )


def _outgoing(detail: ChangeAnnounced, bus: str, codes: Collection[str]) -> Outgoing:
    header = _trace_header(str(detail.traceparent))
    return Outgoing(bus, tuple(codes), announced_entry(detail, bus=bus, trace_header=header))


def _hub_bus(customers: Mapping[str, Customer], code: str) -> str:
    return customers[code].hub_bus if code in customers else DEFAULT_HUB_BUS


def _too_large(detail: ChangeAnnounced) -> ContractError:
    size = entry_size(_outgoing(detail, DEFAULT_HUB_BUS, ()).entry)
    return ContractError(
        "too_large",
        f"the event would be {size:,} bytes, but the limit is {EVENT_LIMIT:,}: "
        "shorten the longest texts, or replace them with links",
    )
