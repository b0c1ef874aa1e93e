"""What SES's own events say about a recipient. Pure.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from changecast.states import Happening

# Accepted by SES and never sent: by a bounce's sub type, or a complaint's.
_SUPPRESSED = frozenset(
    {
        "Suppressed", "OnAccountSuppressionList", "OnTenantSuppressionList",
        "EmailValidationSuppressed", "UnsubscribedRecipient",
    }
)  # fmt: skip
_PLAIN = {
    "Send": Happening.SEEN_SENT,
    "Delivery": Happening.SEEN_DELIVERED,
    "Complaint": Happening.SEEN_COMPLAINED,
    "Reject": Happening.SEEN_REJECTED,
    "Rendering Failure": Happening.SEEN_REJECTED,
}
_BATCH = re.compile("[0-9]{1,9}")


@dataclass(frozen=True)
class Outcome:
    """What was heard of one recipient."""

    run: str
    batch: int
    key: str
    happening: Happening
    message_id: str
    code: str = ""


def outcome_of(event: dict[str, Any]) -> Outcome | None:
    """The outcome in an EventBridge event of SES; None for what is not ours or changes nothing."""
    detail = _part(event, "detail")
    mail = _part(detail, "mail")
    tags = _part(mail, "tags")
    run, _, batch = _first(tags, "r").rpartition("-")
    key = _first(tags, "k")
    happening = _happening(detail)
    if happening is None or not run or not key or not _BATCH.fullmatch(batch):
        return None
    return Outcome(run, int(batch), key, happening, _word(mail, "messageId"), _code(detail))


def said_at(event: dict[str, Any]) -> float:
    """When (epoch seconds) SES put out an event; 0 where it does not say."""
    try:
        return datetime.fromisoformat(_word(event, "time")).timestamp()
    except ValueError:
        return 0.0


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    """An object inside another; empty where something else stands, or nothing."""
    found = whole.get(name)
    return found if isinstance(found, dict) else {}


def _word(part: dict[str, Any], name: str) -> str:
    found = part.get(name)
    return found if isinstance(found, str) else ""


def _first(tags: dict[str, Any], name: str) -> str:
    values = tags.get(name)
    return str(values[0]) if isinstance(values, list) and values else ""


def _code(detail: dict[str, Any]) -> str:
    """What SES says the matter is, for whoever looks at one recipient: Permanent/General."""
    bounce, complaint = _part(detail, "bounce"), _part(detail, "complaint")
    words = [_word(bounce, "bounceType"), _word(bounce, "bounceSubType")]
    words.append(_word(complaint, "complaintFeedbackType"))
    return "/".join(word for word in words if word)[:128]


def _happening(detail: dict[str, Any]) -> Happening | None:
    kind = _word(detail, "eventType")
    bounce, complaint = _part(detail, "bounce"), _part(detail, "complaint")
    if {_word(bounce, "bounceSubType"), _word(complaint, "complaintSubType")} & _SUPPRESSED:
        return Happening.SEEN_SUPPRESSED
    if kind != "Bounce":
        return _PLAIN.get(kind)
    # A transient bounce after the delivery is mostly an automatic answer.
    soft = _word(bounce, "bounceType") == "Transient"
    return Happening.SEEN_SOFT_BOUNCED if soft else Happening.SEEN_BOUNCED
