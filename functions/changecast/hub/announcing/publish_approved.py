"""Publish a proposal that another person approved, or that one person announces in an emergency.

What is put is what was approved: the same bytes are hashed, compared and announced.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Announcement, Hub, Outcome
from changecast.hub.announcing.events import trace_id
from changecast.hub.announcing.freeze_gate import kept_objections
from changecast.hub.announcing.metadata import MetadataFault
from changecast.hub.announcing.proposed import Verb, announce_proposed
from changecast.hub.announcing.reannounce import again_for, newest_naming, put_again
from changecast.hub.announcing.two_persons import (
    APPROVALS,
    BREAK_GLASS,
    REPEATS,
    Approval,
    Proposal,
    Stored,
    approved_hash,
    persons_in,
    proposal_key,
    proposal_of,
    published,
    published_key,
    remove,
    repeat_in,
    stored_in,
    write,
)
from changecast.hub.tracking.history import note_break_glass
from changecast.hub.tracking.revisions import revisions

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LONGEST_REASON = 1_000
log = logging.getLogger("changecast")


def publish_approved(
    s3: "S3Client", bucket: str, hub: Hub, request: Mapping[str, Any]
) -> dict[str, Any]:
    """Announce what the object under `request["key"]` approves, and return what was announced.

    An object under `repeats/` needs no approval: it names a customer that a revision already named,
    which gets the proposal that was announced.

    Returns:
        The announcement; or `refused` with code, message and path. Then nothing was announced, and
        the approval is gone.
    """
    key = str(request.get("key", ""))
    used: tuple[str, ...]
    try:
        if key.startswith(REPEATS):
            announced, used = _repeat(s3, bucket, hub, key), (key,)
        else:
            stored, approval = _granted(s3, bucket, key)
            announced = _announce(hub, stored, approval)
            _keep(s3, bucket, stored)
            used = (key, stored.key, *_replaced(s3, bucket, stored))
    except ContractError as fault:
        log.warning("refused", extra={"code": fault.code})
        if key.startswith((APPROVALS, BREAK_GLASS, REPEATS)):
            remove(s3, bucket, key)
        return {"refused": _plain(fault)}
    for done in dict.fromkeys(used):
        remove(s3, bucket, done)
    said = {"change_id": announced.change_id, "revision": announced.revision}
    log.info("published", extra={"outcome": announced.outcome.value, **said})
    return asdict(replace(announced, details=()))


def _keep(s3: "S3Client", bucket: str, stored: Stored) -> None:
    """Keep an announced proposal where nobody else can write, to announce it again."""
    proposal = stored.proposal
    if proposal.verb != Verb.DISCARD:
        key = published_key(proposal.change_id, proposal.revision)
        write(s3, bucket, key, proposal.body)


def _replaced(s3: "S3Client", bucket: str, stored: Stored) -> tuple[str, ...]:
    """Return the key of a person's open proposal of what they announced alone, if there is one."""
    announced = stored.proposal
    try:
        known = stored_in(s3, bucket, proposal_key(stored.person, announced.change_id))
    except ContractError:
        return ()
    same = (known.proposal.verb, known.proposal.revision) == (announced.verb, announced.revision)
    return (known.key,) if same else ()


def _repeat(s3: "S3Client", bucket: str, hub: Hub, key: str) -> Announcement:
    """Announce the newest revision that names a customer again, to that customer alone."""
    (person,) = persons_in(key)
    change_id, code = repeat_in(s3, bucket, key)
    record = newest_naming(code, change_id, revisions(hub.table, change_id))
    proposal = published(s3, bucket, change_id, record.revision)
    rehearsed = announce_proposed(proposal, hub=hub, dry_run=True, announced_by=person)
    _refuse_another_effect(proposal, rehearsed)
    (known,) = (one for one in rehearsed.details if code in (*one.customers, *one.withdrawn))
    first = UUID(record.event_id)
    # An event for one customer alone has no original document: it may name others.
    event_id = first if known.metadata else uuid5(first, code)
    own = known.model_copy(update={"event_id": event_id})
    again = again_for(own, code, by=person, at=datetime.now(UTC))
    put_again(hub, again, code, approved=True)
    return replace(
        rehearsed,
        outcome=Outcome.ANNOUNCED_AGAIN,
        customers=again.customers,
        withdrawn=again.withdrawn,
        event_ids=(str(again.event_id),),
        trace_id=trace_id(str(again.traceparent)),
        details=(),
    )


def _granted(s3: "S3Client", bucket: str, key: str) -> tuple[Stored, Approval]:
    """Return a proposal and who answers for it; ContractError if it is not granted."""
    persons = persons_in(key)
    if key.startswith(BREAK_GLASS):
        stored = stored_in(s3, bucket, key)
        reason = " ".join(stored.proposal.reason.split())
        if not 0 < len(reason) <= LONGEST_REASON:
            raise ContractError(
                "break_glass",
                f"to announce alone, give a reason of at most {LONGEST_REASON} characters",
            )
        return stored, Approval(stored.person, "", stored.sha256, reason)
    if not key.startswith(APPROVALS):
        raise ContractError("approval", f"{key!r} is not the key of an approval")
    proposer, approver = persons
    if proposer.casefold() == approver.casefold():
        raise ContractError(
            "same_person",
            f"{proposer} cannot approve their own proposal: somebody else must approve it",
        )
    sha256, stored = approved_hash(s3, bucket, key), stored_in(s3, bucket, proposal_of(key))
    if stored.sha256 != sha256:
        raise ContractError(
            "other_proposal",
            f"{proposer} changed the proposal: {approver} approved {sha256[:12]}, but it is now "
            f"{stored.sha256[:12]}. Review it and approve it again: "
            f"changecast approve {stored.proposal.change_id}",
        )
    return stored, Approval(proposer, approver, sha256)


def _announce(hub: Hub, stored: Stored, approval: Approval) -> Announcement:
    """Announce a proposal once, if it still does what its proposer and its approver saw."""
    proposal = stored.proposal
    given: dict[str, Any] = {
        "hub": hub,
        "announced_by": approval.proposer,
        "objections": kept_objections(hub.table),
        "approval": approval,
    }
    rehearsed = announce_proposed(proposal, dry_run=True, **given)
    _refuse_another_effect(stored.proposal, rehearsed)
    if _was_put(hub, rehearsed, approval):
        return replace(rehearsed, outcome=Outcome.ANNOUNCED_AGAIN)
    if approval.reason:
        note_break_glass(
            hub.table,
            (rehearsed.change_id, rehearsed.revision, rehearsed.title),
            event=approval.sha256,
            person=approval.proposer,
            reason=approval.reason,
            now=datetime.now(UTC),
        )
    return announce_proposed(proposal, **given)


def _refuse_another_effect(proposal: Proposal, rehearsed: Announcement) -> None:
    """Raise ContractError `other_effect` if it would tell others, or get another revision."""
    before = (proposal.change_id, proposal.revision, proposal.customers, proposal.withdrawn)
    now = (rehearsed.change_id, rehearsed.revision, rehearsed.customers, rehearsed.withdrawn)
    if rehearsed.outcome is Outcome.DRAFT:
        raise ContractError("draft", f"{proposal.change_id} is a draft, so there is nobody to tell")
    if before != now or rehearsed.newer:
        newest = max(rehearsed.revision, rehearsed.newer)
        raise ContractError(
            "other_effect",
            f"{proposal.change_id} has changed since it was proposed: it would now be revision "
            f"{newest}, for {', '.join(rehearsed.customers) or 'nobody'}. Nothing was announced. "
            "Propose it again with the command that proposed it",
        )


def _was_put(hub: Hub, rehearsed: Announcement, approval: Approval) -> bool:
    """Return whether an earlier call announced the same proposal."""
    return any(
        one.revision == rehearsed.revision and one.put_at and one.approved_hash == approval.sha256
        for one in revisions(hub.table, rehearsed.change_id)
    )


def _plain(fault: ContractError) -> dict[str, Any]:
    """Return a fault as plain values, for the person who waits."""
    found: dict[str, Any] = {"code": fault.code, "message": fault.message, "path": fault.path}
    if isinstance(fault, MetadataFault):
        found["faults"] = [list(one) for one in fault.faults]
    return found
