"""A contact list as one JSON document: backed up whole, restored over nobody's choice."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.plan import ImportPlan
from changecast_cli.contacts.records import Contact, contact_of, every_contact
from changecast_cli.contacts.suppression import suppress, suppressed
from changecast_cli.contacts.write import write
from changecast_cli.failures import Refused
from changecast_cli.text_files import save_text

FORMAT = "changecast-contacts-1"


@dataclass(frozen=True)
class Restored:
    """What a restore did: contacts written, contacts left, addresses suppressed."""

    written: int
    left: int
    suppressed: int


def backup(contacts: OpenList, *, attributes: bool) -> dict[str, Any]:
    """Everything about the list: topics, everybody with their choices, who is suppressed and why.

    `attributes` asks for every contact alone, at the pace of SES: an hour for 3,600 people.
    """
    found = contacts.pace(contacts.ses.get_contact_list, ContactListName=contacts.name)
    people = list(every_contact(contacts))
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
        "suppressed": suppressed(contacts),
    }


def account_of(contacts: OpenList) -> str:
    """The account whose list it is."""
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
    """Onto disk in one step, and for its owner's eyes only: it is people's addresses."""
    save_text(path, json.dumps(made, indent=1, ensure_ascii=False) + "\n", mode=0o600)


def read_backup(path: Path) -> dict[str, Any]:
    """A backup off the disk; Refused where it is none."""
    try:
        made: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {error}") from error
    if not isinstance(made, dict) or made.get("format") != FORMAT:
        raise Refused(f"{path} is no backup of contacts ({FORMAT})")
    return made


def restore(contacts: OpenList, made: Mapping[str, Any]) -> Restored:
    """Bring back everybody who is missing, and every choice to hear less.

    Who is on the list already keeps what they chose since: a restore never subscribes anybody whom
    the list does not have as subscribed.
    """
    _add_topics(contacts, made)
    people = [Contact(**each) for each in made["contacts"]]
    plan = plan_restore(people, {one.key: one for one in every_contact(contacts)})
    write(contacts, plan)
    addresses = {each["address"] for each in suppressed(contacts)}
    missing = [each for each in made["suppressed"] if each["address"] not in addresses]
    suppress(contacts, missing)
    return Restored(plan.writes, len(plan.kept), len(missing))


def plan_restore(people: list[Contact], existing: Mapping[str, Contact]) -> ImportPlan:
    """Who comes back whole, and who only opts out of more. Pure."""
    plan = ImportPlan([], [], [], {})
    for one in people:
        now = existing.get(one.key)
        if now is None:
            plan.add.append(one)
            continue
        merged = _less(one, now)
        if merged == now:
            plan.kept.append(one.address)
        else:
            plan.change.append(merged)
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


def _add_topics(contacts: OpenList, made: Mapping[str, Any]) -> None:
    """Topics that people of the backup have choices on must exist first."""
    try:
        found = contacts.pace(contacts.ses.get_contact_list, ContactListName=contacts.name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        raise Refused(f"this account has no contact list {contacts.name}") from error
    have = {topic["TopicName"] for topic in found.get("Topics", ())}
    missing = [topic for topic in made["topics"] if topic["TopicName"] not in have]
    if missing:
        contacts.pace(
            contacts.ses.update_contact_list,
            ContactListName=contacts.name,
            Description=found.get("Description", ""),
            Topics=[*found.get("Topics", ()), *missing],
        )
