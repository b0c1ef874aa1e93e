"""What SES's events mean for a recipient."""

from typing import Any

import pytest

from changecast.customer.channels.ses_events import outcome_of
from changecast.customer.ledger.states import RecipientEvent


def event(kind: str, **detail: Any) -> dict[str, Any]:
    tags = {"k": ["0" * 32], "r": ["0123456789abcdef-3"], "a": ["1"]}
    mail = {"messageId": "m-1", "tags": tags}
    return {"source": "aws.ses", "detail": {"eventType": kind, "mail": mail, **detail}}


def bounce(kind: str, sub_type: str) -> dict[str, Any]:
    return event("Bounce", bounce={"bounceType": kind, "bounceSubType": sub_type})


@pytest.mark.parametrize(
    ("heard", "event"),
    [
        (event("Send"), RecipientEvent.SEEN_SENT),
        (event("Delivery"), RecipientEvent.SEEN_DELIVERED),
        (event("Reject"), RecipientEvent.SEEN_REJECTED),
        (event("Rendering Failure"), RecipientEvent.SEEN_REJECTED),
        (event("Complaint", complaint={}), RecipientEvent.SEEN_COMPLAINED),
        (
            event("Complaint", complaint={"complaintSubType": "OnAccountSuppressionList"}),
            RecipientEvent.SEEN_SUPPRESSED,
        ),
        (bounce("Permanent", "General"), RecipientEvent.SEEN_BOUNCED),
        (bounce("Transient", "MailboxFull"), RecipientEvent.SEEN_SOFT_BOUNCED),
        (bounce("Permanent", "OnAccountSuppressionList"), RecipientEvent.SEEN_SUPPRESSED),
        (bounce("Permanent", "OnTenantSuppressionList"), RecipientEvent.SEEN_SUPPRESSED),
        (bounce("Permanent", "UnsubscribedRecipient"), RecipientEvent.SEEN_SUPPRESSED),
    ],
)
def test_each_event_says_one_thing_of_one_recipient(
    heard: dict[str, Any], event: RecipientEvent
) -> None:
    outcome = outcome_of(heard)
    assert outcome is not None
    assert (outcome.run, outcome.batch, outcome.key) == ("0123456789abcdef", 3, "0" * 32)
    assert outcome.event is event


@pytest.mark.parametrize(
    "heard",
    [
        event("Open"),
        event("DeliveryDelay"),
        {"detail": {"eventType": "Send", "mail": {"tags": {"k": ["x"], "r": ["no batch"]}}}},
        {"detail": {"eventType": "Send", "mail": {"tags": {}}}},
        {},
    ],
)
def test_what_is_not_ours_or_changes_nothing_says_nothing(heard: dict[str, Any]) -> None:
    assert outcome_of(heard) is None
