"""The contacts of a list, against the facts about SES."""

from typing import Any

import pytest

from tests.integration.local.ses.given import ANN, LIST, topic

CHOSE = [{"TopicName": "calendar", "SubscriptionStatus": "OPT_IN"}]


@pytest.fixture
def people(ses: Any) -> Any:
    ses.create_contact_list(
        ContactListName=LIST, Topics=[topic("announcements"), topic("calendar", "OPT_OUT")]
    )
    return ses


def test_a_contact_is_returned_with_its_choices_and_the_defaults(people: Any) -> None:
    people.create_contact(ContactListName=LIST, EmailAddress=ANN, TopicPreferences=CHOSE)
    found = people.get_contact(ContactListName=LIST, EmailAddress=ANN)
    assert found["TopicPreferences"] == CHOSE
    assert found["TopicDefaultPreferences"] == [
        {"TopicName": "announcements", "SubscriptionStatus": "OPT_IN"},
        {"TopicName": "calendar", "SubscriptionStatus": "OPT_OUT"},
    ]
    assert found["UnsubscribeAll"] is False


def test_attributes_are_returned_one_by_one_but_never_in_a_listing(people: Any) -> None:
    people.create_contact(ContactListName=LIST, EmailAddress=ANN, AttributesData='{"a": 1}')
    assert (
        people.get_contact(ContactListName=LIST, EmailAddress=ANN)["AttributesData"] == '{"a": 1}'
    )
    (listed,) = people.list_contacts(ContactListName=LIST)["Contacts"]
    assert "AttributesData" not in listed


def test_an_update_removes_the_choices_that_it_does_not_repeat(people: Any) -> None:
    people.create_contact(ContactListName=LIST, EmailAddress=ANN, TopicPreferences=CHOSE)
    people.update_contact(ContactListName=LIST, EmailAddress=ANN, UnsubscribeAll=True)
    found = people.get_contact(ContactListName=LIST, EmailAddress=ANN)
    assert (found["TopicPreferences"], found["UnsubscribeAll"]) == ([], True)


def test_an_address_is_on_the_list_once(people: Any) -> None:
    people.create_contact(ContactListName=LIST, EmailAddress=ANN)
    with pytest.raises(people.exceptions.AlreadyExistsException):
        people.create_contact(ContactListName=LIST, EmailAddress=ANN)


def test_addresses_of_every_kind_can_be_asked_for(people: Any) -> None:
    for address in ("ann+changes@acme.example", "o'neil@acme.example", "a/b@acme.example"):
        people.create_contact(ContactListName=LIST, EmailAddress=address)
        found = people.get_contact(ContactListName=LIST, EmailAddress=address)
        assert found["EmailAddress"] == address
        people.delete_contact(ContactListName=LIST, EmailAddress=address)
    assert people.list_contacts(ContactListName=LIST)["Contacts"] == []


def test_who_is_not_there_cannot_be_read_changed_or_deleted(people: Any) -> None:
    for act in (people.get_contact, people.update_contact, people.delete_contact):
        with pytest.raises(people.exceptions.NotFoundException):
            act(ContactListName=LIST, EmailAddress=ANN)


def test_a_choice_about_an_unknown_topic_is_refused(people: Any) -> None:
    chose = [{"TopicName": "gossip", "SubscriptionStatus": "OPT_IN"}]
    with pytest.raises(people.exceptions.BadRequestException, match="gossip"):
        people.create_contact(ContactListName=LIST, EmailAddress=ANN, TopicPreferences=chose)
    assert people.list_contacts(ContactListName=LIST)["Contacts"] == []


def test_a_contact_needs_a_list_that_is_there(ses: Any) -> None:
    with pytest.raises(ses.exceptions.NotFoundException):
        ses.create_contact(ContactListName="nowhere", EmailAddress=ANN)
