"""The events that SES puts on the account's default bus, in SES's own shape.

https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import getaddresses
from typing import Any
from uuid import uuid4

from changecast_local.ses.submission import Submission

SOURCE = "aws.ses"


@dataclass(frozen=True)
class _Names:
    """One kind of event, by the names that it has in different places."""

    detail_type: str
    matching: str
    member: str


# By `eventType` of the event's detail.
NAMES = {
    "Send": _Names("Email Sent", "SEND", "send"),
    "Delivery": _Names("Email Delivered", "DELIVERY", "delivery"),
    "Bounce": _Names("Email Bounced", "BOUNCE", "bounce"),
    "Complaint": _Names("Email Complaint Received", "COMPLAINT", "complaint"),
    "Reject": _Names("Email Rejected", "REJECT", "reject"),
    "Rendering Failure": _Names("Email Rendering Failed", "RENDERING_FAILURE", "failure"),
    "DeliveryDelay": _Names("Email Delivery Delayed", "DELIVERY_DELAY", "deliveryDelay"),
    "Subscription": _Names("Email Subscribed", "SUBSCRIPTION", "subscription"),
}
_WITH_FEEDBACK_ID = ("Bounce", "Complaint")
_WITHOUT_TIME = ("Send", "Reject")


@dataclass(frozen=True)
class Event:
    """An event for an account's default bus; `address` is the mail's recipient."""

    account: str
    region: str
    detail_type: str
    detail: dict[str, Any]
    resources: list[str]
    address: str


def events_about(
    submission: Submission, kind: str, about: dict[str, Any], matching: list[list[str]], at: float
) -> Iterator[Event]:
    """One event for every destination whose event types (`matching`) include this kind."""
    account, names = submission.account, NAMES[kind]
    name = submission.configuration_set or ""
    detail = {"eventType": kind, "mail": _mail(submission), names.member: _object(kind, about, at)}
    for types in matching:
        if names.matching in types:
            yield Event(
                account.account,
                account.region,
                names.detail_type,
                detail,
                [account.arn("configuration-set", name)],
                submission.recipients[0],
            )


def _object(kind: str, about: dict[str, Any], at: float) -> dict[str, Any]:
    said = dict(about)
    if kind not in _WITHOUT_TIME:
        said["timestamp"] = timestamp(at)
    if kind in _WITH_FEEDBACK_ID:
        said["feedbackId"] = f"{uuid4()}-000000"
    return said


def _mail(submission: Submission) -> dict[str, Any]:
    message = submission.message
    return {
        "timestamp": timestamp(submission.at),
        "source": submission.source,
        "sourceArn": submission.account.arn("identity", submission.identity),
        "sendingAccountId": submission.account.account,
        "messageId": submission.message_id,
        "destination": submission.recipients,
        "headersTruncated": False,
        "headers": [{"name": name, "value": str(value)} for name, value in message.items()],
        "commonHeaders": {
            "from": _mailboxes(submission, "From"),
            "to": _mailboxes(submission, "To"),
            "messageId": submission.message_id,
            "subject": str(message["Subject"] or ""),
        },
        "tags": _tags(submission),
    }


def _mailboxes(submission: Submission, header: str) -> list[str]:
    listed = getaddresses([str(value) for value in submission.message.get_all(header, [])])
    return [f"{name} <{address}>" if name else address for name, address in listed]


def _tags(submission: Submission) -> dict[str, list[str]]:
    own = {name: [value] for name, value in submission.tags.items()}
    return {
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": [submission.configuration_set or ""],
        "ses:source-ip": [submission.source_ip],
        "ses:from-domain": [submission.sender_domain],
        "ses:caller-identity": [submission.caller],
        **own,
    }


def timestamp(at: float) -> str:
    """Return a time as SES writes it: ISO 8601 in UTC with milliseconds."""
    written = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")
