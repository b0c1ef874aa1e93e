"""The mail of a weekly digest: what is under way or starts within the week, in one list."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from changecast.contract.change import Change, Kind, Status, Window
from changecast.customer.compose import bodies, times
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.content import Content, Fact
from changecast.customer.compose.mail_parts import Bodies, rendering
from changecast.customer.compose.occasion import Occasion, speaker_of
from changecast.customer.compose.sanitize import sanitized
from changecast.customer.compose.size_limits import HTML_LIMIT
from changecast.customer.compose.text.fields import as_text
from changecast.customer.compose.words import Words, words_in
from changecast.customer.ledger.answers import ChangeView
from changecast.customer.mailing import MailKind, Topic
from changecast.customer.week import Week

# How many changes a mail lists; the last number fits whatever their titles.
MOST = (100, 50, 25)


def digest_mail(week: Week, coming: Sequence[ChangeView], brand: Brand, now: datetime) -> bytes:
    """Return the rendering of a week's digest.

    Args:
        week: The week.
        coming: The changes to list, ordered by start.
        brand: The customer's settings, in the reader's language and zone.
        now: Decides whether dates need a year.
    """
    words = words_in(brand.language, brand.timezone)
    for most in MOST:
        content = _content(week, coming, most, brand, words, now)
        html = bodies.html(content, brand)
        if len(html.encode()) < HTML_LIMIT:
            break
    made = Bodies(bodies.text(content, brand), html, "", "")
    kind, topic = MailKind.ANNOUNCEMENT, Topic.DIGEST
    occasion = Occasion(about(week, brand), kind, topic, brand, words, None, False, now)
    return rendering(occasion, content, made, ())


def about(week: Week, brand: Brand) -> Change:
    """Return the digest in the form of a change: an announcement under its own id."""
    words = words_in(brand.language, brand.timezone)
    return Change(
        change_id=week.change_id,
        revision=1,
        title=words("digest", "title"),
        status=Status.APPROVED,
        kind=Kind.ANNOUNCEMENT,
    )


def _content(
    week: Week,
    coming: Sequence[ChangeView],
    most: int,
    brand: Brand,
    words: Words,
    now: datetime,
) -> Content:
    lead, left = words("digest", "lead"), len(coming) - most
    more = words("digest", "more").format(left=left) if left > 0 else ""
    why = words("text", "why").format(
        topic=words("topic", Topic.DIGEST.value), customer=brand.customer_name
    )
    return Content(
        language=words.language,
        subject=_subject(week, brand, words, now),
        preheader=lead,
        speaker=speaker_of(brand),
        kind=words("kind", "digest"),
        look="digest",
        title=words("digest", "title"),
        lead=words("text", "space").join(filter(None, (lead, more))),
        opening=lead,
        asked=more,
        test="",
        first=(),
        action=None,
        respond=None,
        survey=None,
        key_facts=tuple(_facts(coming[:most], brand, words, now)),
        changed=(),
        sections=(),
        links=(),
        documents=(),
        details=(Fact(words("page", "timezone"), (brand.timezone,)),),
        why=why,
    )


def _subject(week: Week, brand: Brand, words: Words, now: datetime) -> str:
    first, last = (
        times.short_day(datetime.fromtimestamp(when, UTC), brand.timezone, words, now)
        for when in (week.begins, week.ends)
    )
    return words("digest", "subject").format(first=first, last=last)


def _facts(
    coming: Sequence[ChangeView], brand: Brand, words: Words, now: datetime
) -> Iterator[Fact]:
    """Yield each change: its day, then title, hours, status and id."""
    for view in coming:
        start, end = (
            datetime.fromtimestamp(when, UTC) for when in (view.window_start, view.window_end)
        )
        day = times.short_day(start, brand.timezone, words, now)
        hours = times.hours(Window(start=start, end=end), brand.timezone, words)
        standing = f"{words('status', view.status)} · {view.change_id}"
        yield Fact(day, (_title(view), hours, standing), 1)


def _title(view: ChangeView) -> str:
    """Return the title as mails show it."""
    change = Change(
        change_id=view.change_id,
        revision=view.revision,
        title=view.title,
        status=Status.APPROVED,
        kind=Kind.ANNOUNCEMENT,
    )
    return sanitized(as_text(change)).title
