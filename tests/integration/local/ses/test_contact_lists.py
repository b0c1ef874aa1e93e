"""The account's contact list, against the facts about SES."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.local.ses.given import LIST, topic


def test_a_list_is_returned_as_it_was_created(ses: Any) -> None:
    ses.create_contact_list(
        ContactListName=LIST, Description="Who hears", Topics=[topic("calendar", "OPT_OUT")]
    )
    found = ses.get_contact_list(ContactListName=LIST)
    assert (found["ContactListName"], found["Description"]) == (LIST, "Who hears")
    assert found["Topics"] == [topic("calendar", "OPT_OUT")]
    assert found["CreatedTimestamp"] == found["LastUpdatedTimestamp"]


def test_an_account_has_one_contact_list(ses: Any) -> None:
    ses.create_contact_list(ContactListName=LIST)
    with pytest.raises(ses.exceptions.LimitExceededException):
        ses.create_contact_list(ContactListName="another")
    with pytest.raises(ses.exceptions.AlreadyExistsException):
        ses.create_contact_list(ContactListName=LIST)
    assert [each["ContactListName"] for each in ses.list_contact_lists()["ContactLists"]] == [LIST]


def test_every_region_of_an_account_has_a_list_of_its_own(client: Callable[..., Any]) -> None:
    here, there = client("sesv2"), client("sesv2", "eu-west-1")
    here.create_contact_list(ContactListName=LIST)
    assert there.list_contact_lists()["ContactLists"] == []
    there.create_contact_list(ContactListName="another")


def test_a_list_has_at_most_20_topics(ses: Any) -> None:
    with pytest.raises(ses.exceptions.BadRequestException):
        ses.create_contact_list(ContactListName=LIST, Topics=[topic(f"t{n}") for n in range(21)])
    ses.create_contact_list(ContactListName=LIST, Topics=[topic(f"t{n}") for n in range(20)])


def test_an_update_replaces_the_description_and_all_topics(ses: Any) -> None:
    ses.create_contact_list(ContactListName=LIST, Description="old", Topics=[topic("approvals")])
    ses.update_contact_list(ContactListName=LIST, Topics=[topic("calendar")])
    found = ses.get_contact_list(ContactListName=LIST)
    assert [each["TopicName"] for each in found["Topics"]] == ["calendar"]
    assert found["Description"] == ""


def test_a_deleted_list_is_gone_with_its_contacts(ses: Any) -> None:
    ses.create_contact_list(ContactListName=LIST)
    ses.create_contact(ContactListName=LIST, EmailAddress="ann@acme.example")
    ses.delete_contact_list(ContactListName=LIST)
    with pytest.raises(ses.exceptions.NotFoundException):
        ses.get_contact_list(ContactListName=LIST)
    ses.create_contact_list(ContactListName=LIST)
    assert ses.list_contacts(ContactListName=LIST)["Contacts"] == []


@pytest.mark.parametrize(
    "bad",
    [
        {"ContactListName": "with space"},
        {"ContactListName": LIST, "Topics": [topic("twice"), topic("twice")]},
        {"ContactListName": LIST, "Topics": [topic("maybe", "PERHAPS")]},
    ],
)
def test_a_list_that_makes_no_sense_is_refused(ses: Any, bad: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        ses.create_contact_list(**bad)
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
    assert refused.value.response["ResponseMetadata"]["RequestId"]
