"""Listing contacts: filters, and pages that are not full."""

from typing import Any

import pytest

from changecast.contract.errors import PauseRun
from changecast.customer.mailing import Topic
from changecast.customer.planning.contact_list import ContactList, Source, read
from changecast_local.ses.contact_pages import PAGE
from tests.integration.local.ses.given import LIST, topic

IN = {"FilteredStatus": "OPT_IN"}
OUT = {"FilteredStatus": "OPT_OUT"}


def on(name: str, *, by_default: bool) -> dict[str, Any]:
    return {"TopicFilter": {"TopicName": name, "UseDefaultIfPreferenceUnavailable": by_default}}


def read_by_product(ses: Any) -> ContactList:
    return read(Source(ses, LIST, lambda: None))


@pytest.fixture
def people(ses: Any) -> Any:
    """`in` and `out` chose for themselves, `gone` left everything, `quiet` never chose."""
    ses.create_contact_list(
        ContactListName=LIST, Topics=[topic("announcements"), topic("calendar", "OPT_OUT")]
    )
    for who, status in (("in", "OPT_IN"), ("out", "OPT_OUT")):
        chose = [
            {"TopicName": name, "SubscriptionStatus": status}
            for name in ("announcements", "calendar")
        ]
        ses.create_contact(
            ContactListName=LIST, EmailAddress=f"{who}@acme.example", TopicPreferences=chose
        )
    ses.create_contact(ContactListName=LIST, EmailAddress="gone@acme.example", UnsubscribeAll=True)
    ses.create_contact(ContactListName=LIST, EmailAddress="quiet@acme.example")
    return ses


def pages(ses: Any, **request: Any) -> list[list[str]]:
    found: list[list[str]] = []
    more: dict[str, str] = {}
    while True:
        page = ses.list_contacts(ContactListName=LIST, **request, **more)
        found.append([each["EmailAddress"].partition("@")[0] for each in page["Contacts"]])
        if "NextToken" not in page:
            return found
        more = {"NextToken": page["NextToken"]}


def listed(ses: Any, **filters: Any) -> list[str]:
    return [who for page in pages(ses, Filter=filters) for who in page]


@pytest.mark.parametrize(
    ("filters", "who"),
    [
        ({**IN, **on("announcements", by_default=True)}, ["in", "quiet"]),
        ({**IN, **on("announcements", by_default=False)}, ["in"]),
        ({**OUT, **on("announcements", by_default=True)}, ["out", "gone"]),
        ({**IN, **on("calendar", by_default=True)}, ["in"]),
        ({**OUT, **on("calendar", by_default=True)}, ["out", "gone", "quiet"]),
        (OUT, ["gone"]),
        (IN, ["in", "out", "quiet"]),
        ({}, ["in", "out", "gone", "quiet"]),
    ],
)
def test_a_filter_finds_who_stands_so(people: Any, filters: dict[str, Any], who: list[str]) -> None:
    assert listed(people, **filters) == who


def test_the_first_page_of_a_filtered_list_is_empty_and_not_the_last(people: Any) -> None:
    first, *others = pages(people, Filter={**IN, **on("announcements", by_default=True)})
    assert first == []
    assert others == [["in", "quiet"]]


def test_a_filtered_page_in_the_middle_may_be_empty_too(people: Any) -> None:
    asked = {**IN, **on("calendar", by_default=True)}
    assert pages(people, Filter=asked, PageSize=1) == [[], ["in"], [], [], []]


def test_pages_are_smaller_than_asked_and_together_complete(ses: Any) -> None:
    ses.create_contact_list(ContactListName=LIST, Topics=[topic("announcements")])
    for number in range(PAGE + 10):
        ses.create_contact(ContactListName=LIST, EmailAddress=f"p{number}@acme.example")
    assert [len(page) for page in pages(ses, PageSize=1000)] == [PAGE, 10]
    assert len(read_by_product(ses).subscribers(Topic.ANNOUNCEMENTS)) == PAGE + 10


def test_what_the_planner_reads_is_who_is_subscribed(people: Any) -> None:
    found = read_by_product(people)
    assert found.subscribers(Topic.ANNOUNCEMENTS) == ["in@acme.example", "quiet@acme.example"]
    assert found.subscribers(Topic.CALENDAR) == ["in@acme.example"]
    with pytest.raises(PauseRun, match="no topic approvals"):
        found.subscribers(Topic.APPROVALS)


@pytest.mark.parametrize("wrong", [{"PageSize": 1001}, {"NextToken": "yesterday"}])
def test_a_page_that_cannot_be_is_refused(people: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(people.exceptions.BadRequestException):
        people.list_contacts(ContactListName=LIST, **wrong)


def test_a_filter_on_an_unknown_topic_is_refused(people: Any) -> None:
    with pytest.raises(people.exceptions.BadRequestException, match="gossip"):
        people.list_contacts(ContactListName=LIST, Filter={**IN, **on("gossip", by_default=True)})
