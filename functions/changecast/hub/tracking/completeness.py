"""Compare an announcement with the hub's record of its revision. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from changecast.contract.change_announced import ChangeAnnounced
from changecast.hub.tracking.findings import Cause
from changecast.hub.tracking.revisions import (
    HASH_VERSION,
    Record,
    content_hash,
    document_hash,
)
from changecast.hub.tracking.withdrawals import withdrawn_since


class AnnouncementFact(NamedTuple):
    """A fault of an announcement, in a sentence."""

    cause: Cause
    message: str


def fact_of(announced: ChangeAnnounced, known: Sequence[Record]) -> AnnouncementFact | None:
    """Return what is wrong; None if nothing is. `known` are the change's records, oldest first.

    `announce` writes the record before it puts the event, so an event without a record bypassed it.
    """
    record = _record_of(announced, known)
    if record is None:
        return AnnouncementFact(Cause.BYPASSED, _bypassed(announced, known))
    if _misplaced(announced, record) or (
        not _is_part(announced) and _named(announced) != _named(record)
    ):
        return AnnouncementFact(Cause.OTHER_CUSTOMERS, _other_customers(announced, record))
    is_view = announced.change.confidential  # it lacks the others' sections, so it has another hash
    if not is_view and not _same_content(announced, record):
        return AnnouncementFact(
            Cause.OTHER_CONTENT,
            f"an event that {announced.announced_by} put on the bus differs from revision "
            f"{record.revision} as {record.announced_by} announced it",
        )
    return None


def _same_content(announced: ChangeAnnounced, record: Record) -> bool:
    """Return whether an event has its record's content, which may have another hash version."""
    if record.hash_version != HASH_VERSION:
        return document_hash(announced.metadata, record.customers) == record.document_hash
    return content_hash(announced.change, record.customers) == record.content_hash


def still_expected(announced: ChangeAnnounced, known: Sequence[Record]) -> tuple[str, ...]:
    """Return customers that only the record names; they must report on the revision too."""
    record = _record_of(announced, known)
    if record is None or _is_part(announced):
        return ()
    return (*record.customers, *record.withdrawn)


def _record_of(announced: ChangeAnnounced, known: Sequence[Record]) -> Record | None:
    return next((one for one in known if one.revision == announced.revision), None)


def _is_part(announced: ChangeAnnounced) -> bool:
    """Return whether an event may name fewer customers than its record: a part, or a repeat."""
    named = len(announced.customers) + len(announced.withdrawn)
    is_alone = bool(announced.change.confidential and named == 1)
    return is_alone or announced.parts is not None or announced.reannounces is not None


def _misplaced(announced: ChangeAnnounced, record: Record) -> bool:
    customers, withdrawn = _named(announced)
    return bool(customers - {*record.customers} or withdrawn - {*record.withdrawn})


def _named(what: ChangeAnnounced | Record) -> tuple[set[str], set[str]]:
    return set(what.customers), set(what.withdrawn)


def _bypassed(announced: ChangeAnnounced, known: Sequence[Record]) -> str:
    says = f"revision {announced.revision} was put on the bus without `changecast announce`"
    left_out = [
        code
        for code in withdrawn_since(known, announced.customers)
        if code not in announced.withdrawn
    ]
    if not left_out:
        return says
    return f"{says}; it no longer names {', '.join(left_out)}, and these customers are not told"


def _other_customers(announced: ChangeAnnounced, record: Record) -> str:
    event = {*announced.customers, *announced.withdrawn}
    recorded = {*record.customers, *record.withdrawn}
    parts = {"leaves out": recorded - event, "adds": event - recorded}
    said = [f"{verb} {', '.join(sorted(codes))}" for verb, codes in parts.items() if codes]
    wrong = " and ".join(said) or "mixes up who is affected and who is withdrawn"
    return f"an event of revision {record.revision} does not match its record: the event {wrong}"
