"""Announce that a change has started or is completed, without a document.

The next revision is the newest announced one with another status and the given fields. A change
system with its own versions must continue above that revision.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from changecast.contract.change import Change, Status
from changecast.contract.envelope import faults_of
from changecast.contract.errors import ContractError
from changecast.contract.fields import REVISION_LIMIT
from changecast.hub.announcing.announce import Announcement, Hub, announce_placed, who_announces
from changecast.hub.announcing.events import Options
from changecast.hub.announcing.metadata import Document
from changecast.hub.tracking.discards import discards
from changecast.hub.tracking.originals import Original, kept
from changecast.hub.tracking.revisions import Record, revisions

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# The statuses from which each is possible, including itself, to repeat a failed put.
_BEFORE = {
    Status.IN_PROGRESS: {Status.APPROVED, Status.IN_PROGRESS},
    Status.COMPLETED: {Status.APPROVED, Status.IN_PROGRESS, Status.COMPLETED},
}


class NextStatus(NamedTuple):
    """The next revision of a change, and how its last one was announced."""

    document: Document
    confidential: bool
    test: bool


def progress(
    change_id: str,
    status: Status,
    *,
    hub: Hub,
    given: Mapping[str, Any] | None = None,
    announced_by: str | None = None,
    dry_run: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Announcement:
    """Announce a change's next revision, with another status, to everybody that the last one named.

    Args:
        status: IN_PROGRESS or COMPLETED.
        given: New fields of the change: `actual_start`, `actual_end`, `outcome`, `follow_up`.

    Raises:
        ContractError: `unknown_change`, `not_kept`, `status` (the change cannot reach it),
            `given` (with the field's path), and what `announce_placed` raises.
        NotPut: EventBridge refused an event.
    """
    found = next_status(hub.table, change_id, status, given or {})
    options = Options(found.confidential, found.test, now())
    by = who_announces(announced_by or hub.caller)
    return announce_placed(found.document, options, hub=hub, by=by, dry_run=dry_run)


def next_status(
    table: "Table",
    change_id: str,
    status: Status,
    given: Mapping[str, Any],
    below: int = REVISION_LIMIT + 1,
) -> NextStatus:
    """Return the revision after the newest one `below` a number, with another status.

    Raises what `progress` does before it announces.
    """
    record, original = _newest(table, change_id, below)
    before = original.detail.change
    _refuse_jump(before, status)
    change = _moved_on(before, status, given)
    document = Document(change, record.customers, original.detail.metadata, None, "announced")
    if record.versioned:
        warning = (
            "the change system numbers this change's documents: give the next one a higher "
            "version than the revision announced here"
        )
        document = replace(document, warnings=(warning,))
    return NextStatus(document, original.confidential, original.detail.test)


def _newest(table: "Table", change_id: str, below: int) -> tuple[Record, Original]:
    void = {one.revision for one in discards(table, change_id)}
    known = [one for one in revisions(table, change_id) if one.revision < below]
    standing = [one for one in known if one.revision not in void]
    if not standing:
        why = (
            f"every revision of {change_id!r} was discarded: announce the change again"
            if known
            else f"no change {change_id!r} was announced from this hub: check the id"
        )
        raise ContractError("unknown_change", why)
    record = standing[-1]
    original = kept(table, change_id, record.revision)
    if original is None:
        raise ContractError(
            "not_kept",
            f"revision {record.revision} of {change_id} is no longer stored: set the "
            "status in its metadata.json and announce that file (changecast announce "
            "FILE)",
        )
    return record, original


def _refuse_jump(change: Change, status: Status) -> None:
    if change.status not in _BEFORE[status]:
        allowed = " or ".join(sorted(_BEFORE[status] - {status}))
        raise ContractError(
            "status",
            f"{change.change_id} revision {change.revision} is {change.status}; only a change "
            f"that is {allowed} can be set to {status}",
        )


def _moved_on(change: Change, status: Status, given: Mapping[str, Any]) -> Change:
    if change.status is not status:
        given = {"prior_status": change.status.value, **given}
    try:
        return Change.model_validate(change.model_dump() | {"status": status} | dict(given))
    except ValidationError as error:
        fault = faults_of(error)[0]
        raise ContractError("given", fault[1], fault[0]) from error
