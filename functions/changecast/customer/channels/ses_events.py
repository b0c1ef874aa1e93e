"""What SES's own events say about a recipient. Pure.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from changecast.customer.ledger.states import RecipientEvent

# Subtypes of bounces and complaints about mails that SES accepted but never sent.
_SUPPRESSED = frozenset(
    {
        "Suppressed", "OnAccountSuppressionList", "OnTenantSuppressionList",
        "EmailValidationSuppressed", "UnsubscribedRecipient",
    }
)  # fmt: skip
_PLAIN = {
    "Send": RecipientEvent.SEEN_SENT,
    "Delivery": RecipientEvent.SEEN_DELIVERED,
    "Complaint": RecipientEvent.SEEN_COMPLAINED,
    "Reject": RecipientEvent.SEEN_REJECTED,
    "Rendering Failure": RecipientEvent.SEEN_REJECTED,
}
_BATCH = re.compile("[0-9]{1,9}")


@dataclass(frozen=True)
class MailOutcome:
    """What one event of SES says about one recipient."""

    run: str
    batch: int
    key: str
    event: RecipientEvent
    message_id: str
    code: str = ""


def outcome_of(event: dict[str, Any]) -> MailOutcome | None:
    """Return the outcome in an event of SES; None if it is not ours or changes nothing."""
    detail = _part(event, "detail")
    mail = _part(detail, "mail")
    tags = _part(mail, "tags")
    run, _, batch = _first(tags, "r").rpartition("-")
    key = _first(tags, "k")
    found = _recipient_event(detail)
    if found is None or not run or not key or not _BATCH.fullmatch(batch):
        return None
    return MailOutcome(run, int(batch), key, found, _word(mail, "messageId"), _code(detail))


def said_at(event: dict[str, Any]) -> float:
    """Return when SES put the event (epoch seconds); 0 if the event does not say."""
    try:
        return datetime.fromisoformat(_word(event, "time")).timestamp()
    except ValueError:
        return 0.0


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object inside another; empty if there is none."""
    found = whole.get(name)
    return found if isinstance(found, dict) else {}


def _word(part: dict[str, Any], name: str) -> str:
    found = part.get(name)
    return found if isinstance(found, str) else ""


def _first(tags: dict[str, Any], name: str) -> str:
    values = tags.get(name)
    return str(values[0]) if isinstance(values, list) and values else ""


def _code(detail: dict[str, Any]) -> str:
    """Return SES's own reason, such as Permanent/General, to show beside a recipient."""
    bounce, complaint = _part(detail, "bounce"), _part(detail, "complaint")
    words = [_word(bounce, "bounceType"), _word(bounce, "bounceSubType")]
    words.append(_word(complaint, "complaintFeedbackType"))
    return "/".join(word for word in words if word)[:128]


def _recipient_event(detail: dict[str, Any]) -> RecipientEvent | None:
    kind = _word(detail, "eventType")
    bounce, complaint = _part(detail, "bounce"), _part(detail, "complaint")
    if {_word(bounce, "bounceSubType"), _word(complaint, "complaintSubType")} & _SUPPRESSED:
        return RecipientEvent.SEEN_SUPPRESSED
    if kind != "Bounce":
        return _PLAIN.get(kind)
    # A transient bounce after the delivery is usually an automatic reply.
    soft = _word(bounce, "bounceType") == "Transient"
    return RecipientEvent.SEEN_SOFT_BOUNCED if soft else RecipientEvent.SEEN_BOUNCED
