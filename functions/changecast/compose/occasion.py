"""Why a mail is written, and the sentences that follow from it: subject, kind, lead."""

import re
from dataclasses import dataclass
from enum import StrEnum

from changecast.change import Change, Kind, Status
from changecast.compose import times
from changecast.compose.brand import Brand
from changecast.compose.words import Words
from changecast.plan import MailKind, Topic

SUBJECT_TITLE_LIMIT = 90
# What people write where they mean that nothing happens to the customer.
_NO_IMPACT = frozenset(
    {
        "none", "no", "nil", "n/a", "na", "no impact", "none expected", "no impact expected",
        "keine", "keine auswirkungen", "ninguno", "sin impacto", "aucun", "aucun impact",
    }
)  # fmt: skip
# Marks that turn the direction of text; isolated, they turn nothing beyond the title (UAX #9).
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_OVER = {
    MailKind.COMPLETED: "completed",
    MailKind.CANCELLED: "cancelled",
    MailKind.WITHDRAWN: "withdrawn",
}
_NOTICES = {
    MailKind.APPROVAL_REQUEST: "approval_request",
    MailKind.ANNOUNCEMENT: "notice",
    MailKind.CANCELLED: "notice_cancelled",
    MailKind.WITHDRAWN: "notice_withdrawn",
}


class Impact(StrEnum):
    """What a document says of its impact on the customer."""

    STATED = "stated"
    NONE = "none"
    UNSTATED = "unstated"


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

    @property
    def said_kind(self) -> MailKind:
        """The kind as it reads: whoever never got the plan is not told of an update to it."""
        if self.kind is not MailKind.UPDATE or self.previous is not None:
            return self.kind
        by_status = {
            Status.IN_PROGRESS: MailKind.STARTED,
            Status.COMPLETED: MailKind.COMPLETED,
        }
        return by_status.get(self.change.status, MailKind.ANNOUNCEMENT)

    @property
    def ends(self) -> bool:
        """Whether nothing will happen to the readers any more: cancelled or withdrawn."""
        return self.kind in {MailKind.CANCELLED, MailKind.WITHDRAWN}

    @property
    def is_notice(self) -> bool:
        """Whether this is about an announcement to read, without a change to systems."""
        return self.change.kind is Kind.ANNOUNCEMENT


def impact_of(change: Change) -> Impact:
    """What the document says of its impact, as far as its words can be told."""
    said = change.customer_impact.strip().rstrip(".!").casefold()
    if said in {"", "-"}:
        return Impact.UNSTATED
    return Impact.NONE if said in _NO_IMPACT else Impact.STATED


def kind_words(occasion: Occasion) -> str:
    """What kind of mail this is, in a few words."""
    words, kind = occasion.words, occasion.said_kind
    if occasion.is_notice:
        key = _NOTICES.get(kind, "notice_update")
        if key == "notice":
            return words("category", occasion.change.category or "", words("kind", "notice"))
        return words("kind", key)
    if kind is MailKind.UPDATE and _is_moved(occasion):
        return words("kind", "update_time")
    return words("kind", kind.value)


def urgency(occasion: Occasion) -> str:
    """Whether the reader must expect or do something; empty where the kind says it already."""
    if occasion.is_notice or occasion.kind is MailKind.APPROVAL_REQUEST:
        return ""
    impact = Impact.NONE if occasion.said_kind in _OVER else impact_of(occasion.change)
    return occasion.words("urgency", impact.value)


def subject(occasion: Occasion) -> str:
    """Kind and urgency first, id last: `[CHG-1]` stays the same through all mails of a change."""
    words, title = occasion.words, occasion.change.title
    if len(title) > SUBJECT_TITLE_LIMIT:
        title = title[: SUBJECT_TITLE_LIMIT - 1].rstrip() + "…"
    if _DIRECTIONS.search(title):
        title = f"\N{FIRST STRONG ISOLATE}{title}\N{POP DIRECTIONAL ISOLATE}"
    said = ", ".join(filter(None, (kind_words(occasion), urgency(occasion))))
    times_said = _times(occasion)
    when = times_said.get("when") or times_said.get("meeting")
    mark = words("kind", "test") + words("text", "colon") if occasion.test else ""
    dated = f"{title} · {when}" if when else title
    return f"{mark}{said}{words('text', 'colon')}{dated} [{occasion.change.change_id}]"


def lead(occasion: Occasion) -> str:
    """The first sentences: what, when, and whether the reader must do anything."""
    words, values = occasion.words, _times(occasion)
    values["customer"] = occasion.brand.customer_name
    values["contact"] = occasion.brand.support_contact
    meets = "meeting" in values and "when" not in values
    said = (
        words("lead", _lead_key(occasion)),
        words("lead", "meeting") if meets else "",
        words("todo", _todo_key(occasion)),
    )
    return " ".join(filter(None, said)).format(**values)


def _times(occasion: Occasion) -> dict[str, str]:
    """The instants that a sentence may name, in the customer's zone."""
    words, zone, found = occasion.words, occasion.brand.timezone, {}
    if window := occasion.change.window:
        found["when"] = times.short(window, zone, words)
        found["start"] = times.brief(window.start, zone, words)
        found["end"] = times.brief(window.end, zone, words)
    if occasion.change.meeting and not occasion.ends:
        found["meeting"] = times.brief(occasion.change.meeting.start, zone, words)
    return found


def _lead_key(occasion: Occasion) -> str:
    kind = occasion.said_kind
    if occasion.is_notice or occasion.change.window is None:
        if kind is MailKind.APPROVAL_REQUEST:
            return "notice_approval"
        return _NOTICES.get(kind, "notice_update")
    if kind is MailKind.APPROVAL_REQUEST and occasion.previous:
        return "approval_changed"
    if kind is MailKind.ANNOUNCEMENT and occasion.kind is MailKind.UPDATE:
        return "current"
    return kind.value


def _todo_key(occasion: Occasion) -> str:
    if occasion.kind is MailKind.APPROVAL_REQUEST:
        has_link = occasion.change.links or not occasion.brand.support_contact
        return "" if has_link else "approve_by"
    if occasion.said_kind in _OVER:
        return "unstated"
    return "notice" if occasion.is_notice else impact_of(occasion.change).value


def _is_moved(occasion: Occasion) -> bool:
    before = occasion.previous.window if occasion.previous else None
    now = occasion.change.window
    return bool(before and now and (before.start, before.end) != (now.start, now.end))
