"""Back up a contact list as one JSON document. A restore undoes nobody's choice."""

import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from changecast.customer.ledger.preferences import read_preferences
from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.own_settings import Setting, planned, settings_of, store
from changecast_cli.contacts.plan import ImportPlan
from changecast_cli.contacts.reading import ledger_of
from changecast_cli.contacts.records import Contact, by_mailbox, contact_of, every_contact
from changecast_cli.contacts.suppression_list import suppress, suppressed
from changecast_cli.contacts.write import write
from changecast_cli.failures import Refused
from changecast_cli.text_files import read_text, save_text

FORMAT = "changecast-contacts-1"


@dataclass(frozen=True)
class RestorePlan:
    """Plan of a restore: missing topics, people, suppressed addresses and people's settings."""

    topics: list[Any]
    people: ImportPlan
    suppressed: list[Any]
    settings: list[Setting]

    def lines(self) -> list[str]:
        """Return the plan in sentences."""
        named = ", ".join(each["TopicName"] for each in self.topics)
        return [
            (
                f"people added with their choices: {len(self.people.add)}; opted out of more "
                f"topics: {len(self.people.change)}; unchanged: {len(self.people.kept)}"
            ),
            f"addresses suppressed: {len(self.suppressed)}",
            *([f"languages or time zones restored: {len(self.settings)}"] if self.settings else []),
            *([f"topics added: {named}"] if named else []),
        ]


@dataclass(frozen=True)
class Restored:
    """Result of a restore: contacts added, changed and kept, addresses suppressed."""

    added: int
    changed: int
    kept: int
    suppressed: int


def backup(contacts: OpenList, *, attributes: bool) -> dict[str, Any]:
    """Read topics, everybody with their choices and settings, and the suppression list.

    With `attributes`, each contact is read individually at SES's pace: an hour for 3,600 people.
    """
    found = contacts.pace(contacts.ses.get_contact_list, ContactListName=contacts.name)
    people, ledger = list(every_contact(contacts)), ledger_of(contacts)
    chosen = read_preferences(ledger) if ledger else {}
    if attributes:
        people = [_whole(contacts, contact) for contact in people]
    return {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "account": account_of(contacts),
        "list": contacts.name,
        "description": found.get("Description", ""),
        "topics": found.get("Topics", []),
        "has_attributes": attributes,
        "contacts": [asdict(each) for each in sorted(people, key=lambda one: one.address)],
        "settings": {
            each.address: own
            for each in people
            if any((own := settings_of(each.address, chosen)).values())
        },
        "suppressed": suppressed(contacts),
    }


def account_of(contacts: OpenList) -> str:
    """Return the list's account."""
    return contacts.session.client("sts").get_caller_identity()["Account"]


def _whole(contacts: OpenList, contact: Contact) -> Contact:
    return contact_of(
        contacts.pace(
            contacts.ses.get_contact,
            ContactListName=contacts.name,
            EmailAddress=contact.address,
        )
    )


def write_backup(path: Path, made: Mapping[str, Any]) -> None:
    """Write a backup in one step, readable only by its owner."""
    save_text(path, json.dumps(made, indent=1, ensure_ascii=False) + "\n", mode=0o600)


def read_backup(path: Path) -> dict[str, Any]:
    """Read a backup; Refused if the file is not one."""
    try:
        made: dict[str, Any] = json.loads(read_text(path, expected="JSON"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {error}") from error
    if not isinstance(made, dict) or made.get("format") != FORMAT:
        raise Refused(
            f"{path} is not a backup of contacts (its `format` is not {FORMAT}). Name a file that "
            "`changecast contacts backup` wrote"
        )
    return made


def planned_restore(contacts: OpenList, made: Mapping[str, Any]) -> RestorePlan:
    """Compare a backup with the list; changes nothing.

    People on the list keep what they chose since. A restore never subscribes a person who is on the
    list without that subscription.
    """
    topics = _missing_topics(contacts, made)
    people = plan_restore(_people(made), by_mailbox(every_contact(contacts)))
    addresses = {each["address"] for each in suppressed(contacts)}
    missing = [each for each in made["suppressed"] if each["address"] not in addresses]
    return RestorePlan(topics, people, missing, _settings(contacts, made))


def restore(contacts: OpenList, plan: RestorePlan) -> Restored:
    """Add all missing people and opt-outs."""
    _add_topics(contacts, plan.topics)
    write(contacts, plan.people)
    suppress(contacts, plan.suppressed)
    if plan.settings and (ledger := ledger_of(contacts)):
        deque(store(ledger, plan.settings), maxlen=0)
    people = plan.people
    return Restored(len(people.add), len(people.change), len(people.kept), len(plan.suppressed))


def _settings(contacts: OpenList, made: Mapping[str, Any]) -> list[Setting]:
    """Return the settings that nobody has chosen since; Refused if there is no ledger for them."""
    kept: Mapping[str, Mapping[str, str]] = made.get("settings") or {}
    if not kept:
        return []
    ledger = ledger_of(contacts)
    if ledger is None:
        raise Refused(
            "the backup has languages or time zones, but the account has no ledger to keep them "
            "in (its stack has no output LedgerTable). Nothing was changed. Deploy the stack "
            "first"
        )
    plan = planned(kept.items(), read_preferences(ledger), time.time())
    return [one for one in plan if one.stored]


def _people(made: Mapping[str, Any]) -> list[Contact]:
    try:
        return [Contact(**each) for each in made["contacts"]]
    except (KeyError, TypeError) as error:
        raise Refused(
            f"the backup's contacts cannot be read: {error}. Nothing was changed"
        ) from error


def plan_restore(people: list[Contact], existing: Mapping[str, Contact]) -> ImportPlan:
    """Compare a backup with the list: who is added, and whose opt-outs are added. Pure."""
    plan = ImportPlan([], [], [], {})
    changed: dict[str, Contact] = {}
    for one in people:
        now = changed.get(one.key) or existing.get(one.key)
        if now is None:
            plan.add.append(one)
            continue
        merged = _less(one, now)
        if merged == now:
            plan.kept.append(one.address)
        else:
            changed[one.key] = merged
    plan.change.extend(changed.values())
    plan.before.update({key: existing[key] for key in changed})
    return plan


def _less(then: Contact, now: Contact) -> Contact:
    outs = {topic: choice for topic, choice in then.preferences.items()
            if choice == "OPT_OUT" and topic not in now.preferences}  # fmt: skip
    return Contact(
        now.address,
        {**now.preferences, **outs},
        now.unsubscribed_from_all or then.unsubscribed_from_all,
        now.attributes,
    )


def _missing_topics(contacts: OpenList, made: Mapping[str, Any]) -> list[Any]:
    """Return the backup's topics that the list lacks and people have choices on."""
    have = {topic["TopicName"] for topic in _list_of(contacts).get("Topics", ())}
    return [topic for topic in made["topics"] if topic["TopicName"] not in have]


def _add_topics(contacts: OpenList, missing: list[Any]) -> None:
    if missing:
        found = _list_of(contacts)
        contacts.pace(
            contacts.ses.update_contact_list,
            ContactListName=contacts.name,
            Description=found.get("Description", ""),
            Topics=[*found.get("Topics", ()), *missing],
        )


def _list_of(contacts: OpenList) -> Any:
    try:
        return contacts.pace(contacts.ses.get_contact_list, ContactListName=contacts.name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        raise Refused(f"this account has no contact list {contacts.name}") from error
