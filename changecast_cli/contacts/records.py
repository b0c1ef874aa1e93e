"""People on a contact list, as we read them, compare them and write them back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from changecast.recipients import normalise

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import TopicPreferenceTypeDef

    from changecast_cli.contacts.account import OpenList

Choice = Literal["OPT_IN", "OPT_OUT"]
PAGE = 1_000


@dataclass(frozen=True)
class Contact:
    """A person. `preferences` is what was chosen, by topic; what is not there is the default.

    `attributes` is None where they were not asked for: ListContacts does not give them.
    """

    address: str
    preferences: Mapping[str, Choice] = field(default_factory=dict)
    unsubscribed_from_all: bool = False
    attributes: str | None = None

    @property
    def key(self) -> str:
        """One spelling per mailbox."""
        return normalise(self.address)

    def hears(self, topic: str, defaults: Mapping[str, str]) -> bool:
        """Whether mails on the topic go to this person."""
        chosen = self.preferences.get(topic, defaults.get(topic))
        return chosen == "OPT_IN" and not self.unsubscribed_from_all

    def choosing(self, choices: Mapping[str, Choice]) -> "Contact":
        """The same person with these choices too."""
        return replace(self, preferences={**self.preferences, **choices})


def every_contact(contacts: "OpenList") -> Iterator[Contact]:
    """Everybody on the list, page by page; a page may be empty and not be the last.

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
    """A contact as ListContacts or GetContact gives it."""
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
    """A contact as CreateContact and UpdateContact want it: complete, since SES replaces."""
    return {
        "EmailAddress": contact.address,
        "TopicPreferences": preferences(contact),
        "UnsubscribeAll": contact.unsubscribed_from_all,
        **({"AttributesData": contact.attributes} if contact.attributes else {}),
    }


def preferences(contact: Contact) -> "list[TopicPreferenceTypeDef]":
    """What was chosen, in SES's words."""
    return [
        {"TopicName": topic, "SubscriptionStatus": choice}
        for topic, choice in contact.preferences.items()
    ]


def record(contact: Contact) -> dict[str, Any]:
    """A contact as an import job wants it, one JSON object a line.

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
    """Topic -> its default, in the list's order."""
    found = contacts.pace(contacts.ses.get_contact_list, ContactListName=contacts.name)
    return {
        topic["TopicName"]: topic["DefaultSubscriptionStatus"] for topic in found.get("Topics", ())
    }
