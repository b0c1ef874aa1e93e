"""The terms for mails: kind, topic, variant, and the mailing of one run. Pure.

Planning decides on a mailing and composing renders it; both use these terms.
"""

from dataclasses import dataclass
from enum import StrEnum

from changecast.customer.ledger.schema import Run


class Topic(StrEnum):
    """A topic that contacts subscribe to."""

    APPROVALS = "approvals"
    ANNOUNCEMENTS = "announcements"
    CALENDAR = "calendar"
    DIGEST = "digest"


# The topics that every account has; the others exist only where the customer wants them.
TOPICS = (Topic.APPROVALS, Topic.ANNOUNCEMENTS, Topic.CALENDAR)


class MailKind(StrEnum):
    """Kind of a mail; it decides subject, first line and calendar method."""

    APPROVAL_REQUEST = "approval_request"
    ANNOUNCEMENT = "announcement"
    UPDATE = "update"
    STARTED = "started"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    REMINDER = "reminder"


class Variant(StrEnum):
    """Variant of a run's mail that a recipient gets.

    A variant in its reader's own language and zone is named full@de@Europe/Berlin
    (planning/looks.py).
    """

    FULL = "full"
    CHANGED = "changed"
    FULL_CALENDAR = "full-calendar"
    CHANGED_CALENDAR = "changed-calendar"
    ONLY_CALENDAR = "only-calendar"
    ONLY_CALENDAR_CHANGED = "only-calendar-changed"
    REMINDER = "reminder"
    ONLY_CALENDAR_REMINDER = "only-calendar-reminder"


@dataclass(frozen=True)
class Mailing:
    """A mail to send. `base` is the revision to compare with, None for a first mail.

    `material` is False if only people who missed the base get the mail.
    """

    kind: MailKind
    topic: Topic
    material: bool
    base: Run | None


# The variant for people who take only calendar entries, by the variant that others get.
ONLY_CALENDAR = {
    Variant.FULL_CALENDAR: Variant.ONLY_CALENDAR,
    Variant.CHANGED_CALENDAR: Variant.ONLY_CALENDAR_CHANGED,
}


_ON_CALENDAR = frozenset({*ONLY_CALENDAR.values(), Variant.ONLY_CALENDAR_REMINDER})
# Variants without news: they remind readers of what they were told before.
SHORT_REMINDERS = frozenset({Variant.REMINDER, Variant.ONLY_CALENDAR_REMINDER})


def topic_of(run: Run, variant: str) -> str:
    """Return the topic of a mail; SES bounces a mail if the recipient opted out of its topic."""
    plain = variant.partition("@")[0]
    return Topic.CALENDAR.value if plain in _ON_CALENDAR else run.topic


def has_changes(mailing: Mailing) -> bool:
    """Return whether this kind of mail tells people who know the base what has changed."""
    ends = {MailKind.CANCELLED, MailKind.WITHDRAWN}
    return mailing.base is not None and mailing.kind not in ends
