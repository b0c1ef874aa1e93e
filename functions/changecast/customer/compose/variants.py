"""Composing: render every mail of a run once, however many people get it. Pure."""

from dataclasses import replace
from datetime import datetime

from changecast.contract.change import Change
from changecast.customer.compose import bodies
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.calendar import entries
from changecast.customer.compose.content import Content
from changecast.customer.compose.mail_parts import Bodies, file_name, rendering
from changecast.customer.compose.occasion import Occasion
from changecast.customer.compose.size_limits import HTML_LIMIT, candidates
from changecast.customer.compose.told import as_told
from changecast.customer.compose.words import words_in
from changecast.customer.compose.writing import content_of
from changecast.customer.mailing import Mailing, Topic, Variant, has_changes


def compose(
    change: Change,
    mailing: Mailing,
    brand: Brand,
    *,
    previous: Change | None,
    now: datetime,
    test: bool = False,
) -> dict[Variant, bytes]:
    """Return every rendering that this mailing may need, as stored in the mails bucket.

    Args:
        change: The change as this customer may see it.
        mailing: What kind of mail goes to which topic.
        brand: The customer's settings.
        previous: What people who are up to date were last told.
        now: The time for calendar entries; also decides whether a subject needs a year.
        test: Whether this is a test, which the mail then says.
    """
    change, previous = as_told(change, mailing.kind, previous)
    words = words_in(brand.language, brand.timezone)
    renderings = {}
    for known, plain, with_calendar in _pairs(mailing, previous):
        occasion = Occasion(
            change,
            mailing.kind,
            mailing.topic,
            brand,
            words,
            known,
            test or change.test_run,
            now,
        )
        content, bodies = _bodies(occasion)
        renderings[plain] = rendering(occasion, content, bodies, ())
        if mailing.topic is not Topic.APPROVALS:
            earlier = previous if occasion.ends else known
            asked = entries(occasion, content, earlier)
            renderings[with_calendar] = rendering(occasion, content, bodies, asked)
    return renderings


def _pairs(
    mailing: Mailing, previous: Change | None
) -> list[tuple[Change | None, Variant, Variant]]:
    pairs: list[tuple[Change | None, Variant, Variant]] = [
        (None, Variant.FULL, Variant.FULL_CALENDAR)
    ]
    if previous is not None and has_changes(mailing):
        pairs.append((previous, Variant.CHANGED, Variant.CHANGED_CALENDAR))
    return pairs


def _for_all(content: Content, occasion: Occasion) -> Content:
    """Return the content without the link to one reader's own page, because files are shared."""
    is_own = content.action and content.action.url == occasion.response_mark
    return replace(content, action=None if is_own else content.action, respond=None)


def _bodies(occasion: Occasion) -> tuple[Content, Bodies]:
    """Return the content as mailed, its text and HTML, and the whole text if it was cut."""
    brand, whole = occasion.brand, content_of(occasion)
    file = file_name(occasion.change.change_id)
    for content in candidates(whole, occasion.words, file):
        html = bodies.html(content, brand)
        if len(html.encode()) < HTML_LIMIT:
            break
    attached = "" if content == whole else bodies.attachment(_for_all(whole, occasion), brand)
    return content, Bodies(bodies.text(content, brand), html, attached, file)
