"""What SES's events mean for a recipient."""

from typing import Any

import pytest

from changecast.outcomes import outcome_of
from changecast.states import Happening


def event(kind: str, **detail: Any) -> dict[str, Any]:
    tags = {"k": ["0" * 32], "r": ["0123456789abcdef-3"], "a": ["1"]}
    mail = {"messageId": "m-1", "tags": tags}
    return {"source": "aws.ses", "detail": {"eventType": kind, "mail": mail, **detail}}


def bounce(kind: str, sub_type: str) -> dict[str, Any]:
    return event("Bounce", bounce={"bounceType": kind, "bounceSubType": sub_type})


@pytest.mark.parametrize(
    ("heard", "happening"),
    [
        (event("Send"), Happening.SEEN_SENT),
        (event("Delivery"), Happening.SEEN_DELIVERED),
        (event("Reject"), Happening.SEEN_REJECTED),
        (event("Rendering Failure"), Happening.SEEN_REJECTED),
        (event("Complaint", complaint={}), Happening.SEEN_COMPLAINED),
        (
            event("Complaint", complaint={"complaintSubType": "OnAccountSuppressionList"}),
            Happening.SEEN_SUPPRESSED,
        ),
        (bounce("Permanent", "General"), Happening.SEEN_BOUNCED),
        (bounce("Transient", "MailboxFull"), Happening.SEEN_SOFT_BOUNCED),
        (bounce("Permanent", "OnAccountSuppressionList"), Happening.SEEN_SUPPRESSED),
        (bounce("Permanent", "OnTenantSuppressionList"), Happening.SEEN_SUPPRESSED),
        (bounce("Permanent", "UnsubscribedRecipient"), Happening.SEEN_SUPPRESSED),
    ],
)
def test_each_event_says_one_thing_of_one_recipient(
    heard: dict[str, Any], happening: Happening
) -> None:
    outcome = outcome_of(heard)
    assert outcome is not None
    assert (outcome.run, outcome.batch, outcome.key) == ("0123456789abcdef", 3, "0" * 32)
    assert outcome.happening is happening


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
