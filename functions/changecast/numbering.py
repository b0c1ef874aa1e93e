"""Which revision a document is, and who was dropped since the last one went out. Pure."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from changecast.change import Change, fingerprint, utc
from changecast.errors import ContractError
from changecast.metadata import Document
from changecast.records import Record


def content_hash(change: Change, customers: Sequence[str]) -> str:
    """What makes two documents the same revision: the change's content and whom it names."""
    whole = f"{fingerprint(change)}|{','.join(sorted(customers))}"
    return hashlib.sha256(whole.encode()).hexdigest()


def next_record(
    document: Document, known: Sequence[Record], *, announced_by: str, at: datetime
) -> tuple[Record, bool]:
    """The record of this document, and whether it is among `known` (oldest first) already.

    Without a version of its own, the newest content again is the newest revision, and any other
    content is the next one. Raises ContractError: `other_content`, `older_revision`.
    """
    change = document.change
    digest = content_hash(change, document.customers)
    if same := _same(document.version, digest, known):
        return same, True
    revision = document.version or (known[-1].revision + 1 if known else 1)
    _refuse_taken(revision, known)
    record = Record(
        change_id=change.change_id,
        revision=revision,
        content_hash=digest,
        customers=document.customers,
        withdrawn=dropped(known, document.customers),
        announced_by=announced_by,
        announced_at=utc(at),
        event_id=str(uuid4()),
        title=change.title,
        status=change.status.value,
        versioned=document.version is not None,
    )
    return record, False


def _same(version: int | None, digest: str, known: Sequence[Record]) -> Record | None:
    candidates = known[-1:] if version is None else known
    for record in candidates:
        if record.content_hash == digest and version in (None, record.revision):
            return record
    return None


def dropped(known: Sequence[Record], customers: Sequence[str]) -> tuple[str, ...]:
    """Who was named by the last revision that surely went out, or by any after it, and is no more.

    A revision that was reserved and perhaps never put may have dropped somebody who was not told.
    """
    before: list[str] = []
    for record in reversed(known):
        before += record.customers
        if record.put_at:
            break
        before += record.withdrawn
    return tuple(code for code in dict.fromkeys(before) if code not in customers)


def _refuse_taken(revision: int, known: Sequence[Record]) -> None:
    if any(record.revision == revision for record in known):
        raise ContractError(
            "other_content",
            f"revision {revision} was announced with other content; give it a new version",
            "$.version",
        )
    if known and revision < known[-1].revision:
        raise ContractError(
            "older_revision",
            f"revision {revision} is older than {known[-1].revision}, which was announced already",
            "$.version",
        )
