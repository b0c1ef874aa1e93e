"""Announce again what one customer missed: a new event, only for it, that names the old one.

The scope never changes: a customer that the revision does not name gets nothing, and the content
stays the same. The customer's ledger makes sure that nobody is mailed twice.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4, uuid5

from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Announcement, Hub, Outcome, who_announces
from changecast.hub.announcing.confidential import seen_by
from changecast.hub.announcing.events import new_traceparent, outgoing, trace_id
from changecast.hub.announcing.publishing import publish
from changecast.hub.name_suggestions import known_names
from changecast.hub.tracking.discards import discards, standing_revisions
from changecast.hub.tracking.originals import Original, kept
from changecast.hub.tracking.revisions import Record, note_again

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def reannounce(
    change_id: str,
    code: str,
    *,
    hub: Hub,
    announced_by: str | None = None,
    dry_run: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Announcement:
    """Announce the newest valid revision that names a customer again, to that customer alone.

    The event also says which revisions are void.

    Raises:
        ContractError: `unknown_change`, `out_of_scope` or `not_kept`.
        NotPut: EventBridge refused an event.
    """
    void = tuple(one.revision for one in discards(hub.table, change_id))
    standing = standing_revisions(hub.table, change_id)
    if void and not standing:
        raise ContractError(
            "unknown_change", f"every revision of {change_id!r} is void: announce its document"
        )
    record = newest_naming(code, change_id, standing)
    original = _kept(hub.table, record)
    by, at = who_announces(announced_by or hub.caller), now()
    detail = again_for(whole(original, record, code), code, by=by, at=at)
    detail = detail.model_copy(update={"discards": void})
    if not dry_run:
        put_again(hub, detail, code)
    return Announcement(
        Outcome.DRY_RUN if dry_run else Outcome.ANNOUNCED_AGAIN,
        change_id,
        detail.revision,
        record.title,
        detail.customers,
        detail.withdrawn,
        () if dry_run else (str(detail.event_id),),
        None if dry_run else trace_id(str(detail.traceparent)),
        (),
    )


def put_again(hub: Hub, detail: ChangeAnnounced, code: str, *, approved: bool = False) -> None:
    """Put an event made by `again_for`, and record who did so.

    `approved` says that two persons approved its content, where they must.
    """
    hub.refuse_one_person(unless=approved)
    note_again(hub.table, detail, code)
    publish(hub.events, hub.xray, [detail], outgoing([detail], hub.current([detail]), None))


def again_for(detail: ChangeAnnounced, code: str, *, by: str, at: datetime) -> ChangeAnnounced:
    """Return the same announcement again for one of its customers.

    Raises:
        ContractError: `out_of_scope`: it does not name the customer.
    """
    if code not in (*detail.customers, *detail.withdrawn):
        raise _out_of_scope(code, detail.change_id, (*detail.customers, *detail.withdrawn))
    return detail.model_copy(
        update={
            "event_id": uuid4(),
            "customers": (code,) if code in detail.customers else (),
            "withdrawn": (code,) if code in detail.withdrawn else (),
            "announced_at": at,
            "announced_by": by,
            "reannounces": detail.event_id,
            "first_announced_at": detail.first_announced_at or detail.announced_at,
            "traceparent": new_traceparent(at),
        }
    )


def whole(original: Original, record: Record, code: str) -> ChangeAnnounced:
    """Return the event as the customer got it: everybody's, or its own if each had one."""
    event_id = UUID(record.event_id)
    if not original.confidential:
        return original.detail.model_copy(update={"event_id": event_id})
    own = {
        "event_id": uuid5(event_id, code),
        "change": seen_by(original.detail.change, code),
        "metadata": {},
    }
    return original.detail.model_copy(update=own)


def newest_naming(code: str, change_id: str, known: Sequence[Record]) -> Record:
    """Return the newest revision that names a customer.

    Raises:
        ContractError: `unknown_change` or `out_of_scope`.
    """
    if not known:
        raise ContractError(
            "unknown_change",
            f"no change {change_id!r} was announced from this hub: check the id. If the event was "
            "put without `announce`, the hub has no copy of it: announce its document",
        )
    for record in reversed(known):
        if code in (*record.customers, *record.withdrawn):
            return record
    named = {to for record in known for to in (*record.customers, *record.withdrawn)}
    raise _out_of_scope(code, change_id, named)


def _kept(table: "Table", record: Record) -> Original:
    original = kept(table, record.change_id, record.revision)
    if original is None:
        raise ContractError(
            "not_kept",
            f"the hub has no copy of revision {record.revision} of {record.change_id}: announce "
            "its metadata.json again (changecast announce FILE); nobody is mailed twice",
        )
    return original


def _out_of_scope(code: str, change_id: str, named: Collection[str]) -> ContractError:
    return ContractError(
        "out_of_scope",
        f"{change_id} does not name {code} ({known_names(code, named)}). To tell another customer, "
        "announce a new revision that names it",
    )
