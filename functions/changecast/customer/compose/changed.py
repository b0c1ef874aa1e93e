"""What changed since the reader was last told: old and new values of all differing fields."""

from datetime import datetime
from typing import Any

from changecast.contract.change import Attachment, Link, Meeting, Tickets, Window
from changecast.contract.differences import Difference, differences
from changecast.customer.compose import times
from changecast.customer.compose.content import ChangedField
from changecast.customer.compose.facts import meeting_at, tickets_line
from changecast.customer.compose.json_lines import plain
from changecast.customer.compose.occasion import Occasion
from changecast.customer.mailing import MailKind

# Fields whose values have their own words, in a table with the field's name.
_NAMED = {"status", "impact_level", "category"}
# Fields that people compare as a whole, because half a date makes no sense.
_WHOLE = (Window, Meeting, datetime)
# "(none)" beside these would read as no impact.
_IMPACT = {"impact_level", "customer_impact"}
# Fields that a mail about a start or an end words differently.
_OWN_WORDS = frozenset({"status", "outcome", "follow_up", "actual_start", "actual_end"})


def changed_rows(occasion: Occasion) -> tuple[ChangedField, ...]:
    """Return one row per field; none if the mail is not compared with an earlier one."""
    if occasion.previous is None:
        return ()
    has_own_words = occasion.kind in {MailKind.STARTED, MailKind.COMPLETED}
    rows = (
        _row(row, occasion)
        for row in differences(occasion.previous, occasion.change)
        if not (has_own_words and row.field in _OWN_WORDS)
    )
    return tuple(row for row in rows if row.old != row.new)


def _row(row: Difference, occasion: Occasion) -> ChangedField:
    label = occasion.words("label", row.field)
    old, new = (_shown(value, row.field, occasion) for value in (row.old, row.new))
    return ChangedField(label, old, new, by_line=isinstance(row.new or row.old, _WHOLE))


def _shown(value: Any, field: str, occasion: Occasion) -> str:
    """Return one side of a difference, in the words of the rest of the mail."""
    text = _text(value, field, occasion)
    nothing = "impact_unstated" if field in _IMPACT else "nothing"
    return text.strip("\n") or occasion.words("label", nothing)


def _text(value: Any, field: str, occasion: Occasion) -> str:
    words = occasion.words
    reader = (occasion.brand.timezone, words, occasion.now)
    match value:
        case Window():
            text = times.brief(value, *reader)
        case Meeting():
            start = times.brief_moment(value.start, *reader)
            text = "\n".join(meeting_at((start,), value, words))
        case Tickets():
            text = tickets_line(value)
        case datetime():
            text = times.brief_moment(value, *reader)
        case tuple():
            text = "\n".join(_item(item, words("text", "colon")) for item in value)
        case dict():
            text = plain(value.get(occasion.brand.customer), words)
        case _:
            text = plain(value, words)
    return words(field, text, text) if field in _NAMED else text


def _item(item: Link | Attachment | str, colon: str) -> str:
    if isinstance(item, str):
        return item
    name = item.title if isinstance(item, Link) else item.name
    return colon.join(part for part in (name, item.url) if part)
