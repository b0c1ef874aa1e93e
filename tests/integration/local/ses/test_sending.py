"""SendEmail: what it accepts, what it refuses, and who gets the mail."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast_local import ses as cloud_ses
from tests.integration.local.ses.given import ANN, LIST, SENDER, SET, raw, send

TOPIC = {"TopicName": "announcements"}


def received(account: str) -> list[str]:
    return [mail["to"] for mail in cloud_ses.mails(account)]


def test_a_mail_to_a_subscriber_goes_out_with_the_id_that_was_answered(
    sender: Any, account: str
) -> None:
    sender.create_contact(ContactListName=LIST, EmailAddress=ANN)
    message_id = send(sender)
    (mail,) = cloud_ses.mails(account)
    assert (mail["to"], mail["message_id"]) == (ANN, message_id)


def test_the_mails_of_one_account_are_not_those_of_another(sender: Any, account: str) -> None:
    send(sender)
    assert received(account) == [ANN]
    assert received("999999999999") == []


def test_somebody_who_left_the_topic_gets_nothing_although_ses_says_200(
    sender: Any, account: str
) -> None:
    chose = [{"TopicName": "announcements", "SubscriptionStatus": "OPT_OUT"}]
    sender.create_contact(ContactListName=LIST, EmailAddress=ANN, TopicPreferences=chose)
    assert send(sender)
    assert received(account) == []


def test_somebody_who_left_everything_gets_nothing(sender: Any, account: str) -> None:
    sender.create_contact(ContactListName=LIST, EmailAddress=ANN, UnsubscribeAll=True)
    send(sender)
    send(sender, ListManagementOptions={"ContactListName": LIST})
    assert received(account) == []


def test_leaving_one_topic_is_not_leaving_another(sender: Any, account: str) -> None:
    chose = [{"TopicName": "calendar", "SubscriptionStatus": "OPT_OUT"}]
    sender.create_contact(ContactListName=LIST, EmailAddress=ANN, TopicPreferences=chose)
    send(sender)
    assert received(account) == [ANN]


def test_without_list_management_an_opt_out_is_not_looked_at(sender: Any, account: str) -> None:
    sender.create_contact(ContactListName=LIST, EmailAddress=ANN, UnsubscribeAll=True)
    send(sender, ListManagementOptions=None)
    assert received(account) == [ANN]


def test_an_address_of_the_identity_and_of_a_subdomain_may_send(sender: Any, account: str) -> None:
    send(sender, FromEmailAddress="Acme <other@acme.example>")
    send(sender, FromEmailAddress="x@mail.acme.example")
    assert len(received(account)) == 2


def test_the_sender_may_be_named_by_the_raw_message_alone(sender: Any, account: str) -> None:
    send(sender, FromEmailAddress=None, Destination=None)
    assert received(account) == [ANN]


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"FromEmailAddress": "x@initech.example"}, "MessageRejected", "x@initech.example"),
        ({"ConfigurationSetName": "none"}, "NotFoundException", "none"),
        ({"ListManagementOptions": {"ContactListName": "none"}}, "NotFoundException", "none"),
        (
            {"ListManagementOptions": {"ContactListName": LIST, "TopicName": "gossip"}},
            "BadRequestException",
            "gossip",
        ),
        (
            {"Destination": {"ToAddresses": [ANN, "bob@acme.example"]}},
            "BadRequestException",
            "one recipient",
        ),
        ({"Destination": {"ToAddresses": ["nobody"]}}, "BadRequestException", "nobody"),
        (
            {"Destination": {"ToAddresses": [ANN] * 51}, "ListManagementOptions": None},
            "BadRequestException",
            "50",
        ),
        ({"EmailTags": [{"Name": "k", "Value": "a@b"}]}, "BadRequestException", "a@b"),
        ({"EmailTags": [{"Name": "k k", "Value": "v"}]}, "BadRequestException", "k k"),
        ({"EmailTags": [{"Name": "k", "Value": "v" * 257}]}, "BadRequestException", "tag value"),
        ({"Content": {"Raw": {"Data": b"Subject: no sender\r\n\r\nx"}}, "FromEmailAddress": None},
         "BadRequestException", "From"),
        ({"Content": {"Template": {"TemplateName": "t"}}}, "BadRequestException", "Template"),
    ],
)  # fmt: skip
def test_what_ses_refuses_goes_to_nobody(
    sender: Any, account: str, change: dict[str, Any], code: str, says: str
) -> None:
    with pytest.raises(ClientError) as refused:
        send(sender, **change)
    error = refused.value.response["Error"]
    assert error["Code"] == code
    assert says in error["Message"]
    assert received(account) == []


def test_the_from_header_must_be_verified_too(sender: Any, account: str) -> None:
    forged = raw().replace(SENDER.encode(), b"boss@initech.example", 1)
    with pytest.raises(sender.exceptions.MessageRejected, match=r"boss@initech\.example"):
        send(sender, Content={"Raw": {"Data": forged}})
    assert received(account) == []


def test_a_tag_of_256_characters_passes(sender: Any, account: str) -> None:
    send(sender, EmailTags=[{"Name": "k", "Value": "v" * 256}])
    (mail,) = cloud_ses.mails(account)
    assert mail["tags"] == {"k": "v" * 256}


def test_ses_s_own_two_tag_names_pass(sender: Any) -> None:
    assert send(sender, EmailTags=[{"Name": "ses:feedback-id-a", "Value": "announcements"}])


def test_a_configuration_set_that_does_not_send_pauses(sender: Any, account: str) -> None:
    sender.put_configuration_set_sending_options(ConfigurationSetName=SET, SendingEnabled=False)
    with pytest.raises(sender.exceptions.SendingPausedException):
        send(sender)
    assert received(account) == []


def test_bulk_sending_is_refused_by_name(sender: Any) -> None:
    with pytest.raises(sender.exceptions.BadRequestException, match="SendBulkEmail"):
        sender.send_bulk_email(
            DefaultContent={"Template": {"TemplateName": "t", "TemplateData": "{}"}},
            BulkEmailEntries=[{"Destination": {"ToAddresses": [ANN]}}],
        )
