"""What a proposal does: announce a document, a change's next status, or that a revision is void.

A proposal without a document contains the content that everybody is told. The function compares it
with what the hub's table says now, and puts what both persons saw.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from changecast.contract import strict_json
from changecast.contract.change import Change, Status, utc
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import (
    Announcement,
    Hub,
    Outcome,
    announce,
    announce_placed,
    placed_document,
    who_announces,
)
from changecast.hub.announcing.discard import Discarding, carry_out, discarding
from changecast.hub.announcing.events import Options
from changecast.hub.announcing.freeze_gate import Objections
from changecast.hub.announcing.metadata import Document
from changecast.hub.announcing.progress import NextStatus, next_status
from changecast.hub.announcing.two_persons import LARGEST, Approval, Proposal


class Verb(StrEnum):
    """What is proposed."""

    ANNOUNCE = ""
    START = "start"
    COMPLETE = "complete"
    DISCARD = "discard"


STATUSES = {Verb.START: Status.IN_PROGRESS, Verb.COMPLETE: Status.COMPLETED}
# What `start` and `complete` may set besides the status.
GIVEN = ("actual_start", "actual_end", "outcome", "follow_up")


def verb_of(proposal: Proposal) -> Verb:
    """Return what is proposed; ContractError `proposal` if it is unknown here."""
    try:
        return Verb(proposal.verb)
    except ValueError as error:
        raise ContractError(
            "proposal",
            "this proposal is not in the format of this version: propose the change again",
        ) from error


def proposed_status(
    verb: Verb, known: Announcement, *, hub: Hub, given: Mapping[str, Any], now: datetime
) -> Proposal:
    """Return the proposal of a change's next status, which was rehearsed as `known`."""
    found = next_status(hub.table, known.change_id, STATUSES[verb], given, known.revision)
    return Proposal(
        known.change_id,
        known.revision,
        known.customers,
        known.withdrawn,
        known.title,
        _written(_content(found.document.change, found.document.raw)),
        utc(now),
        confidential=found.confidential,
        test=found.test,
        verb=verb,
    )


def proposed_discard(change_id: str, revision: int, *, hub: Hub, now: datetime) -> Proposal:
    """Return the proposal to make a revision void; ContractError `unknown_revision`."""
    found = discarding(change_id, revision, hub=hub, by=who_announces(hub.caller), at=now)
    customers, withdrawn = _told(found)
    title, document = _title(found, change_id), _written(_standing(found))
    return Proposal(
        change_id, revision, customers, withdrawn, title, document, utc(now), verb=Verb.DISCARD
    )


def announce_proposed(
    proposal: Proposal,
    *,
    hub: Hub,
    announced_by: str | None = None,
    dry_run: bool = False,
    objections: Objections | None = None,
    approval: Approval | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Announcement:
    """Do what a proposal says, or rehearse it.

    Raises:
        ContractError: `proposal`; `other_effect`, if what the hub announced since is no longer what
            the proposal says; and what the verb raises.
    """
    verb, at = verb_of(proposal), now()
    if verb is Verb.ANNOUNCE:
        return announce(
            proposal.document,
            hub=hub,
            announced_by=announced_by,
            dry_run=dry_run,
            objections=objections,
            approval=approval,
            now=lambda: at,
            **proposal.options(),
        )
    by = who_announces(announced_by or hub.caller)
    if verb is Verb.DISCARD:
        return _discard(proposal, hub, approval, by=by, at=at, dry_run=dry_run)
    document = _next(proposal, hub).document
    options = Options(proposal.confidential, proposal.test, at, approval=approval)
    return announce_placed(document, options, hub=hub, by=by, dry_run=dry_run)


def document_of(proposal: Proposal, hub: Hub) -> Document:
    """Return what people read if this is approved; raises what `announce_proposed` does."""
    verb = verb_of(proposal)
    if verb is Verb.ANNOUNCE:
        given_id = proposal.given_id or None
        return placed_document(proposal.document, hub.customers, change_id=given_id)
    change, raw, _ = read_content(proposal)
    if change is None:
        raise ContractError(
            "nothing_stands",
            f"if this is approved, no revision of {proposal.change_id} applies, so there is no "
            "document to show. "
            f"To approve the proposal: changecast approve {proposal.change_id}",
        )
    return Document(change, proposal.customers, raw, None, "announced")


def read_content(proposal: Proposal) -> tuple[Change | None, dict[str, Any], tuple[int, ...]]:
    """Return the change that people are told, its original, and the void revisions.

    There is no change if nothing applies again after a discard. ContractError `proposal`.
    """
    found = strict_json.loads(proposal.document, max_bytes=LARGEST)
    try:
        raw, void = dict(found["metadata"]), tuple(int(one) for one in found["void"])
        change = found["change"]
        return (None if change is None else Change.model_validate(change)), raw, void
    except (ValidationError, LookupError, TypeError, ValueError) as error:
        raise ContractError(
            "proposal", "the stored proposal cannot be read: propose the change again"
        ) from error


def _next(proposal: Proposal, hub: Hub) -> NextStatus:
    """Return the next status of the newest revision, if it is exactly what is proposed."""
    change, raw, _ = read_content(proposal)
    given = {name: getattr(change, name) for name in GIVEN if getattr(change, name, None)}
    status = STATUSES[verb_of(proposal)]
    # Skip the newest one: an earlier call may have announced this proposal in part.
    found = next_status(hub.table, proposal.change_id, status, given, proposal.revision)
    now = (found.document.change, found.document.raw, found.confidential, found.test)
    if now != (change, raw, proposal.confidential, proposal.test):
        raise _moved(proposal)
    return found


def _discard(
    proposal: Proposal,
    hub: Hub,
    approval: Approval | None,
    *,
    by: str,
    at: datetime,
    dry_run: bool,
) -> Announcement:
    hub.refuse_one_person(unless=dry_run or approval is not None)
    found = discarding(proposal.change_id, proposal.revision, hub=hub, by=by, at=at)
    change, raw, void = read_content(proposal)
    standing = found.original.detail if found.original else None
    now = (standing.change if standing else None, standing.metadata if standing else {})
    if (*now, found.void) != (change, raw, void):
        raise _moved(proposal)
    if not dry_run:
        carry_out(found, proposal.change_id, hub=hub, by=by, at=at, approval=approval)
    rehearsed = Announcement(
        Outcome.DRY_RUN if dry_run else Outcome.DISCARDED,
        proposal.change_id,
        proposal.revision,
        _title(found, proposal.change_id),
        *_told(found),
        tuple(str(one.event_id) for one in found.details),
        None,
        (),
    )
    return replace(rehearsed, event_ids=(), details=found.details) if dry_run else rehearsed


def _moved(proposal: Proposal) -> ContractError:
    return ContractError(
        "other_effect",
        f"{proposal.change_id} has changed since this was proposed: somebody "
        "announced or discarded a revision. Look at the change, and propose it again",
    )


def _standing(found: Discarding) -> dict[str, Any]:
    if found.original is None:
        return _content(None, {}, found.void)
    detail = found.original.detail
    return _content(detail.change, detail.metadata, found.void)


def _content(
    change: Change | None, raw: Mapping[str, Any], void: tuple[int, ...] = ()
) -> dict[str, Any]:
    plain = change.model_dump(mode="json", exclude_defaults=True) if change else None
    return {"change": plain, "metadata": dict(raw), "void": [*void]}


def _written(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False)


def _told(found: Discarding) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return whom the discard names and for whom the change is withdrawn."""
    return (
        tuple(code for one in found.details for code in one.customers),
        tuple(code for one in found.details for code in one.withdrawn),
    )


def _title(found: Discarding, change_id: str) -> str:
    return found.newest.title if found.newest else change_id
