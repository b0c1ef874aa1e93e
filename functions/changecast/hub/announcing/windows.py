"""Find doubtful windows, so that nobody is told a past time by mistake. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from changecast.contract.change import Change, Kind, Status, utc
from changecast.hub.lengths import in_words

# A longer window, or one further ahead, usually comes from a typo in a date.
LONGEST, FURTHEST = timedelta(days=14), timedelta(days=5 * 365)
_PLANNED = frozenset({Status.SUBMITTED, Status.APPROVED})


def doubts(change: Change, now: datetime) -> Iterator[str]:
    """Yield why the window of a planned change is doubtful.

    A change that has started, or is completed or cancelled, may have a window in the past.
    """
    window = change.window
    if window is None or change.kind is not Kind.CHANGE or change.status not in _PLANNED:
        return
    if window.end <= now:
        yield f"its window ended {in_words(now - window.end)} ago ({utc(window.end)})"
    elif window.start <= now:
        yield f"its window began {in_words(now - window.start)} ago ({utc(window.start)})"
    if window.start - now > FURTHEST:
        yield f"its window begins in {in_words(window.start - now)} ({utc(window.start)})"
    if window.end - window.start > LONGEST:
        yield f"its window is {in_words(window.end - window.start)} long"
