"""SES in CloudFormation."""

import json
import time
from typing import Any

import pytest

from tests.integration.local.ses.given import REGION, topic

ENDED = ("COMPLETE", "FAILED")


def template(account: str, topics: list[str]) -> str:
    bus = f"arn:aws:events:{REGION}:{account}:event-bus/default"
    destination = {
        "Name": "changecast",
        "Enabled": True,
        "MatchingEventTypes": ["send", "renderingFailure", "deliveryDelay", "subscription"],
        "EventBridgeDestination": {"EventBusArn": bus},
    }
    return json.dumps(
        {
            "Resources": {
                "People": {
                    "Type": "AWS::SES::ContactList",
                    "Properties": {
                        "ContactListName": "changecast",
                        "Topics": [topic(name) for name in topics],
                    },
                },
                "Identity": {
                    "Type": "AWS::SES::EmailIdentity",
                    "Properties": {"EmailIdentity": "acme.example"},
                },
                "Set": {
                    "Type": "AWS::SES::ConfigurationSet",
                    "Properties": {
                        "Name": "changecast",
                        "SuppressionOptions": {"SuppressedReasons": ["BOUNCE"]},
                    },
                },
                "Destination": {
                    "Type": "AWS::SES::ConfigurationSetEventDestination",
                    "Properties": {
                        "ConfigurationSetName": {"Ref": "Set"},
                        "EventDestination": destination,
                    },
                },
            },
            "Outputs": {"People": {"Value": {"Ref": "People"}}},
        }
    )


@pytest.fixture
def cloudformation(client: Any) -> Any:
    return client("cloudformation")


def ended(cloudformation: Any) -> dict[str, Any]:
    for _ in range(200):
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName="mail")["Stacks"][0]
        if stack["StackStatus"].endswith(ENDED) and "CLEANUP" not in stack["StackStatus"]:
            return stack
        time.sleep(0.05)
    raise AssertionError(stack["StackStatus"])


def created(cloudformation: Any, account: str, topics: list[str]) -> dict[str, Any]:
    cloudformation.create_stack(StackName="mail", TemplateBody=template(account, topics))
    return ended(cloudformation)


def deleted(cloudformation: Any) -> None:
    cloudformation.delete_stack(StackName="mail")
    for _ in range(200):
        try:
            cloudformation.describe_stacks(StackName="mail")
        except cloudformation.exceptions.ClientError:
            return
        time.sleep(0.05)
    raise AssertionError("the stack is still there")


def reasons(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName="mail")["StackEvents"]
    return " ".join(event.get("ResourceStatusReason", "") for event in events)


def test_a_stack_makes_everything_that_sending_needs(
    cloudformation: Any, ses: Any, account: str
) -> None:
    stack = created(cloudformation, account, ["announcements", "calendar"])
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"] == "changecast"
    found = ses.get_contact_list(ContactListName="changecast")
    assert [each["TopicName"] for each in found["Topics"]] == ["announcements", "calendar"]
    assert ses.get_email_identity(EmailIdentity="acme.example")["VerifiedForSendingStatus"]
    suppression = ses.get_configuration_set(ConfigurationSetName="changecast")
    assert suppression["SuppressionOptions"]["SuppressedReasons"] == ["BOUNCE"]
    told = ses.get_configuration_set_event_destinations(ConfigurationSetName="changecast")
    (destination,) = told["EventDestinations"]
    assert destination["MatchingEventTypes"] == [
        "DELIVERY_DELAY", "RENDERING_FAILURE", "SEND", "SUBSCRIPTION",
    ]  # fmt: skip


def test_an_update_changes_topics_and_keeps_the_contacts(
    cloudformation: Any, ses: Any, account: str
) -> None:
    created(cloudformation, account, ["announcements"])
    ses.create_contact(ContactListName="changecast", EmailAddress="ann@acme.example")
    body = template(account, ["announcements", "approvals"])
    cloudformation.update_stack(StackName="mail", TemplateBody=body)
    assert ended(cloudformation)["StackStatus"] == "UPDATE_COMPLETE"
    found = ses.get_contact_list(ContactListName="changecast")
    assert [each["TopicName"] for each in found["Topics"]] == ["announcements", "approvals"]
    assert len(ses.list_contacts(ContactListName="changecast")["Contacts"]) == 1


def test_a_deleted_stack_leaves_nothing(cloudformation: Any, ses: Any, account: str) -> None:
    created(cloudformation, account, ["announcements"])
    deleted(cloudformation)
    assert ses.list_contact_lists()["ContactLists"] == []
    ses.create_contact_list(ContactListName="another")


def test_a_deleted_stack_leaves_a_list_that_is_not_its_own(
    cloudformation: Any, ses: Any, account: str
) -> None:
    created(cloudformation, account, ["announcements"])
    ses.delete_contact_list(ContactListName="changecast")
    ses.create_contact_list(ContactListName="mine")
    deleted(cloudformation)
    assert ses.list_contact_lists()["ContactLists"][0]["ContactListName"] == "mine"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda ses: ses.create_contact_list(ContactListName="changecast"), "already exists"),
        (lambda ses: ses.create_contact_list(ContactListName="other"), "contact lists"),
        (lambda ses: ses.create_email_identity(EmailIdentity="acme.example"), "already exists"),
        (
            lambda ses: ses.create_configuration_set(ConfigurationSetName="changecast"),
            "already exists",
        ),
    ],
)
def test_what_the_account_has_already_fails_the_stack(
    cloudformation: Any, ses: Any, account: str, make: Any, reason: str
) -> None:
    make(ses)
    stack = created(cloudformation, account, ["announcements"])
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert reason in reasons(cloudformation)


def test_what_was_there_before_a_failed_stack_is_still_there(
    cloudformation: Any, ses: Any, account: str
) -> None:
    ses.create_contact_list(ContactListName="changecast", Topics=[topic("mine")])
    created(cloudformation, account, ["announcements"])
    found = ses.get_contact_list(ContactListName="changecast")
    assert [each["TopicName"] for each in found["Topics"]] == ["mine"]


def test_too_many_topics_fail_the_stack(cloudformation: Any, account: str) -> None:
    stack = created(cloudformation, account, [f"t{number}" for number in range(21)])
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "20 topics" in reasons(cloudformation)


def test_a_domain_is_signed_for_from_the_start_until_somebody_turns_it_off(
    cloudformation: Any, ses: Any, account: str
) -> None:
    created(cloudformation, account, ["approvals"])
    dkim = ses.get_email_identity(EmailIdentity="acme.example")["DkimAttributes"]
    assert (dkim["SigningEnabled"], dkim["Status"], len(dkim["Tokens"])) == (True, "SUCCESS", 3)
    ses.put_email_identity_dkim_attributes(EmailIdentity="acme.example", SigningEnabled=False)
    off = ses.get_email_identity(EmailIdentity="acme.example")["DkimAttributes"]
    assert off == {**dkim, "SigningEnabled": False}
