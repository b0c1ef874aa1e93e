"""The occasion of a mail: what it is about, for whom, and its kind for readers.

planning/decision.py decides which kind of mail an announcement causes.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from changecast.contract.change import Change, ImpactLevel, Kind, Status, action_for
from changecast.contract.differences import differences
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.impact import Basis, read_impact
from changecast.customer.compose.words import Words, words_in
from changecast.customer.mailing import MailKind, Topic

_NOTICES = {
    MailKind.APPROVAL_REQUEST: "approval_request",
    MailKind.ANNOUNCEMENT: "notice",
    MailKind.CANCELLED: "notice_cancelled",
    MailKind.WITHDRAWN: "notice_withdrawn",
    MailKind.REMINDER: "reminder",
}


@dataclass(frozen=True)
class Occasion:
    """One mail to write. `previous` is what its readers were last told, None for the full mail."""

    change: Change
    kind: MailKind
    topic: Topic
    brand: Brand
    words: Words
    previous: Change | None
    test: bool
    now: datetime

    @property
    def said_kind(self) -> MailKind:
        """The kind that readers see: people who never got the plan get no update to it."""
        if self.kind is not MailKind.UPDATE or self.previous is not None:
            return self.kind
        by_status = {
            Status.IN_PROGRESS: MailKind.STARTED,
            Status.COMPLETED: MailKind.COMPLETED,
        }
        return by_status.get(self.change.status, MailKind.ANNOUNCEMENT)

    @property
    def ends(self) -> bool:
        """Whether nothing will happen to the readers: cancelled or withdrawn."""
        return self.kind in {MailKind.CANCELLED, MailKind.WITHDRAWN}

    @property
    def is_over(self) -> bool:
        """Whether the change is over: completed, cancelled or withdrawn."""
        return self.ends or self.said_kind is MailKind.COMPLETED

    @property
    def is_short(self) -> bool:
        """Whether to leave out the plan, because it is history or its readers have it."""
        return self.is_over or self.kind is MailKind.REMINDER

    @property
    def is_notice(self) -> bool:
        """Whether this is about an announcement to read, without a change to systems."""
        return self.change.kind is Kind.ANNOUNCEMENT

    @property
    def is_moved(self) -> bool:
        """Whether the readers know another window."""
        before = self.previous.window if self.previous else None
        now = self.change.window
        return bool(before and now and (before.start, before.end) != (now.start, now.end))

    @property
    def is_title_only(self) -> bool:
        """Whether the readers know the same change under another title."""
        found = differences(self.previous, self.change) if self.previous else []
        return [one.field for one in found] == ["title"]

    @property
    def action(self) -> str:
        """What the readers must do; empty if no action is asked for, or no longer."""
        return "" if self.is_over else action_for(self.change, self.brand.customer)

    @property
    def sure_level(self) -> ImpactLevel | None:
        """The impact level that mails may state; None if none is certain."""
        reading = read_impact(self.change)
        return reading.level if reading.is_sure else None

    @property
    def is_impact_stated(self) -> bool:
        """Whether the document says anything about its impact."""
        return read_impact(self.change).basis is not Basis.UNSTATED

    @property
    def response_mark(self) -> str:
        """The mark that stands for the address of a reader's own page until a mail is spliced.

        It contains a digest of the document, so no text of the document can contain it.
        """
        told = self.previous.model_dump_json() if self.previous else ""
        digest = hashlib.sha256((self.change.model_dump_json() + told).encode()).hexdigest()
        return f"https://respond.invalid/{digest[:32]}"


def kind_key(occasion: Occasion) -> str:
    """Return the key of this kind of mail in the tables `kind` and `subject`."""
    kind = occasion.said_kind
    if occasion.is_notice:
        return _NOTICES.get(kind, "notice_update")
    if kind is MailKind.UPDATE and occasion.is_moved:
        return "update_time"
    return kind.value


def kind_words(occasion: Occasion) -> str:
    """Return a few words for this kind of mail, and whether its reader must act."""
    words, key = occasion.words, kind_key(occasion)
    kind = words("kind", key)
    if key == "notice":
        kind = words("category", occasion.change.category or "", kind)
    must_act = occasion.action and occasion.kind is not MailKind.APPROVAL_REQUEST
    marks = [words("kind", "test") if occasion.test else "", kind]
    marks.append(words("kind", "action") if must_act else "")
    return " · ".join(filter(None, marks))


def speaker(occasion: Occasion) -> str:
    """Return who speaks and for whom: Provider for Acme Industries."""
    return speaker_of(occasion.brand)


def speaker_of(brand: Brand) -> str:
    """Return who speaks and for whom, in the customer's language."""
    words = words_in(brand.language, brand.timezone)
    key = "speaker" if brand.provider_name else "speaker_unnamed"
    return words("text", key).format(provider=brand.provider_name, customer=brand.customer_name)
