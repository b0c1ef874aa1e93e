"""The events about a mail on the account's default bus."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from changecast.customer.channels.ses_events import outcome_of
from changecast.customer.ledger.states import RecipientEvent
from changecast_local.ses.fates import EICAR
from tests.integration.local.ses.given import ANN, LIST, SENDER, SET, raw, send

Heard = Callable[[], list[dict[str, Any]]]
SIMULATOR = "simulator.amazonses.com"


def kinds(heard: Heard) -> list[str]:
    return [event["detail"]["eventType"] for event in heard()]


def test_a_delivered_mail_is_told_as_sent_and_delivered(
    sender: Any, heard: Heard, account: str
) -> None:
    message_id = send(sender)
    sent, delivered = heard()
    assert [sent["detail-type"], delivered["detail-type"]] == ["Email Sent", "Email Delivered"]
    for event in (sent, delivered):
        assert (event["source"], event["account"]) == ("aws.ses", account)
        assert event["resources"] == [f"arn:aws:ses:eu-central-1:{account}:configuration-set/{SET}"]
        assert event["detail"]["mail"]["messageId"] == message_id
    assert sent["detail"]["send"] == {}
    assert delivered["detail"]["delivery"]["recipients"] == [ANN]


def test_the_mail_in_an_event_is_described_as_ses_does(
    sender: Any, heard: Heard, account: str
) -> None:
    message_id = send(sender)
    mail = heard()[0]["detail"]["mail"]
    assert mail["source"] == SENDER
    assert mail["sourceArn"] == f"arn:aws:ses:eu-central-1:{account}:identity/acme.example"
    assert (mail["sendingAccountId"], mail["destination"]) == (account, [ANN])
    assert {"name": "Subject", "value": "Router replaced"} in mail["headers"]
    assert mail["commonHeaders"] == {
        "from": [f"Acme changes <{SENDER}>"],
        "to": [ANN],
        "messageId": message_id,
        "subject": "Router replaced",
    }
    assert mail["tags"]["k"] == ["ann"]
    assert mail["tags"]["ses:configuration-set"] == [SET]
    assert mail["tags"]["ses:from-domain"] == ["acme.example"]
    assert mail["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    ("local", "told"),
    [
        ("success", ["Send", "Delivery"]),
        ("bounce", ["Send", "Bounce"]),
        ("bounce+label", ["Send", "Bounce"]),
        ("ooto", ["Send", "Delivery", "Bounce"]),
        ("complaint", ["Send", "Delivery", "Complaint"]),
        ("suppressionlist", ["Send", "Bounce"]),
    ],
)
def test_the_mailbox_simulator_does_what_its_addresses_say(
    sender: Any, heard: Heard, local: str, told: list[str]
) -> None:
    send(sender, f"{local}@{SIMULATOR}")
    assert kinds(heard) == told


@pytest.mark.parametrize(
    ("local", "kind", "sub_type"),
    [
        ("bounce", "Permanent", "General"),
        ("ooto", "Transient", "General"),
        ("suppressionlist", "Permanent", "Suppressed"),
    ],
)
def test_a_bounce_says_of_what_kind_it_is(
    sender: Any, heard: Heard, local: str, kind: str, sub_type: str
) -> None:
    send(sender, f"{local}@{SIMULATOR}")
    last = heard()[-1]
    bounce = last["detail"]["bounce"]
    assert last["detail-type"] == "Email Bounced"
    assert (bounce["bounceType"], bounce["bounceSubType"]) == (kind, sub_type)
    assert bounce["bouncedRecipients"][0]["emailAddress"] == f"{local}@{SIMULATOR}"
    assert bounce["timestamp"]
    assert bounce["feedbackId"]


def test_a_mail_to_somebody_who_left_the_topic_ends_as_a_bounce(sender: Any, heard: Heard) -> None:
    chose = [{"TopicName": "announcements", "SubscriptionStatus": "OPT_OUT"}]
    sender.create_contact(ContactListName=LIST, EmailAddress=ANN, TopicPreferences=chose)
    send(sender)
    _, bounced = heard()
    assert bounced["detail"]["bounce"]["bounceSubType"] == "UnsubscribedRecipient"


def test_a_virus_is_told_as_rejected(sender: Any, heard: Heard) -> None:
    send(sender, Content={"Raw": {"Data": raw(text=EICAR.decode())}})
    (rejected,) = heard()
    assert rejected["detail-type"] == "Email Rejected"
    assert rejected["detail"]["reject"] == {"reason": "Bad content"}


def test_a_destination_hears_only_the_kinds_that_it_asked_for(sender: Any, heard: Heard) -> None:
    destination = {"Enabled": True, "MatchingEventTypes": ["BOUNCE"]}
    bus = sender.get_configuration_set_event_destinations(ConfigurationSetName=SET)
    kept = bus["EventDestinations"][0]["EventBridgeDestination"]
    sender.update_configuration_set_event_destination(
        ConfigurationSetName=SET,
        EventDestinationName="everything",
        EventDestination={**destination, "EventBridgeDestination": kept},
    )
    send(sender)
    send(sender, f"bounce@{SIMULATOR}")
    assert kinds(heard) == ["Bounce"]


def test_without_a_configuration_set_nobody_hears_anything(sender: Any, heard: Heard) -> None:
    send(sender, ConfigurationSetName=None)
    assert heard() == []


@pytest.mark.parametrize(
    ("to", "event"),
    [
        (f"success@{SIMULATOR}", RecipientEvent.SEEN_DELIVERED),
        (f"bounce@{SIMULATOR}", RecipientEvent.SEEN_BOUNCED),
        (f"ooto@{SIMULATOR}", RecipientEvent.SEEN_SOFT_BOUNCED),
        (f"complaint@{SIMULATOR}", RecipientEvent.SEEN_COMPLAINED),
        (f"suppressionlist@{SIMULATOR}", RecipientEvent.SEEN_SUPPRESSED),
    ],
)
def test_the_product_reads_every_outcome(
    sender: Any, heard: Heard, to: str, event: RecipientEvent
) -> None:
    tags = [{"Name": "r", "Value": "run-7"}, {"Name": "k", "Value": "ann"}]
    message_id = send(sender, to, EmailTags=tags)
    first, *_, last = [outcome_of(event) for event in heard()]
    assert first is not None
    assert last is not None
    assert (first.event, last.event) == (RecipientEvent.SEEN_SENT, event)
    assert (last.run, last.batch, last.key, last.message_id) == ("run", 7, "ann", message_id)


def test_the_documented_example_has_the_members_that_we_send(sender: Any, heard: Heard) -> None:
    """The bounce record of AWS's documentation, reduced to its member names."""
    send(sender, f"bounce@{SIMULATOR}")
    detail = heard()[-1]["detail"]
    documented = json.loads((Path(__file__).parent / "bounce-record.json").read_text())
    for name, members in documented.items():
        assert set(members) <= set(detail[name]), name
