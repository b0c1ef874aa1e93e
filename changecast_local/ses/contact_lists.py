"""The account's contact list.

https://docs.aws.amazon.com/ses/latest/dg/sending-email-list-management.html
"""

import re
import time
from typing import Any

from changecast_local.ses.answers import (
    already_exists,
    bad_request,
    limit_exceeded,
    not_found,
)
from changecast_local.ses.call import Call
from changecast_local.ses.store import Account, ContactList

MAX_TOPICS = 20
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def create(call: Call) -> dict[str, Any]:
    """CreateContactList."""
    make(call.account, call.body)
    return {}


def make(account: Account, members: dict[str, Any]) -> ContactList:
    """Return the account's one list, by the members of CreateContactList."""
    name = members.get("ContactListName", "")
    if not _NAME.fullmatch(name):
        raise bad_request(f"Invalid contact list name <{name}>.")
    if account.contact_list is not None:
        if account.contact_list.name == name:
            raise already_exists(f"List with name: {name} already exists.")
        raise limit_exceeded("Maximum number of contact lists (1) per account is reached.")
    now = time.time()
    made = ContactList(name, created=now, updated=now, tags=list(members.get("Tags") or []))
    _replace(made, members)
    account.contact_list = made
    return made


def update(call: Call) -> dict[str, Any]:
    """UpdateContactList: a complete replacement of description and topics."""
    change(call.account, call.names["name"], call.body)
    return {}


def change(account: Account, name: str, members: dict[str, Any]) -> None:
    """Replace description and topics of the list of that name."""
    found = named(account, name)
    _replace(found, members)
    found.updated = time.time()


def get(call: Call) -> dict[str, Any]:
    """GetContactList."""
    found = named(call.account, call.names["name"])
    return {
        "ContactListName": found.name,
        "Topics": found.topics,
        "Description": found.description,
        "CreatedTimestamp": found.created,
        "LastUpdatedTimestamp": found.updated,
        "Tags": found.tags,
    }


def list_all(call: Call) -> dict[str, Any]:
    """ListContactLists."""
    found = call.account.contact_list
    if found is None:
        return {"ContactLists": []}
    one = {"ContactListName": found.name, "LastUpdatedTimestamp": found.updated}
    return {"ContactLists": [one]}


def delete(call: Call) -> dict[str, Any]:
    """DeleteContactList, with all its contacts."""
    remove(call.account, call.names["name"])
    return {}


def remove(account: Account, name: str) -> None:
    """Delete the list of that name."""
    named(account, name)
    account.contact_list = None


def named(account: Account, name: str) -> ContactList:
    """Return the list of that name."""
    found = account.contact_list
    if found is None or found.name != name:
        raise not_found(f"List with name: {name} doesn't exist.")
    return found


def check_topic(found: ContactList, topic: str) -> None:
    """Refuse a topic that the list does not have."""
    if topic not in found.defaults:
        raise bad_request(f"List: {found.name} doesn't contain Topic: {topic}")


def _replace(found: ContactList, members: dict[str, Any]) -> None:
    topics = list(members.get("Topics") or [])
    names = [topic.get("TopicName") for topic in topics]
    if len(topics) > MAX_TOPICS:
        raise bad_request(f"A contact list can have at most {MAX_TOPICS} topics.")
    if len(set(names)) < len(names):
        raise bad_request("Topic names must be unique.")
    if any(topic.get("DefaultSubscriptionStatus") not in ("OPT_IN", "OPT_OUT") for topic in topics):
        raise bad_request("DefaultSubscriptionStatus must be OPT_IN or OPT_OUT.")
    found.topics = topics
    found.description = members.get("Description") or ""
