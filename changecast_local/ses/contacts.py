"""The contacts of the account's contact list.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_UpdateContact.html
"""

import time
from typing import Any

from changecast_local.ses.answers import already_exists, bad_request, not_found
from changecast_local.ses.call import Call
from changecast_local.ses.contact_lists import check_topic, named
from changecast_local.ses.store import Contact, ContactList, Subscription


def create(call: Call) -> dict[str, Any]:
    """CreateContact."""
    found = named(call.account, call.names["name"])
    contact = _new(found, call.body)
    if contact.address in found.contacts:
        raise already_exists(f"{contact.address} already exists in List: {found.name}")
    found.contacts[contact.address] = contact
    return {}


def update(call: Call) -> dict[str, Any]:
    """UpdateContact: preferences that are not given again are removed."""
    found = named(call.account, call.names["name"])
    contact = _contact(found, call.names["address"])
    contact.preferences = _preferences(found, call.body)
    if "UnsubscribeAll" in call.body:
        contact.unsubscribed_from_all = bool(call.body["UnsubscribeAll"])
    if "AttributesData" in call.body:
        contact.attributes = call.body["AttributesData"]
    contact.updated = time.time()
    return {}


def get(call: Call) -> dict[str, Any]:
    """GetContact: the only operation that returns the attributes."""
    found = named(call.account, call.names["name"])
    contact = _contact(found, call.names["address"])
    attributes = {} if contact.attributes is None else {"AttributesData": contact.attributes}
    return {
        "ContactListName": found.name,
        "CreatedTimestamp": contact.created,
        **view(found, contact),
        **attributes,
    }


def delete(call: Call) -> dict[str, Any]:
    """DeleteContact."""
    found = named(call.account, call.names["name"])
    del found.contacts[_contact(found, call.names["address"]).address]
    return {}


def put_record(found: ContactList, record: dict[str, Any]) -> None:
    """A record of an import job: it overrides the whole contact, opt-outs included."""
    given = [
        {"TopicName": each["topicName"], "SubscriptionStatus": each["subscriptionStatus"]}
        for each in record.get("topicPreferences") or []
    ]
    body = {
        "EmailAddress": record["emailAddress"],
        "TopicPreferences": given,
        "UnsubscribeAll": record.get("unsubscribeAll"),
        "AttributesData": record.get("attributesData"),
    }
    found.contacts[record["emailAddress"]] = _new(found, body)


def view(found: ContactList, contact: Contact) -> dict[str, Any]:
    """Return a contact as ListContacts returns it."""
    own = {name: at for name, at in contact.preferences.items() if name in found.defaults}
    return {
        "EmailAddress": contact.address,
        "TopicPreferences": _by_topic(own),
        "TopicDefaultPreferences": _by_topic(found.defaults),
        "UnsubscribeAll": contact.unsubscribed_from_all,
        "LastUpdatedTimestamp": contact.updated,
    }


def subscription(
    found: ContactList, contact: Contact, topic: str, *, by_default: bool = True
) -> Subscription | None:
    """Return a contact's status for a topic; None if they never chose and defaults do not count."""
    if contact.unsubscribed_from_all:
        return "OPT_OUT"
    own = contact.preferences.get(topic)
    return own or (found.defaults.get(topic) if by_default else None)


def _new(found: ContactList, body: dict[str, Any]) -> Contact:
    address = body.get("EmailAddress") or ""
    if "@" not in address:
        raise bad_request(f"Invalid email address <{address}>.")
    now = time.time()
    return Contact(
        address,
        created=now,
        updated=now,
        preferences=_preferences(found, body),
        unsubscribed_from_all=bool(body.get("UnsubscribeAll")),
        attributes=body.get("AttributesData"),
    )


def _contact(found: ContactList, address: str) -> Contact:
    contact = found.contacts.get(address)
    if contact is None:
        raise not_found(f"{address} doesn't exist in List.")
    return contact


def _preferences(found: ContactList, body: dict[str, Any]) -> dict[str, Subscription]:
    given = body.get("TopicPreferences") or []
    for preference in given:
        check_topic(found, preference["TopicName"])
    return {each["TopicName"]: each["SubscriptionStatus"] for each in given}


def _by_topic(statuses: dict[str, Subscription]) -> list[dict[str, str]]:
    return [{"TopicName": name, "SubscriptionStatus": at} for name, at in statuses.items()]
