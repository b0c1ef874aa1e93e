"""The account's suppression list, and what it does to sending."""

from collections.abc import Callable
from typing import Any

import pytest

from changecast_local import ses as cloud_ses
from tests.integration.local.ses.given import ANN, SET, send

Heard = Callable[[], list[dict[str, Any]]]


def suppress(ses: Any, address: str = ANN, reason: str = "BOUNCE") -> None:
    ses.put_suppressed_destination(EmailAddress=address, Reason=reason)


def test_an_address_on_the_list_can_be_read_listed_and_taken_off(ses: Any) -> None:
    suppress(ses)
    suppress(ses, "bob@acme.example", "COMPLAINT")
    found = ses.get_suppressed_destination(EmailAddress=ANN)["SuppressedDestination"]
    assert (found["EmailAddress"], found["Reason"]) == (ANN, "BOUNCE")
    complained = ses.list_suppressed_destinations(Reasons=["COMPLAINT"])
    assert [each["EmailAddress"] for each in complained["SuppressedDestinationSummaries"]] == [
        "bob@acme.example"
    ]
    ses.delete_suppressed_destination(EmailAddress=ANN)
    with pytest.raises(ses.exceptions.NotFoundException):
        ses.get_suppressed_destination(EmailAddress=ANN)


def test_the_list_comes_in_pages(ses: Any) -> None:
    for number in range(5):
        suppress(ses, f"p{number}@acme.example")
    first = ses.list_suppressed_destinations(PageSize=3)
    rest = ses.list_suppressed_destinations(PageSize=3, NextToken=first["NextToken"])
    assert [len(page["SuppressedDestinationSummaries"]) for page in (first, rest)] == [3, 2]
    assert "NextToken" not in rest


@pytest.mark.parametrize("reason", ["BOUNCE", "COMPLAINT"])
def test_a_suppressed_address_gets_nothing_and_ses_tells_a_bounce(
    sender: Any, heard: Heard, account: str, reason: str
) -> None:
    suppress(sender, ANN.upper(), reason)
    send(sender)
    sent, bounced = heard()
    assert sent["detail"]["eventType"] == "Send"
    assert bounced["detail"]["bounce"]["bounceSubType"] == "OnAccountSuppressionList"
    assert cloud_ses.mails(account) == []


def test_the_configuration_set_says_which_reasons_count(sender: Any, account: str) -> None:
    suppress(sender, reason="COMPLAINT")
    sender.put_configuration_set_suppression_options(
        ConfigurationSetName=SET, SuppressedReasons=["BOUNCE"]
    )
    send(sender)
    assert len(cloud_ses.mails(account)) == 1


def test_without_a_word_of_the_set_the_account_s_reasons_count(sender: Any, account: str) -> None:
    suppress(sender)
    sender.put_account_suppression_attributes(SuppressedReasons=["COMPLAINT"])
    send(sender)
    sender.put_account_suppression_attributes(SuppressedReasons=["BOUNCE"])
    send(sender)
    assert len(cloud_ses.mails(account)) == 1


def test_a_reason_that_ses_does_not_know_is_refused(ses: Any) -> None:
    with pytest.raises(ses.exceptions.BadRequestException):
        suppress(ses, reason="BOREDOM")
