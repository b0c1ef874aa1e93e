"""Number revisions, and find customers withdrawn since the last put revision. Pure."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from changecast.contract.change import utc
from changecast.contract.errors import ContractError
from changecast.contract.fields import REVISION_LIMIT
from changecast.hub.announcing.metadata import Document
from changecast.hub.announcing.two_persons import Approval
from changecast.hub.tracking.discards import Discard
from changecast.hub.tracking.revisions import (
    HASH_VERSION,
    Record,
    content_hash,
    document_hash,
    window_of,
)
from changecast.hub.tracking.withdrawals import withdrawn_since


def next_record(
    document: Document,
    known: Sequence[Record],
    discarded: Sequence[Discard] = (),
    *,
    announced_by: str,
    at: datetime,
    despite: str = "",
    past: str = "",
    notify_all: str = "",
    approval: Approval | None = None,
) -> tuple[Record, bool]:
    """Return this document's record, and whether `known` (oldest first) already has it.

    A document without a version of its own gets the newest revision that has the same content, or
    else the next revision. So an old file is an old revision; to go back to it, its author gives it
    a version. Discarded revisions count only for their numbers. Content that was announced before a
    discard gets a new revision, because customers that obeyed the discarded one have skipped it.
    With `notify_all`, the same content is a new revision, unless it was announced that way before.

    Raises:
        ContractError: `other_content`, `older_revision`, `discarded`, `revision_limit`.
    """
    change = document.change
    digest = content_hash(change, document.customers)
    void = {discard.revision for discard in discarded}
    standing = [record for record in known if record.revision not in void]
    passed_over = max((discard.newest for discard in discarded), default=0)
    fresh = [record for record in standing if record.revision > passed_over]
    of_document = document_hash(document.raw, document.customers)
    same = _same(document.version, digest, of_document, fresh)
    if same and (same.notify_all or not notify_all):
        return same, True
    revision = document.version or _next_free(change.change_id, known, standing, void)
    if taken := _why_taken(revision, standing, void, passed_over):
        code, why = taken
        free = _next_free(change.change_id, known, standing, void)
        raise ContractError(
            code, f"{why}. To announce this content, set `version` to {free}", "$.version"
        )
    start, end = window_of(change)
    record = Record(
        change_id=change.change_id,
        revision=revision,
        content_hash=digest,
        customers=document.customers,
        withdrawn=withdrawn_since(standing, document.customers),
        announced_by=announced_by,
        announced_at=utc(at),
        event_id=str(uuid4()),
        title=change.title,
        status=change.status.value,
        versioned=document.version is not None,
        previous_revision=standing[-1].revision if standing else 0,
        document_hash=of_document,
        window_start=start,
        window_end=end,
        despite=despite,
        past=past,
        notify_all=notify_all,
        approved_by=approval.approver if approval else "",
        approved_hash=approval.sha256 if approval else "",
        break_glass=approval.reason if approval else "",
    )
    return record, False


def _same(
    version: int | None, digest: str, of_document: str, known: Sequence[Record]
) -> Record | None:
    """Return the record with the same content; with another hash version, the same document."""
    for record in reversed(known):
        is_of_now = record.hash_version == HASH_VERSION
        own = (record.content_hash, digest) if is_of_now else (record.document_hash, of_document)
        if own[0] == own[1] and version in (None, record.revision):
            return record
    return None


def _next_free(
    change_id: str, known: Sequence[Record], standing: Sequence[Record], void: set[int]
) -> int:
    taken = void | {record.revision for record in known}
    revision = standing[-1].revision + 1 if standing else 1
    while revision in taken:
        revision += 1
    if revision > REVISION_LIMIT:
        raise ContractError(
            "revision_limit",
            f"revision {REVISION_LIMIT} was announced, and it is the highest one possible. If it "
            f"was a mistake, run: changecast discard {change_id} "
            f"--revision {REVISION_LIMIT}",
        )
    return revision


def _why_taken(
    revision: int, standing: Sequence[Record], void: set[int], passed_over: int
) -> tuple[str, str] | None:
    """Return why a document cannot have this revision: a code and a clause; None if it can."""
    newest = standing[-1].revision if standing else 0
    if revision in void:
        return "discarded", f"revision {revision} was discarded"
    if revision < newest:
        return "older_revision", (
            f"revision {revision} is older than {newest}, which was already announced. If this is "
            "an old file, correct the newest one instead"
        )
    if revision == newest <= passed_over:
        return "other_content", (
            f"revision {revision} was announced before a later revision was discarded, so some "
            "customers may have skipped it"
        )
    if revision == newest:
        return "other_content", (
            f"revision {revision} was announced with other content or to other customers"
        )
    return None
