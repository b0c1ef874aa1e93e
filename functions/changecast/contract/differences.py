"""How two revisions of a change differ for the people who read its mails. Pure.

A field counts if a mail of the new revision shows it and readers could see the difference. Blanks,
line ends, Unicode forms and a final full stop make no difference.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import JsonValue

from changecast.contract.change import Change, Meeting, Status, action_for

_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200d\u2060\ufe0f\ufeff]")


class Difference(NamedTuple):
    """One field that reads differently in two revisions."""

    field: str
    old: Any
    new: Any


Shown = Callable[[Change], Any]


def differences(old: Change, new: Change) -> list[Difference]:
    """Return the fields in which `new` reads differently from `old`, in reading order."""
    return [
        Difference(name, _given(name, old), _given(name, new))
        for name, shown in _SHOWN.items()
        if new.status in _ONLY_AT.get(name, {new.status}) and shown(old) != shown(new)
    ]


def is_material(old: Change, new: Change) -> bool:
    """Return whether `new` reads differently from `old`, so that people must be told."""
    return bool(differences(old, new))


def material_fingerprint(change: Change) -> str:
    """Return 32 hex digits that stay the same while readers would call the change the same.

    Status and result of the change do not count, so that an approval stays valid.
    """
    fixed = _SHOWN.keys() - {"status"} - _ONLY_AT.keys()
    seen = {name: _SHOWN[name](change) for name in sorted(fixed)}
    return hashlib.sha256(json.dumps(seen, default=str, sort_keys=True).encode()).hexdigest()[:32]


def folded(text: str) -> str:
    """Return a text without what readers cannot see or would not call a change."""
    composed = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return " ".join(composed.split()).rstrip(". ")


def _window(change: Change) -> Any:
    window = change.window
    return window and (_to_the_minute(window.start), _to_the_minute(window.end))


def _to_the_minute(moment: datetime | None) -> datetime | None:
    """Return a time without its seconds, which mails do not show."""
    return moment and moment.replace(second=0, microsecond=0)


def _given(name: str, change: Change) -> Any:
    return _asked(change) if name == "action" else getattr(change, name)


def _asked(change: Change) -> str:
    """Return what readers must do; the view of one customer has at most its own section."""
    codes = change.customer_details or {"": None}
    return "\n".join(dict.fromkeys(action_for(change, code) for code in codes))


def _meeting(meeting: Meeting) -> Any:
    place = {folded(meeting.location), meeting.join_url or ""} - {""}
    title, start = folded(meeting.title), _to_the_minute(meeting.start)
    return title, start, meeting.duration_minutes, place


def _anchors(pairs: Any) -> tuple[tuple[str, str | None], ...]:
    return tuple((folded(title) or url or "", url) for title, url in pairs)


def _details(change: Change) -> JsonValue:
    """Return the sections without their `action`, which is compared separately."""
    sections = (change.customer_details or {}).items()
    return _without_empty({code: _without_action(section) for code, section in sections})


def _without_action(section: JsonValue) -> JsonValue:
    if not isinstance(section, dict):
        return section
    return {key: value for key, value in section.items() if key != "action"}


def _without_empty(value: JsonValue) -> JsonValue:
    """Return a customer's section without anything that is null, blank or empty."""
    match value:
        case str():
            return folded(value)
        case dict():
            kept = {key: _without_empty(inner) for key, inner in value.items()}
            return {key: inner for key, inner in kept.items() if _says_something(inner)} or None
        case list():
            items = [_without_empty(inner) for inner in value]
            return [inner for inner in items if _says_something(inner)] or None
    return value


def _says_something(value: JsonValue) -> bool:
    return value not in (None, "")


def _text(name: str) -> Shown:
    return lambda change: folded(getattr(change, name) or "")


def _value(name: str) -> Shown:
    return lambda change: getattr(change, name)


def _moment(name: str) -> Shown:
    return lambda change: _to_the_minute(getattr(change, name))


# What readers see of each field, in reading order.
_SHOWN: dict[str, Shown] = {
    "status": _value("status"),
    "window": _window,
    "impact_level": _value("impact_level"),
    "customer_impact": _text("customer_impact"),
    "action": lambda change: folded(_asked(change)),
    "services": lambda change: tuple(folded(name) for name in change.services),
    "title": _text("title"),
    "cancellation_reason": _text("cancellation_reason"),
    "outcome": _text("outcome"),
    "follow_up": _text("follow_up"),
    "actual_start": _moment("actual_start"),
    "actual_end": _moment("actual_end"),
    "reason": _text("reason"),
    "summary": _text("summary"),
    "content": _text("content"),
    "implementation_plan": _text("implementation_plan"),
    "test_plan": _text("test_plan"),
    "rollback_plan": _text("rollback_plan"),
    "tickets": lambda change: (folded(change.tickets.servicenow), folded(change.tickets.jira)),
    "meeting": lambda change: change.meeting and _meeting(change.meeting),
    "links": lambda change: _anchors((link.title, link.url) for link in change.links),
    "attachments": lambda change: _anchors((item.name, item.url) for item in change.attachments),
    "approval_url": _value("approval_url"),
    "survey_url": _value("survey_url"),
    "category": _text("category"),
    "customer_details": _details,
}
# Fields that only mails of some statuses show.
_ONLY_AT = {
    "approval_url": {Status.SUBMITTED},
    "cancellation_reason": {Status.CANCELLED},
    "outcome": {Status.COMPLETED},
    "follow_up": {Status.COMPLETED},
    "actual_start": {Status.COMPLETED},
    "actual_end": {Status.COMPLETED},
    "survey_url": {Status.COMPLETED},
}
