"""The first sentences: what happens, when, and what the reader must do."""

from datetime import datetime, timedelta

from changecast.contract.change import ImpactLevel
from changecast.customer.compose import times
from changecast.customer.compose.facts import impact_phrase
from changecast.customer.compose.occasion import Occasion
from changecast.customer.compose.text.cuts import shortened
from changecast.customer.compose.text.markdown import blocks
from changecast.customer.compose.text.opening import ended, one_line
from changecast.customer.compose.text.opening import opening as text_opening
from changecast.customer.compose.words import Words
from changecast.customer.mailing import MailKind
from changecast.customer.renderings.splice import is_plain

_NOTICES = {
    MailKind.APPROVAL_REQUEST: "notice_approval",
    MailKind.ANNOUNCEMENT: "notice",
    MailKind.CANCELLED: "notice_cancelled",
    MailKind.WITHDRAWN: "notice_withdrawn",
    MailKind.REMINDER: "notice_reminder",
}
# How much of an impact or an action the first sentences quote; the rest follows below.
QUOTED = 160


def opening(occasion: Occasion) -> str:
    """Return the first sentences: what happens, when, and how it affects the reader."""
    return _joined(occasion, _event(occasion), _todo(occasion))


def asked(occasion: Occasion) -> str:
    """Return what the reader is asked to do, as a sentence of its own; empty if nothing."""
    if occasion.kind is MailKind.APPROVAL_REQUEST:
        return _answer_by(occasion)
    if not occasion.action:
        return ""
    action = occasion.action.strip()
    said = action if is_said_whole(occasion) else text_opening(action, QUOTED)
    return occasion.words("todo", "action").format(asked=said)


def is_said_whole(occasion: Occasion) -> bool:
    """Return whether the lead quotes the action in full, so that no section repeats it."""
    if occasion.kind is MailKind.APPROVAL_REQUEST:
        return False
    action = occasion.action.strip()
    is_sentence = "\n" not in action and blocks(action).startswith("<p ")
    return is_sentence and len(one_line(action)) <= QUOTED


def lead(occasion: Occasion) -> str:
    """Return the first sentences of the mail, with what the reader is asked to do."""
    return _joined(occasion, opening(occasion), asked(occasion))


def preheader(occasion: Occasion) -> str:
    """Return the preheader, which mail lists show beside the subject: urgency, then the event."""
    urgent = (one_line(asked(occasion)), _impact(occasion))
    if occasion.kind is MailKind.APPROVAL_REQUEST:
        return _joined(occasion, opening(occasion), *urgent)
    rest = "" if any(urgent) else _todo(occasion)
    return _joined(occasion, *urgent, _event(occasion), rest)


def _event(occasion: Occasion) -> str:
    """Return what happens and when."""
    words, values = occasion.words, _values(occasion)
    sentences = [words("lead", _lead_key(occasion))]
    if "meeting" in values and "when" not in values:
        sentences.append(words("lead", "meeting"))
    return _joined(occasion, *sentences).format(**values)


def _impact(occasion: Occasion) -> str:
    """Return the stated impact; empty if it is none, unknown or over."""
    is_none = occasion.sure_level is ImpactLevel.NONE or not occasion.is_impact_stated
    if occasion.is_notice or occasion.is_over or is_none:
        return ""
    return _labelled(occasion, "impact", text_opening(impact_phrase(occasion), QUOTED))


def _labelled(occasion: Occasion, label: str, said: str) -> str:
    words = occasion.words
    sentence = f"{words('label', label)}{words('text', 'colon')}{said}"
    return ended(sentence, words("text", "stop"))


def _joined(occasion: Occasion, *sentences: str) -> str:
    return occasion.words("text", "space").join(filter(None, sentences))


def _values(occasion: Occasion) -> dict[str, str]:
    """Return the values for a sentence; instants are in the customer's zone."""
    words, change = occasion.words, occasion.change
    found = {
        "customer": occasion.brand.customer_name,
        "contact": occasion.brand.support_contact,
        "changed": words("label", "changed"),
        "for_you": words("label", "for_you"),
    }
    if window := change.window:
        found["when"] = times.brief(window, *_reader(occasion))
        found["end"] = times.brief_moment(window.end, *_reader(occasion))
    if left := _left(occasion):
        found["left"] = times.duration(left, words)
    if change.meeting and not occasion.is_over:
        found["meeting"] = times.brief_moment(change.meeting.start, *_reader(occasion))
    if change.actual_start:
        found["began"] = times.brief_moment(change.actual_start, *_reader(occasion))
    return found | _was(occasion)


def _left(occasion: Occasion) -> timedelta | None:
    """Return how long it is until the start; None if it has begun."""
    window = occasion.change.window
    left = times.rounded(window.start - occasion.now) if window else timedelta(0)
    return left if left > timedelta(0) else None


def _reader(occasion: Occasion) -> tuple[str, Words, datetime]:
    """Return what the wording of an instant depends on: zone, language, and the current time."""
    return occasion.brand.timezone, occasion.words, occasion.now


def _was(occasion: Occasion) -> dict[str, str]:
    """Return the start before the change moved, or the whole window if only the end moved."""
    before, now = occasion.previous and occasion.previous.window, occasion.change.window
    if not before or not now:
        return {}
    if before.start == now.start:
        return {"was": times.brief_range(before, *_reader(occasion))}
    return {"was": times.brief_start(before.start, *_reader(occasion))}


def _lead_key(occasion: Occasion) -> str:
    kind = occasion.said_kind
    if occasion.is_notice or occasion.change.window is None:
        return _NOTICES.get(kind, "notice_update")
    special = {
        MailKind.APPROVAL_REQUEST: "approval_changed" if occasion.previous else "",
        MailKind.ANNOUNCEMENT: "current" if occasion.kind is MailKind.UPDATE else "",
        MailKind.UPDATE: _update_key(occasion),
        MailKind.STARTED: "started_at" if occasion.change.actual_start else "",
        MailKind.REMINDER: "reminder_in" if _left(occasion) else "",
    }
    return special.get(kind) or kind.value


def _update_key(occasion: Occasion) -> str:
    if occasion.is_moved:
        return "update_time"
    return "update_title" if occasion.is_title_only else ""


def _todo(occasion: Occasion) -> str:
    """Return how the change affects readers; promise nothing that the document does not say."""
    key = _todo_key(occasion)
    said = occasion.words("todo", key).format(**_values(occasion)) if key else ""
    return _joined(occasion, _known(occasion), said)


def _answer_by(occasion: Occasion) -> str:
    """Return the deadline for an approval, which is the start while that is in the future."""
    window = occasion.change.window
    if window is None or window.start <= occasion.now:
        return ""
    start = times.brief_moment(window.start, *_reader(occasion))
    return occasion.words("todo", "answer_by").format(start=start)


def _known(occasion: Occasion) -> str:
    """Return the stated impact, or at least the affected services."""
    if occasion.kind is MailKind.APPROVAL_REQUEST or occasion.is_notice or occasion.is_over:
        return ""
    services = occasion.words("text", "comma").join(occasion.change.services)
    if services and not occasion.is_impact_stated:
        return _labelled(occasion, "services", shortened(services, QUOTED))
    return _impact(occasion)


def _todo_key(occasion: Occasion) -> str:
    if occasion.ends:
        return "" if occasion.is_notice else "ended"
    if occasion.is_over:
        return "" if occasion.is_notice or occasion.change.follow_up else "done"
    if occasion.kind is MailKind.APPROVAL_REQUEST:
        return _approval_key(occasion)
    return "" if occasion.is_notice or occasion.action else _impact_key(occasion)


def _approval_key(occasion: Occasion) -> str:
    """Return the key of the sentence that says whom to tell if there is no button."""
    contact = occasion.brand.support_contact
    has_button = occasion.change.approval_url or is_plain(contact) or occasion.brand.responses
    return "" if has_button or not contact else "approve_by"


def _impact_key(occasion: Occasion) -> str:
    has_details = bool((occasion.change.customer_details or {}).get(occasion.brand.customer))
    if not occasion.is_impact_stated:
        return "unstated_ask" if occasion.brand.support_contact else "unstated"
    if occasion.sure_level is not ImpactLevel.NONE:
        return ""
    return "none_with_details" if has_details else "none"
