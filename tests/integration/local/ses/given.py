"""The start of SES's tests: an account that can send, its people, its mail."""

import json
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from changecast_local import ses as cloud_ses

LIST = "changecast"
SET = "changecast"
SENDER = "changes@acme.example"
ANN = "ann@acme.example"
MARK = "{{amazonSESUnsubscribeUrl}}"
REGION = "eu-central-1"
EVERY_KIND = [
    "SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "DELIVERY_DELAY", "SUBSCRIPTION",
]  # fmt: skip


def topic(name: str, default: str = "OPT_IN") -> dict[str, str]:
    return {"TopicName": name, "DisplayName": name.title(), "DefaultSubscriptionStatus": default}


def an_account_that_sends(ses: Any) -> None:
    ses.create_email_identity(EmailIdentity="acme.example")
    ses.create_configuration_set(ConfigurationSetName=SET)
    ses.create_contact_list(
        ContactListName=LIST, Topics=[topic("announcements"), topic("calendar", "OPT_OUT")]
    )


def raw(to: str = ANN, text: str = f"Bye: {MARK}\n", **headers: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Acme changes <{SENDER}>"
    message["To"] = to
    message["Subject"] = "Router replaced"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text, cte="quoted-printable")
    return message.as_bytes()


def send(ses: Any, to: str = ANN, **changes: Any) -> str:
    """Send one managed mail; a change of None leaves that argument out."""
    request = {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": [to]},
        "Content": {"Raw": {"Data": raw(to)}},
        "ConfigurationSetName": SET,
        "EmailTags": [{"Name": "k", "Value": "ann"}],
        "ListManagementOptions": {"ContactListName": LIST, "TopicName": "announcements"},
        **changes,
    }
    answer = ses.send_email(**{name: value for name, value in request.items() if value is not None})
    return str(answer["MessageId"])


def hear_events(ses: Any, sqs: Any, events: Any, account: str) -> str:
    """Send SES's events to a queue by the default bus; returns the queue's URL."""
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=SET,
        EventDestinationName="everything",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": EVERY_KIND,
            "EventBridgeDestination": {
                "EventBusArn": f"arn:aws:events:{REGION}:{account}:event-bus/default"
            },
        },
    )
    url = str(sqs.create_queue(QueueName="heard")["QueueUrl"])
    arn = f"arn:aws:sqs:{REGION}:{account}:heard"
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_rule(Name="everything", EventPattern=json.dumps({"source": ["aws.ses"]}))
    events.put_targets(Rule="everything", Targets=[{"Id": "heard", "Arn": arn}])
    return url


def heard(sqs: Any, url: str) -> list[dict[str, Any]]:
    """Every event that was put until now, oldest first."""
    assert cloud_ses.settle(10)
    told: list[dict[str, Any]] = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            told.append(json.loads(message["Body"]))
    return told
