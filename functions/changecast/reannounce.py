"""Announce again what one customer missed: a new event that names the old one, for it alone.

Never a change of scope: who is not named by the revision gets nothing, and the content is what was
announced. The customer's ledger sees to it that nobody is mailed twice.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4, uuid5

from changecast.announce import Announcement, Hub, Outcome, who_announces
from changecast.confidential import seen_by
from changecast.errors import ContractError
from changecast.event import ChangeAnnounced
from changecast.originals import Original, kept
from changecast.outgoing import entries, new_traceparent, trace_id
from changecast.publishing import publish
from changecast.records import Record, note_again, revisions

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
    """Announce the newest revision that names a customer again, to that customer alone.

    Raises ContractError (`unknown_change`, `out_of_scope`, `not_kept`), NotPut.
    """
    record = _newest_naming(code, change_id, revisions(hub.table, change_id))
    original = _kept(hub.table, record)
    by, at = who_announces(announced_by or hub.caller), now()
    detail = again_for(whole(original, record, code), code, by=by, at=at)
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


def put_again(hub: Hub, detail: ChangeAnnounced, code: str) -> None:
    """Put an event that was made by `again_for`, and note for the audit who did so."""
    note_again(hub.table, detail, code)
    publish(hub.events, hub.xray, [detail], entries([detail], hub.customers, None))


def again_for(detail: ChangeAnnounced, code: str, *, by: str, at: datetime) -> ChangeAnnounced:
    """The same announcement once more for one of those whom it names.

    Raises ContractError `out_of_scope` where it does not name the customer.
    """
    if code not in (*detail.customers, *detail.withdrawn):
        raise _out_of_scope(code, detail.change_id)
    return detail.model_copy(
        update={
            "event_id": uuid4(),
            "customers": (code,) if code in detail.customers else (),
            "withdrawn": (code,) if code in detail.withdrawn else (),
            "announced_at": at,
            "announced_by": by,
            "reannounces": detail.event_id,
            "traceparent": new_traceparent(at),
        }
    )


def whole(original: Original, record: Record, code: str) -> ChangeAnnounced:
    """The event as the customer got it: everybody's, or its own where each got one alone."""
    event_id = UUID(record.event_id)
    if not original.alone:
        return original.detail.model_copy(update={"event_id": event_id})
    own = {
        "event_id": uuid5(event_id, code),
        "change": seen_by(original.detail.change, code),
        "metadata": {},
    }
    return original.detail.model_copy(update=own)


def _newest_naming(code: str, change_id: str, known: Sequence[Record]) -> Record:
    if not known:
        raise ContractError(
            "unknown_change",
            f"no change {change_id!r} was ever announced here; one that was put without `announce` "
            "is not kept: announce its document",
        )
    for record in reversed(known):
        if code in (*record.customers, *record.withdrawn):
            return record
    raise _out_of_scope(code, change_id)


def _kept(table: "Table", record: Record) -> Original:
    original = kept(table, record.change_id, record.revision)
    if original is None:
        raise ContractError(
            "not_kept",
            f"revision {record.revision} of {record.change_id} was not kept: announce its "
            "metadata.json again (changecast announce FILE); nobody is mailed twice",
        )
    return original


def _out_of_scope(code: str, change_id: str) -> ContractError:
    return ContractError(
        "out_of_scope",
        f"{change_id} does not name {code}; to tell more customers, announce a new revision",
    )
