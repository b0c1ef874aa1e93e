"""The subject line: kind, title, start, id; short enough for a phone's list of mails.

Its words are the table `[subject]` of languages/*.toml.
"""

import re

from changecast.contract.differences import folded
from changecast.customer.compose import times
from changecast.customer.compose.occasion import Occasion, kind_key
from changecast.customer.compose.text.cuts import graphemes, shortened
from changecast.customer.compose.text.wrapping import columns

# Columns before the id, and columns that a title always keeps.
LIMIT = 45
LEAST_TITLE = 18
SLACK = 6
# Columns of a title that has changed since the reader's last mail: the correction may be at its
# end.
NEW_TITLE = 120
# Marks that change the direction of text; isolated, they affect only the title (UAX #9).
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def subject(occasion: Occasion) -> str:
    """Return the subject; the final `[CHG-1]` is the same in all mails of a change."""
    words, change = occasion.words, occasion.change
    test = words("kind", "test") + words("text", "colon") if occasion.test else ""
    kind = _kind(occasion) + words("text", "colon")
    start = _start(occasion)
    when = words("text", "comma") + start if start else ""
    room = LIMIT - sum(map(columns, (test, kind, when)))
    if _has_new_title(occasion):
        room = max(room, NEW_TITLE)
    title = isolated(_fitting(change.title, room))
    return f"{test}{kind}{title}{when} [{change.change_id}]"


def _has_new_title(occasion: Occasion) -> bool:
    """Return whether the title reads differently since the reader's last mail."""
    before = occasion.previous
    return before is not None and folded(before.title) != folded(occasion.change.title)


def isolated(text: str) -> str:
    """Return a text whose direction marks affect nothing beyond it."""
    if not _DIRECTIONS.search(text):
        return text
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def _kind(occasion: Occasion) -> str:
    key = kind_key(occasion)
    if key == "notice":
        general = occasion.words("subject", "notice")
        return occasion.words("subject", f"category_{occasion.change.category}", general)
    return occasion.words("subject", key)


def _start(occasion: Occasion) -> str:
    change = occasion.change
    when = change.window.start if change.window else None
    if when is None and change.meeting and not occasion.is_over:
        when = change.meeting.start
    if when is None:
        return ""
    return times.short(when, occasion.brand.timezone, occasion.words, occasion.now)


def _fitting(title: str, room: int) -> str:
    """Return the title cut to a number of columns; a Chinese or Japanese character takes two.

    A title that is only one word too long is not cut.
    """
    if columns(title) <= room + SLACK:
        return title
    wide = columns(title) > 1.7 * sum(1 for _ in graphemes(title))
    per_sign = 2 if wide else 1
    return shortened(title, room // per_sign, least=LEAST_TITLE // per_sign)
