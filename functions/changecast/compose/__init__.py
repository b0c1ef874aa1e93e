"""Composing: every mail of a run is rendered here once, however many people get it. Pure."""

from datetime import datetime

from changecast.change import Change
from changecast.compose import pages
from changecast.compose.brand import Brand
from changecast.compose.calendar import entries
from changecast.compose.content import Content
from changecast.compose.inert import inert
from changecast.compose.limits import HTML_LIMIT, candidates
from changecast.compose.message import Bodies, file_name, rendering
from changecast.compose.occasion import Occasion
from changecast.compose.words import words_in
from changecast.compose.writing import content_of
from changecast.plan import Mailing, MailKind, Topic, Variant, has_changes

__all__ = ["Brand", "compose"]


def compose(
    change: Change,
    mailing: Mailing,
    brand: Brand,
    *,
    previous: Change | None,
    now: datetime,
    test: bool = False,
) -> dict[Variant, bytes]:
    """Every rendering that this mailing may need, as it goes into the mails bucket.

    `previous` is what those who are up to date were last told; `now` stamps calendar entries.
    """
    previous = inert(previous) if previous else None
    change = _as_told(inert(change), mailing.kind, previous)
    renderings = {}
    for known, plain, with_calendar in _pairs(mailing, previous):
        occasion = Occasion(
            change,
            mailing.kind,
            mailing.topic,
            brand,
            words_in(brand.language),
            known,
            test or change.test_run,
        )
        content, bodies = _bodies(occasion)
        renderings[plain] = rendering(occasion, content, bodies, ())
        if mailing.topic is Topic.ANNOUNCEMENTS:
            earlier = previous if occasion.ends else known
            asked = entries(occasion, content, earlier, now)
            renderings[with_calendar] = rendering(occasion, content, bodies, asked)
    return renderings


def _as_told(change: Change, kind: MailKind, previous: Change | None) -> Change:
    """What ends is named as its readers know it.

    A customer that was dropped sees nothing of the revision that is no longer about it; of a
    cancelled change the window is the one that people were told.
    """
    if previous is None:
        return change
    if kind is MailKind.WITHDRAWN:
        return previous.model_copy(update={"revision": change.revision})
    if kind is MailKind.CANCELLED:
        return change.model_copy(update={"window": previous.window or change.window})
    return change


def _pairs(
    mailing: Mailing, previous: Change | None
) -> list[tuple[Change | None, Variant, Variant]]:
    pairs: list[tuple[Change | None, Variant, Variant]] = [
        (None, Variant.FULL, Variant.FULL_CALENDAR)
    ]
    if previous is not None and has_changes(mailing):
        pairs.append((previous, Variant.CHANGED, Variant.CHANGED_CALENDAR))
    return pairs


def _bodies(occasion: Occasion) -> tuple[Content, Bodies]:
    """The content as it is mailed, its text and HTML, and the whole text where it was cut."""
    brand, whole = occasion.brand, content_of(occasion)
    file = file_name(occasion.change.change_id)
    for content in candidates(whole, occasion.words, file):
        html = pages.html(content, brand)
        if len(html.encode()) < HTML_LIMIT:
            break
    attached = "" if content == whole else pages.attachment(whole, brand)
    return content, Bodies(pages.text(content, brand), html, attached, file)
