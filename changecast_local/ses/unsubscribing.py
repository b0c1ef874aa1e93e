"""The unsubscribe link of a mail, and its effect on the contact.

https://docs.aws.amazon.com/ses/latest/dg/sending-email-subscription-management.html
"""

import secrets
import time
from dataclasses import dataclass
from typing import Any

from changecast_local.ses import configuration_sets
from changecast_local.ses.events import events_about
from changecast_local.ses.publishing import publish
from changecast_local.ses.store import Contact, ContactList, Subscription
from changecast_local.ses.submission import Submission, bare_address

PATH = "/_changecast/subscriptions/"
_WORDS = {"OPT_IN": "OptIn", "OPT_OUT": "OptOut"}


@dataclass(frozen=True)
class UnsubscribeLink:
    """The link in one mail: its contact, and the topic that one click leaves."""

    submission: Submission
    address: str
    topic: str | None

    @property
    def contact_list(self) -> ContactList | None:
        """The list that the mail went to, None if it is gone."""
        held = self.submission.account.contact_list
        requested = (self.submission.list_options or {}).get("ContactListName")
        return held if held is not None and held.name == requested else None


_links: dict[str, UnsubscribeLink] = {}


def link(submission: Submission) -> str:
    """Return the link for a mail. On AWS it is https; here it is http."""
    token = secrets.token_urlsafe(24)
    topic = (submission.list_options or {}).get("TopicName") or None
    _links[token] = UnsubscribeLink(submission, bare_address(submission.recipients[0]), topic)
    return f"{submission.base_url}{PATH}{token}"


def followed(token: str) -> UnsubscribeLink | None:
    """Return the link with this token."""
    return _links.get(token)


def clear() -> None:
    """Forget all links."""
    _links.clear()


def leave(found: UnsubscribeLink, held: ContactList) -> None:
    """Unsubscribe with one click from the mail's topic, or from all without a topic (RFC 8058)."""
    if found.topic is None:
        choose(found, held, {}, from_all=True, source="UnsubscribeHeader")
    else:
        choose(found, held, {found.topic: "OPT_OUT"}, from_all=False, source="UnsubscribeHeader")


def choose(
    found: UnsubscribeLink,
    held: ContactList,
    choices: dict[str, Subscription],
    *,
    from_all: bool,
    source: str = "UnsubscribePage",
) -> None:
    """Record the contact's choice, and publish a Subscription event."""
    contact = contact_of(found, held)
    before = _preferences(held, contact)
    contact.preferences |= choices
    contact.unsubscribed_from_all = from_all
    contact.updated = time.time()
    held.contacts[contact.address] = contact
    about = {
        "contactList": held.name,
        "source": source,
        "newTopicPreferences": _preferences(held, contact),
        "oldTopicPreferences": before,
    }
    _tell(found.submission, about)


def contact_of(found: UnsubscribeLink, held: ContactList) -> Contact:
    """Return a link's contact; a person who is not on the list becomes a new one."""
    now = time.time()
    return held.contacts.get(found.address) or Contact(found.address, created=now, updated=now)


def _tell(submission: Submission, about: dict[str, Any]) -> None:
    types = configuration_sets.event_types(submission.account, submission.configuration_set)
    for event in events_about(submission, "Subscription", about, types, time.time()):
        publish(event)


def _preferences(held: ContactList, contact: Contact) -> dict[str, Any]:
    chosen = {**held.defaults, **contact.preferences}
    return {
        "unsubscribeAll": contact.unsubscribed_from_all,
        "topicSubscriptionStatus": [
            {"topicName": topic, "subscriptionStatus": _WORDS[chosen[topic]]}
            for topic in held.defaults
        ],
    }
