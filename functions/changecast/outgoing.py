"""The events of an announcement: one for everybody, or one for each customer alone."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from changecast.change import Change, with_revision
from changecast.confidential import refuse_foreign, seen_by
from changecast.errors import ContractError
from changecast.event import EVENT_LIMIT, ChangeAnnounced, announced_entry, entry_size
from changecast.metadata import Document
from changecast.records import Record
from changecast.registry import DEFAULT_HUB_BUS, Customer


@dataclass(frozen=True)
class How:
    """How a document is announced: alone for each customer, as a test, at what time."""

    alone: bool
    test: bool
    at: datetime


def details(
    document: Document, record: Record, customers: Mapping[str, Customer], how: How
) -> list[ChangeAnnounced]:
    """The events of a record; the first time its own event id, from then on one that refers to it.

    Raises ContractError `not_confidential` where each must be alone and a text names another.
    """
    if not how.alone:
        return [for_all(document, record, how)]
    names = _names(record, customers)
    change = with_revision(document.change, record.revision)
    shared = _shared(record, how)
    named = (*record.customers, *record.withdrawn)
    alone = [_for_one(code, change, record, shared) for code in named]
    for code, detail in zip(named, alone, strict=True):
        refuse_foreign(detail, code, names)
    return alone


def for_all(document: Document, record: Record, how: How) -> ChangeAnnounced:
    """The event for everybody whom a record names, with the whole document."""
    return ChangeAnnounced(
        event_id=uuid4() if record.put_at else UUID(record.event_id),
        customers=record.customers,
        withdrawn=record.withdrawn,
        change=with_revision(document.change, record.revision),
        metadata=document.raw,
        **_shared(record, how),
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


def _shared(record: Record, how: How) -> dict[str, Any]:
    return {
        "change_id": record.change_id,
        "revision": record.revision,
        "announced_at": how.at,
        "announced_by": record.announced_by,
        "reannounces": UUID(record.event_id) if record.put_at else None,
        "test": how.test,
        "correlation_id": f"{record.change_id}/{record.revision}",
        "traceparent": new_traceparent(how.at),
    }


def _names(record: Record, customers: Mapping[str, Customer]) -> dict[str, str]:
    """The display name of everybody who is registered, and of whom the record names."""
    named = dict.fromkeys((*record.customers, *record.withdrawn), "")
    return named | {code: customer.name for code, customer in customers.items()}


def new_traceparent(at: datetime) -> str:
    """A trace of its own, by W3C Trace Context §3.2.

    X-Ray wants the epoch second in the first 8 digits of the trace.
    """
    return f"00-{int(at.timestamp()):08x}{secrets.token_hex(12)}-{secrets.token_hex(8)}-01"


def trace_id(traceparent: str) -> str:
    """X-Ray's way to write a W3C trace id: 1-<8 digits>-<24 digits>."""
    trace = traceparent.split("-")[1]
    return f"1-{trace[:8]}-{trace[8:]}"


def _trace_header(traceparent: str) -> str:
    """https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html (tracing header)."""
    return f"Root={trace_id(traceparent)};Parent={traceparent.split('-')[2]};Sampled=1"


def entries(
    announced: list[ChangeAnnounced], customers: Mapping[str, Customer], bus: str | None
) -> list[dict[str, Any]]:
    """The PutEvents entries: every event on each hub bus that has a route of whom it names.

    Raises ContractError `too_large`.
    """
    found = []
    for detail in announced:
        named = (*detail.customers, *detail.withdrawn)
        buses = {bus} if bus else {_hub_bus(customers, code) for code in named}
        for name in sorted(buses):
            header = _trace_header(str(detail.traceparent))
            found.append(announced_entry(detail, bus=name, trace_header=header))
    _refuse_oversized(found)
    return found


def _hub_bus(customers: Mapping[str, Customer], code: str) -> str:
    return customers[code].hub_bus if code in customers else DEFAULT_HUB_BUS


def _refuse_oversized(found: list[dict[str, Any]]) -> None:
    size = max(entry_size(entry) for entry in found)
    if size > EVENT_LIMIT:
        raise ContractError(
            "too_large",
            f"the event would be {size:,} bytes, at most {EVENT_LIMIT:,} can travel: shorten the "
            "longest texts, or put them behind a link",
        )
