"""Documents between their check and their announcement; each is announced once."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from changecast.hub.announcing.announce import Announcement, Hub, announce, placed_document
from changecast.hub.announcing.metadata import Document
from changecast.hub.tracking.revisions import revisions
from changecast_cli.announcing.freezes import DEFAULT_FOLDER, objections
from changecast_cli.console.mails import Source, kept_document
from changecast_cli.failures import Refused

# The most drafts to keep; the oldest are dropped.
MOST = 20


@dataclass
class Draft:
    """A checked document: what announcing it would do, and what it did."""

    body: bytes
    options: Mapping[str, Any]
    rehearsed: Announcement
    source: Source
    done: Announcement | None = None
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
                "the console keeps only the newest documents: open that file and check it again"
            )
        return draft

    def source(self, name: str) -> Source:
        """Return the document, and the one announced before it."""
        return self.get(name).source


def check(body: bytes, options: Mapping[str, Any], hub: Hub) -> Draft:
    """Rehearse announcing a document; raises what `announce` does."""
    placed = placed_document(body, hub.customers, change_id=options["change_id"])
    rehearsed = _announce(body, options, hub, dry_run=True)
    earlier = [
        record.revision
        for record in revisions(hub.table, rehearsed.change_id)
        if record.revision < rehearsed.revision
    ]
    previous = kept_document(hub.table, rehearsed.change_id, earlier[-1]) if earlier else None
    return Draft(body, options, rehearsed, Source(placed, previous))


def put(draft: Draft, typed: str, connect: Callable[[], Hub]) -> Announcement:
    """Announce a draft once; a second click shows the result.

    Raises Refused if the id is not typed, or the change was announced since the check.
    """
    if typed.strip() != draft.rehearsed.change_id:
        raise Refused(f"type {draft.rehearsed.change_id} to announce it; nothing was announced")
    with draft.putting:
        if draft.done is None:
            hub = connect()
            _refuse_moved(draft, _announce(draft.body, draft.options, hub, dry_run=True))
            draft.done = _announce(draft.body, draft.options, hub, dry_run=False)
        return draft.done


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
        raise Refused(
            f"{then.change_id} was announced by somebody else since you checked this document: it "
            f"would now be revision {now.revision}, not {then.revision}. Nothing was announced; "
            "look at the change, and check the document again"
        )
