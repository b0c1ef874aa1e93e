"""What changed since the reader was last told: old and new value of every field that differs."""

from typing import Any

from changecast.change import (
    Attachment,
    Difference,
    Link,
    Meeting,
    Status,
    Tickets,
    Window,
    differences,
)
from changecast.compose.content import Changed
from changecast.compose.facts import meeting_lines, tickets_line, window_lines
from changecast.compose.occasion import Occasion
from changecast.compose.plain import plain
from changecast.plan import MailKind


def changed_rows(occasion: Occasion) -> tuple[Changed, ...]:
    """One row per field; none where the mail is not compared with an earlier one."""
    if occasion.previous is None:
        return ()
    # That a change has started or is completed is what such a mail says already.
    is_said = occasion.kind in {MailKind.STARTED, MailKind.COMPLETED}
    rows = (
        _row(row, occasion)
        for row in differences(occasion.previous, occasion.change)
        if not (is_said and row.field == "status")
    )
    return tuple(row for row in rows if row.old != row.new)


def _row(row: Difference, occasion: Occasion) -> Changed:
    label = occasion.words("label", row.field)
    return Changed(label, _said(row.old, row.field, occasion), _said(row.new, row.field, occasion))


def _said(value: Any, field: str, occasion: Occasion) -> str:
    """One side of a difference, in the words that the rest of the mail uses."""
    words = occasion.words
    match value:
        case Window():
            said = "\n".join(window_lines(value, occasion))
        case Meeting():
            said = "\n".join(meeting_lines(value, occasion))
        case Tickets():
            said = tickets_line(value)
        case Status():
            said = words("status", value.value)
        case tuple():
            said = "\n".join(_item(item, words("text", "colon")) for item in value)
        case dict():
            said = plain(value.get(occasion.brand.customer))
        case _:
            said = words("category", str(value or "")) if field == "category" else plain(value)
    return said.strip("\n") or words("label", "nothing")


def _item(item: Link | Attachment, colon: str) -> str:
    name = item.title if isinstance(item, Link) else item.name
    return colon.join(part for part in (name, item.url) if part)
