"""What an import would do, person by person: nobody who opted out is subscribed again. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from changecast_cli.contacts.file import Wanted
from changecast_cli.contacts.records import Choice, Contact


@dataclass(frozen=True)
class ImportPlan:
    """`add` and `change` are contacts as they will be; `kept` need nothing.

    `respected`: who is left out of which topics because they opted out.
    """

    add: list[Contact]
    change: list[Contact]
    kept: list[str]
    respected: dict[str, list[str]]

    @property
    def writes(self) -> int:
        """How many contacts will be written."""
        return len(self.add) + len(self.change)


def plan_import(
    wanted: Iterable[Wanted],
    existing: Mapping[str, Contact],
    defaults: Mapping[str, Choice],
    *,
    attributes: str | None = None,
) -> ImportPlan:
    """Compare a file with the list. `existing` is keyed by `Contact.key`."""
    plan = ImportPlan([], [], [], {})
    for one in wanted:
        new = Contact(one.address, attributes=attributes)
        known = existing.get(new.key)
        if known is None:
            topics: dict[str, Choice] = dict.fromkeys(one.topics or (), "OPT_IN")
            plan.add.append(replace(new, preferences=topics))
            continue
        left = _opted_out(known, one.topics or ())
        if left:
            plan.respected[known.address] = left
        choices = _missing(known, [t for t in one.topics or () if t not in left], defaults)
        if choices:
            plan.change.append(known.choosing(choices))
        else:
            plan.kept.append(known.address)
    return plan


def _opted_out(known: Contact, topics: Iterable[str]) -> list[str]:
    if known.unsubscribed_from_all:
        return list(topics)
    return [topic for topic in topics if known.preferences.get(topic) == "OPT_OUT"]


def _missing(
    known: Contact, topics: Iterable[str], defaults: Mapping[str, Choice]
) -> dict[str, Choice]:
    return {topic: "OPT_IN" for topic in topics if not known.hears(topic, defaults)}
