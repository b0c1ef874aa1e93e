"""People on a contact list: reading, comparing and writing them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from changecast_cli.contacts.addresses import mailbox_of

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import TopicPreferenceTypeDef

    from changecast_cli.contacts.account import OpenList

Choice = Literal["OPT_IN", "OPT_OUT"]
PAGE = 1_000


@dataclass(frozen=True)
class Contact:
    """A person. `preferences` are the choices by topic; other topics have their defaults.

    `attributes` is None if they were not read, because ListContacts does not return them.
    """

    address: str
    preferences: Mapping[str, Choice] = field(default_factory=dict)
    unsubscribed_from_all: bool = False
    attributes: str | None = None

    @property
    def key(self) -> str:
        """One spelling per mailbox."""
        return mailbox_of(self.address)

    def hears(self, topic: str, defaults: Mapping[str, str]) -> bool:
        """Return whether mails on the topic go to this person."""
        chosen = self.preferences.get(topic, defaults.get(topic))
        return chosen == "OPT_IN" and not self.unsubscribed_from_all

    def choosing(self, choices: Mapping[str, Choice]) -> "Contact":
        """Return the person with these choices added."""
        return replace(self, preferences={**self.preferences, **choices})


def by_mailbox(people: Iterable[Contact]) -> dict[str, Contact]:
    """Return everybody by `key`; with two spellings of one mailbox, each opt-out counts."""
    found: dict[str, Contact] = {}
    for one in people:
        first = found.get(one.key)
        found[one.key] = _same_person(first, one) if first else one
    return found


def _same_person(first: Contact, other: Contact) -> Contact:
    choices = {**other.preferences, **first.preferences}
    for one in (first, other):
        choices |= {
            topic: choice for topic, choice in one.preferences.items() if choice == "OPT_OUT"
        }
    is_out = first.unsubscribed_from_all or other.unsubscribed_from_all
    return replace(first, preferences=choices, unsubscribed_from_all=is_out)


def hearing_less(now: Contact, then: Contact) -> Contact:
    """Return `now` with every opt-out of `then`."""
    outs: dict[str, Choice] = {
        topic: choice for topic, choice in then.preferences.items() if choice == "OPT_OUT"
    }
    is_out = now.unsubscribed_from_all or then.unsubscribed_from_all
    return replace(now.choosing(outs), unsubscribed_from_all=is_out)


def every_contact(contacts: "OpenList") -> Iterator[Contact]:
    """Read everybody on the list, page by page; an empty page may not be the last.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ListContacts.html
    """
    token: dict[str, str] = {}
    while True:
        page = contacts.pace(
            contacts.ses.list_contacts, ContactListName=contacts.name, PageSize=PAGE, **token
        )
        yield from (contact_of(each) for each in page.get("Contacts", ()))
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def contact_of(found: Mapping[str, Any]) -> Contact:
    """Read a contact as ListContacts or GetContact returns it."""
    return Contact(
        found["EmailAddress"],
        {
            each["TopicName"]: each["SubscriptionStatus"]
            for each in found.get("TopicPreferences", ())
        },
        bool(found.get("UnsubscribeAll")),
        found.get("AttributesData"),
    )


def members(contact: Contact) -> dict[str, Any]:
    """Return a contact for CreateContact and UpdateContact, complete because SES replaces it."""
    return {
        "EmailAddress": contact.address,
        "TopicPreferences": preferences(contact),
        "UnsubscribeAll": contact.unsubscribed_from_all,
        **({"AttributesData": contact.attributes} if contact.attributes else {}),
    }


def preferences(contact: Contact) -> "list[TopicPreferenceTypeDef]":
    """Return the choices in SES's format."""
    return [
        {"TopicName": topic, "SubscriptionStatus": choice}
        for topic, choice in contact.preferences.items()
    ]


def record(contact: Contact) -> dict[str, Any]:
    """Return a contact for an import job, one JSON object per line.

    https://docs.aws.amazon.com/ses/latest/dg/sending-email-list-management.html
    """
    return {
        "emailAddress": contact.address,
        "unsubscribeAll": contact.unsubscribed_from_all,
        "topicPreferences": [
            {"topicName": topic, "subscriptionStatus": choice}
            for topic, choice in contact.preferences.items()
        ],
        **({"attributesData": contact.attributes} if contact.attributes else {}),
    }


def defaults_of(contacts: "OpenList") -> dict[str, Choice]:
    """Return topic -> its default, in the list's order."""
    found = contacts.pace(contacts.ses.get_contact_list, ContactListName=contacts.name)
    return {
        topic["TopicName"]: topic["DefaultSubscriptionStatus"] for topic in found.get("Topics", ())
    }
