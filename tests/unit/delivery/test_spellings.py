"""Spellings of one mailbox on a contact list are one person, who opted out once for all."""

from typing import Any

import pytest

from changecast.customer.mailing import Topic
from changecast.customer.planning.contact_list import ContactList, Source, read

DEFAULTS = {Topic.APPROVALS: "OPT_OUT", Topic.ANNOUNCEMENTS: "OPT_IN", Topic.CALENDAR: "OPT_OUT"}


def contact(address: str, *, unsubscribed: bool = False, **chosen: str) -> dict[str, Any]:
    """As ListContacts returns it."""
    return {
        "EmailAddress": address,
        "UnsubscribeAll": unsubscribed,
        "TopicPreferences": _statuses(chosen),
        "TopicDefaultPreferences": _statuses(DEFAULTS),
    }


def _statuses(found: Any) -> list[dict[str, str]]:
    return [{"TopicName": name, "SubscriptionStatus": how} for name, how in found.items()]


def listed(*contacts: dict[str, Any]) -> ContactList:
    class Listing:
        def list_contacts(self, **_: object) -> object:
            return {"Contacts": list(contacts)}

    ses: Any = Listing()
    return read(Source(ses, "changecast", lambda: None))


@pytest.mark.parametrize("turn", [1, -1])
def test_who_unsubscribed_in_one_spelling_is_mailed_in_none(turn: int) -> None:
    people = [contact("Ana@acme.example", unsubscribed=True), contact("ana@ACME.example"),
              contact("ben@acme.example")][::turn]  # fmt: skip
    assert listed(*people).subscribers(Topic.ANNOUNCEMENTS) == ["ben@acme.example"]


@pytest.mark.parametrize("turn", [1, -1])
def test_who_opted_out_of_a_topic_in_one_spelling_still_hears_of_the_others(turn: int) -> None:
    people = [
        contact("Ana@acme.example", calendar="OPT_OUT"),
        contact("ana@acme.example", calendar="OPT_IN", approvals="OPT_IN"),
    ]
    found = listed(*people[::turn])
    assert found.subscribers(Topic.CALENDAR) == []
    assert found.subscribers(Topic.APPROVALS) == ["ana@acme.example"]


def test_a_default_of_one_spelling_is_no_opt_out_of_the_other() -> None:
    found = listed(contact("Ana@acme.example"), contact("ana@acme.example", approvals="OPT_IN"))
    assert found.subscribers(Topic.APPROVALS) == ["ana@acme.example"]
