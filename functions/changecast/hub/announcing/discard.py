"""Discard a revision: make it void at the hub and at every customer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from changecast.contract.change import utc
from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Hub, who_announces
from changecast.hub.announcing.events import new_traceparent, outgoing
from changecast.hub.announcing.publishing import publish
from changecast.hub.announcing.reannounce import again_for, whole
from changecast.hub.announcing.two_persons import Approval
from changecast.hub.tracking.discards import Discard, discards, keep_discard
from changecast.hub.tracking.open_windows import void_end
from changecast.hub.tracking.originals import Original, kept
from changecast.hub.tracking.queries import statuses
from changecast.hub.tracking.revisions import Record, revisions


@dataclass(frozen=True)
class Discarded:
    """A revision that is void.

    `told` are the customers whose accounts are told now, `untold` those that got the revision and
    are told with the next announcement that names them.
    """

    change_id: str
    revision: int
    told: tuple[str, ...]
    untold: tuple[str, ...]


@dataclass(frozen=True)
class Discarding:
    """What making a revision void does, before it is done.

    `void` are all of the change's void revisions afterwards. `newest` is the newest valid one,
    which applies again, with its `original`. `details` are the events that say so.
    """

    revision: int
    void: tuple[int, ...]
    concerned: frozenset[str]
    newest: Record | None
    original: Original | None
    details: tuple[ChangeAnnounced, ...]

    @property
    def told(self) -> tuple[str, ...]:
        """The customers whose accounts are told now."""
        return tuple(code for one in self.details for code in (*one.customers, *one.withdrawn))


def discard(
    change_id: str,
    revision: int,
    *,
    hub: Hub,
    discarded_by: str | None = None,
    dry_run: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Discarded:
    """Make a revision void everywhere, by putting the newest valid one again with `discards`.

    Raises:
        ContractError: `unknown_revision`, `discarded_by`.
        NotPut: The revision is void at the hub, but not every customer was told; call again.
    """
    by, at = who_announces(discarded_by or hub.caller), now()
    found = discarding(change_id, revision, hub=hub, by=by, at=at)
    if not dry_run:
        hub.refuse_one_person()
        carry_out(found, change_id, hub=hub, by=by, at=at)
    return Discarded(
        change_id, revision, found.told, tuple(sorted(found.concerned - {*found.told}))
    )


def discarding(change_id: str, revision: int, *, hub: Hub, by: str, at: datetime) -> Discarding:
    """Return what making a revision void would do; ContractError `unknown_revision`."""
    known = revisions(hub.table, change_id)
    concerned = frozenset(_concerned(hub, change_id, revision, known))
    void = {one.revision for one in discards(hub.table, change_id)} | {revision}
    standing = [record for record in known if record.revision not in void]
    newest = standing[-1] if standing else None
    original = kept(hub.table, change_id, newest.revision) if newest else None
    details = _details(original, newest, void, by=by, at=at) if newest and original else []
    return Discarding(revision, tuple(sorted(void)), concerned, newest, original, tuple(details))


def carry_out(
    found: Discarding,
    change_id: str,
    *,
    hub: Hub,
    by: str,
    at: datetime,
    approval: Approval | None = None,
) -> None:
    """Make the revision void, and put its events; `approval` says which two persons decided it."""
    last = found.newest.revision if found.newest else 0
    note = Discard(
        found.revision,
        by,
        utc(at),
        last,
        approval.approver if approval else "",
        approval.sha256 if approval else "",
        approval.reason if approval else "",
    )
    keep_discard(hub.table, change_id, note)
    void_end(hub.table, change_id, at)
    if found.details:
        to_put = outgoing([*found.details], hub.current(found.details), None)
        publish(hub.events, hub.xray, [*found.details], to_put)


def _concerned(hub: Hub, change_id: str, revision: int, known: list[Record]) -> set[str]:
    """Return the customers that the revision names, or that reported on it."""
    recorded = [one for one in known if one.revision == revision]
    rows = statuses(hub.table, change_id, revision)
    if not recorded and not rows:
        raise ContractError(
            "unknown_revision",
            f"revision {revision} of {change_id!r} was never announced here. To see which "
            f"revisions were: changecast history {change_id}",
        )
    named = {code for one in recorded for code in (*one.customers, *one.withdrawn)}
    return named | {row["customer"] for row in rows}


def _details(
    original: Original, newest: Record, void: set[int], *, by: str, at: datetime
) -> list[ChangeAnnounced]:
    """Return the newest valid revision again, for all that it names; nobody is mailed twice."""
    own = {"discards": tuple(sorted(void))}
    if not original.confidential:
        again = own | {
            "event_id": uuid4(),
            "reannounces": original.detail.event_id,
            "first_announced_at": original.detail.announced_at,
            "announced_at": at,
            "announced_by": by,
            "traceparent": new_traceparent(at),
        }
        return [original.detail.model_copy(update=again)]
    return [
        again_for(whole(original, newest, code), code, by=by, at=at).model_copy(update=own)
        for code in (*newest.customers, *newest.withdrawn)
    ]
