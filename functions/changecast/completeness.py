"""Whether an announcement is what the hub's record of its revision says. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from changecast.event import ChangeAnnounced
from changecast.findings import Cause
from changecast.numbering import content_hash, dropped
from changecast.records import Record


class Fact(NamedTuple):
    """What is wrong with an announcement, in a sentence."""

    cause: Cause
    message: str


def fact_of(announced: ChangeAnnounced, known: Sequence[Record]) -> Fact | None:
    """What is wrong, None where nothing is; `known` are the change's records, oldest first.

    `announce` writes the record before it puts the event, so whoever has none bypassed it.
    """
    record = _record_of(announced, known)
    if record is None:
        return Fact(Cause.BYPASSED, _bypassed(announced, known))
    if _misplaced(announced, record) or (
        not _is_part(announced) and _named(announced) != _named(record)
    ):
        return Fact(Cause.OTHER_CUSTOMERS, _other_customers(announced, record))
    is_view = announced.change.confidential  # without the others' sections: it has another hash
    if not is_view and content_hash(announced.change, record.customers) != record.content_hash:
        return Fact(
            Cause.OTHER_CONTENT,
            f"an event put by {announced.announced_by} says something else than the record of "
            f"revision {record.revision}, which {record.announced_by} announced",
        )
    return None


def still_expected(announced: ChangeAnnounced, known: Sequence[Record]) -> tuple[str, ...]:
    """Whom the record names besides the event: they must hear of the revision too."""
    record = _record_of(announced, known)
    if record is None or _is_part(announced):
        return ()
    return (*record.customers, *record.withdrawn)


def _record_of(announced: ChangeAnnounced, known: Sequence[Record]) -> Record | None:
    return next((one for one in known if one.revision == announced.revision), None)


def _is_part(announced: ChangeAnnounced) -> bool:
    """Whether it may name fewer than its record: one customer's own event, or one put again."""
    named = len(announced.customers) + len(announced.withdrawn)
    return bool(announced.change.confidential and named == 1) or announced.reannounces is not None


def _misplaced(announced: ChangeAnnounced, record: Record) -> bool:
    customers, withdrawn = _named(announced)
    return bool(customers - {*record.customers} or withdrawn - {*record.withdrawn})


def _named(what: ChangeAnnounced | Record) -> tuple[set[str], set[str]]:
    return set(what.customers), set(what.withdrawn)


def _bypassed(announced: ChangeAnnounced, known: Sequence[Record]) -> str:
    says = f"revision {announced.revision} was put on the bus without `changecast announce`"
    forgotten = [
        code for code in dropped(known, announced.customers) if code not in announced.withdrawn
    ]
    if not forgotten:
        return says
    return f"{says}, and drops without a word: {', '.join(forgotten)}"


def _other_customers(announced: ChangeAnnounced, record: Record) -> str:
    event = {*announced.customers, *announced.withdrawn}
    recorded = {*record.customers, *record.withdrawn}
    parts = {"leaves out": recorded - event, "adds": event - recorded}
    said = [f"{verb} {', '.join(sorted(codes))}" for verb, codes in parts.items() if codes]
    wrong = " and ".join(said) or "confuses who is affected and who is withdrawn"
    return f"an event of revision {record.revision} {wrong}, against its record"
