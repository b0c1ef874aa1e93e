"""Plan an import, person by person: nobody who opted out is subscribed again. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from changecast_cli.contacts.file import ListedPerson
from changecast_cli.contacts.records import Choice, Contact


class Result(StrEnum):
    """Result of a line of a file."""

    ADDED = "added"
    ADDED_UNSUBSCRIBED = "added_unsubscribed"
    CHANGED = "changed"
    KEPT = "kept"
    REPEATED = "repeated"
    REFUSED = "refused"


@dataclass(frozen=True)
class LineOutcome:
    """Result of one address of a file, and the reason."""

    line: int
    address: str
    result: Result
    reason: str


@dataclass(frozen=True)
class ImportPlan:
    """The plan of an import. `add` and `change` are contacts as they will be; `kept` stay.

    `respected` are the topics that people stay out of because they opted out. `before` are the
    contacts that change, as they were when the list was read.
    """

    add: list[Contact]
    change: list[Contact]
    kept: list[str]
    respected: dict[str, list[str]]
    outcomes: list[LineOutcome] = field(default_factory=list)
    before: dict[str, Contact] = field(default_factory=dict)

    @property
    def writes(self) -> int:
        """Number of contacts that will be written."""
        return len(self.add) + len(self.change)


def plan_import(
    requested: Iterable[ListedPerson],
    existing: Mapping[str, Contact],
    defaults: Mapping[str, Choice],
    *,
    attributes: str | None = None,
) -> ImportPlan:
    """Compare a file with the list. `existing` is keyed by `Contact.key`."""
    plan = ImportPlan([], [], [], {})
    for one in requested:
        new = Contact(one.address, one.choices, one.unsubscribed, attributes)
        known = existing.get(new.key)
        if known is None:
            plan.add.append(new)
            result = Result.ADDED_UNSUBSCRIBED if one.unsubscribed else Result.ADDED
            said = _joined(one.note, will_hear(new, defaults))
            plan.outcomes.append(LineOutcome(one.line, one.address, result, said))
        else:
            _compare(plan, one, known, defaults)
    return plan


def _compare(
    plan: ImportPlan, one: ListedPerson, known: Contact, defaults: Mapping[str, Choice]
) -> None:
    wished = [topic for topic, choice in one.choices.items() if choice == "OPT_IN"]
    left = _opted_out(known, wished)
    if left:
        plan.respected[known.address] = left
    stays = f"opted out, and stays out of {', '.join(left)}" if left else ""
    after = obeying(known, one, defaults)
    if after == known:
        plan.kept.append(known.address)
        reason = _joined(one.note, stays or "already on the list, with the same choices")
        plan.outcomes.append(LineOutcome(one.line, known.address, Result.KEPT, reason))
    else:
        plan.change.append(after)
        plan.before[known.key] = known
        reason = _joined(one.note, difference(known, after), stays)
        plan.outcomes.append(LineOutcome(one.line, known.address, Result.CHANGED, reason))


def obeying(known: Contact, one: ListedPerson, defaults: Mapping[str, Choice]) -> Contact:
    """Return the person with the file's choices: every `no`, and each `yes` without an opt-out."""
    outs: dict[str, Choice] = {
        topic: choice for topic, choice in one.choices.items() if choice == "OPT_OUT"
    }
    left = _opted_out(known, one.choices)
    ins: dict[str, Choice] = {
        topic: choice
        for topic, choice in one.choices.items()
        if choice == "OPT_IN" and topic not in left and not known.hears(topic, defaults)
    }
    is_out = known.unsubscribed_from_all or one.unsubscribed
    return replace(known.choosing({**ins, **outs}), unsubscribed_from_all=is_out)


def difference(before: Contact, after: Contact) -> str:
    """Return what changes for a person, in words."""
    if after.unsubscribed_from_all and not before.unsubscribed_from_all:
        return "unsubscribed from everything"
    changed = {
        topic: choice
        for topic, choice in after.preferences.items()
        if before.preferences.get(topic) != choice
    }
    ins = [topic for topic, choice in changed.items() if choice == "OPT_IN"]
    outs = [topic for topic, choice in changed.items() if choice == "OPT_OUT"]
    return _joined(
        f"subscribed to {', '.join(ins)}" if ins else "",
        f"opted out of {', '.join(outs)}" if outs else "",
    )


def will_hear(new: Contact, defaults: Mapping[str, Choice]) -> str:
    """Return what a new person gets, in words; a topic that nobody chose is marked."""
    if new.unsubscribed_from_all:
        return "unsubscribed from everything"
    topics = [
        topic if topic in new.preferences else f"{topic} (default)"
        for topic in defaults
        if new.hears(topic, defaults)
    ]
    return f"subscribed to {', '.join(topics) or 'nothing'}"


def _opted_out(known: Contact, topics: Iterable[str]) -> list[str]:
    if known.unsubscribed_from_all:
        return list(topics)
    return [topic for topic in topics if known.preferences.get(topic) == "OPT_OUT"]


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
