"""Documents between their check and their announcement; each is announced once."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3

from changecast.hub.announcing.announce import Announcement, Hub, announce, placed_document
from changecast.hub.announcing.metadata import Document
from changecast.hub.announcing.proposed import announce_proposed, document_of
from changecast.hub.announcing.two_persons import Stored
from changecast.hub.tracking.revisions import revisions
from changecast_cli.announcing.freezes import DEFAULT_FOLDER, objections
from changecast_cli.announcing.proposing import (
    announce_alone,
    approve,
    person_of,
    proposal_for,
    propose,
    refuse_changed,
)
from changecast_cli.console.mails import Source, kept_document
from changecast_cli.failures import Refused

# The most drafts to keep; the oldest are dropped.
MOST = 20


@dataclass(frozen=True)
class Office:
    """The way to the hub, and who works here: an aws:SourceIdentity, or None for the session's."""

    connect: Callable[[], Hub]
    session: boto3.Session
    person: str | None = None


@dataclass
class Draft:
    """A checked document: what announcing it would do, and what it did.

    Where two persons announce, `stored` is the proposal that it is: another person's, to approve,
    or one's own, once it is proposed.
    """

    body: bytes
    options: Mapping[str, Any]
    rehearsed: Announcement
    source: Source
    done: Announcement | None = None
    stored: Stored | None = None
    is_own: bool = False
    putting: threading.Lock = field(default_factory=threading.Lock)

    @property
    def document(self) -> Document:
        """The document as read."""
        return self.source.document


class Drafts:
    """Documents that this console has checked since it started."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Draft] = OrderedDict()
        self._changing = threading.Lock()

    def add(self, draft: Draft) -> str:
        """Keep a draft; return its name."""
        name = secrets.token_urlsafe(12)
        with self._changing:
            self._kept[name] = draft
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return name

    def get(self, name: str) -> Draft:
        """Return the draft of this name; Refused if it is gone."""
        with self._changing:
            draft = self._kept.get(name)
        if draft is None:
            raise Refused(
                "the console keeps only the newest documents, and no longer has this "
                "one: open the file and check it again"
            )
        return draft

    def source(self, name: str) -> Source:
        """Return the document, and the one announced before it."""
        return self.get(name).source


def check(body: bytes, options: Mapping[str, Any], hub: Hub) -> Draft:
    """Rehearse announcing a document; raises what `announce` does."""
    placed = placed_document(body, hub.customers, change_id=options["change_id"])
    rehearsed = _announce(body, options, hub, dry_run=True)
    return Draft(body, options, rehearsed, _source(placed, rehearsed, hub))


def _source(placed: Document, rehearsed: Announcement, hub: Hub) -> Source:
    """Return a document, and the one announced before it."""
    earlier = [
        record.revision
        for record in revisions(hub.table, rehearsed.change_id)
        if record.revision < rehearsed.revision
    ]
    previous = kept_document(hub.table, rehearsed.change_id, earlier[-1]) if earlier else None
    return Source(placed, previous)


def check_proposal(stored: Stored, hub: Hub) -> Draft:
    """Rehearse another person's proposal, without this folder's freezes: the proposer's counted."""
    proposal = stored.proposal
    rehearsed = _rehearse(stored, hub)
    source = _source(document_of(proposal, hub), rehearsed, hub)
    return Draft(proposal.document.encode(), proposal.options(), rehearsed, source, stored=stored)


def put(draft: Draft, typed: str, office: Office) -> Announcement | None:
    """Announce a draft once; a second click shows the result.

    Where two persons announce, a document is proposed (and None is returned), and another person's
    proposal is approved. Raises Refused if the id is not typed, or the change was announced since
    the check.
    """
    _refuse_untyped(draft, typed)
    with draft.putting:
        if draft.done is None and not (draft.stored and draft.is_own):
            hub = office.connect()
            now = (
                _rehearse(draft.stored, hub)
                if draft.stored
                else _announce(draft.body, draft.options, hub, dry_run=True)
            )
            _refuse_moved(draft, now)
            _put(draft, now, hub, office)
        return draft.done


def put_alone(draft: Draft, typed: str, reason: str, office: Office) -> Announcement:
    """Announce a draft once without a second person, for a reason; people are alerted.

    Raises the same as `put`, and Refused without a reason.
    """
    _refuse_untyped(draft, typed)
    if not reason.strip():
        raise Refused("say why nobody else can approve it; nothing was announced")
    with draft.putting:
        if draft.done is None:
            hub = office.connect()
            now = _announce(draft.body, draft.options, hub, dry_run=True)
            _refuse_moved(draft, now)
            made = proposal_for(draft.body, now, draft.options, reason=reason.strip())
            draft.done = announce_alone(office.session, hub, made, person_of(hub, office.person))
        return draft.done


def _refuse_untyped(draft: Draft, typed: str) -> None:
    if typed.strip() != draft.rehearsed.change_id:
        raise Refused(f"type {draft.rehearsed.change_id} to announce it; nothing was announced")


def _put(draft: Draft, now: Announcement, hub: Hub, office: Office) -> None:
    if hub.two_persons is None:
        draft.done = _announce(draft.body, draft.options, hub, dry_run=False)
        return
    person = person_of(hub, office.person)
    if draft.stored is None:
        made = proposal_for(draft.body, now, draft.options)
        draft.stored, draft.is_own = propose(office.session, hub, made, person), True
    else:
        refuse_changed(draft.stored, now, person)
        draft.done = approve(office.session, hub, draft.stored, person)


def _rehearse(stored: Stored, hub: Hub) -> Announcement:
    requested = objections(hub.table, DEFAULT_FOLDER)
    return announce_proposed(stored.proposal, hub=hub, dry_run=True, objections=requested)


def _announce(body: bytes, options: Mapping[str, Any], hub: Hub, *, dry_run: bool) -> Announcement:
    """Announce or rehearse, with the customers' current objections."""
    requested = objections(hub.table, DEFAULT_FOLDER)
    return announce(body, hub=hub, objections=requested, dry_run=dry_run, **options)


def _refuse_moved(draft: Draft, now: Announcement) -> None:
    """Refuse if somebody announced the change since, so that the revision would differ."""
    then = draft.rehearsed
    if (now.revision, now.customers, now.withdrawn) != (
        then.revision, then.customers, then.withdrawn,
    ):  # fmt: skip
        what = (
            f"somebody else has announced {then.change_id} since you checked this document: yours "
            f"would now be revision {now.revision}, not {then.revision}"
            if now.revision != then.revision
            else f"{then.change_id} would now be announced to other customers than when you "
            f"checked this document ({', '.join(now.customers) or 'nobody'})"
        )
        raise Refused(
            f"{what}. Nothing was announced; look at the change, and check the document again"
        )
