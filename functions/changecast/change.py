"""The canonical change: what every shape of metadata.json becomes, and how two of them compare."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field, JsonValue, model_validator

from changecast.fields import (
    ChangeId,
    CustomerCode,
    Frozen,
    Instant,
    Line,
    RevisionNumber,
    Text,
    TimeZone,
    Title,
    Url,
)

NO_WINDOW = "a change needs a window: when does it start and end?"


class Status(StrEnum):
    """Where a change stands; which mail goes out is a function of it."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    """A change to systems, or an announcement to read."""

    CHANGE = "change"
    ANNOUNCEMENT = "announcement"


class Window(Frozen):
    """When the change happens: two instants, and the zone it was planned in."""

    start: Instant
    end: Instant
    timezone: TimeZone = "UTC"

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Self:
        if self.start >= self.end:
            raise ValueError("the window ends before it starts")
        return self

    @property
    def duration(self) -> timedelta:
        """How long the window is."""
        return self.end - self.start


class Meeting(Frozen):
    """A call that goes with the change."""

    title: Line = ""
    start: Instant
    duration_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 60
    location: Line = ""
    join_url: Url | None = None


class Tickets(Frozen):
    """Numbers in the provider's ticket systems."""

    servicenow: Line = ""
    jira: Line = ""


class Link(Frozen):
    """Something to read more."""

    title: Line = ""
    url: Url


class Attachment(Frozen):
    """A document named by the change; it is linked, never fetched."""

    name: Line
    url: Url | None = None


class HistoryEntry(Frozen):
    """What somebody did to the change document."""

    timestamp: Instant
    user_id: Line = ""
    type: Line


class Change(Frozen):
    """One revision of a change, in canonical form."""

    change_id: ChangeId
    revision: RevisionNumber
    kind: Kind = Kind.CHANGE
    category: Line | None = None
    title: Title
    reason: Text = ""
    implementation_plan: Text = ""
    test_plan: Text = ""
    customer_impact: Text = ""
    rollback_plan: Text = ""
    summary: Text | None = None
    content: Text | None = None
    tickets: Tickets = Tickets()
    window: Window | None = None
    status: Status
    prior_status: Line | None = None
    meeting: Meeting | None = None
    links: tuple[Link, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    survey_url: Url | None = None
    test_run: bool = False
    history: tuple[HistoryEntry, ...] = ()
    customer_details: dict[CustomerCode, JsonValue] | None = None
    confidential: bool | None = None

    @model_validator(mode="after")
    def _has_a_window(self) -> Self:
        if self.kind is Kind.CHANGE and self.window is None and self.status is not Status.DRAFT:
            raise ValueError(NO_WINDOW)
        return self


class Difference(NamedTuple):
    """One field that two revisions have not in common, and whether people must hear of it."""

    field: str
    old: Any
    new: Any
    material: bool


_COMPARED = (
    "status", "window", "customer_impact", "title", "reason", "summary", "content",
    "implementation_plan", "test_plan", "rollback_plan", "tickets", "meeting", "links",
    "attachments", "survey_url", "category", "customer_details",
)  # fmt: skip
# What people must hear of: in a window its two instants, in a meeting when it is.
_MATERIAL: dict[str, Callable[["Change"], Any]] = {
    "status": lambda change: change.status,
    "window": lambda change: change.window and (change.window.start, change.window.end),
    "customer_impact": lambda change: change.customer_impact,
    "meeting": lambda change: (
        change.meeting and (change.meeting.start, change.meeting.duration_minutes)
    ),
}
_NOT_CONTENT = {"history", "revision", "confidential"}


def differences(old: Change, new: Change) -> list[Difference]:
    """The fields in which `new` differs from `old`, in the order in which people read them."""
    return [
        Difference(name, getattr(old, name), getattr(new, name), _is_told(name, old, new))
        for name in _COMPARED
        if getattr(old, name) != getattr(new, name)
    ]


def is_material(old: Change, new: Change) -> bool:
    """Whether whoever was told `old` must be told `new`: window, impact, status or meeting."""
    return any(difference.material for difference in differences(old, new))


def _is_told(name: str, old: Change, new: Change) -> bool:
    part = _MATERIAL.get(name)
    return part is not None and part(old) != part(new)


def view_for(change: Change, customer: str) -> Change:
    """The change as this customer may see it: only its own section of `customer_details`."""
    if not change.customer_details:
        return change
    own = {code: section for code, section in change.customer_details.items() if code == customer}
    return change.model_copy(update={"customer_details": own or None})


def fingerprint(change: Change, customer: str | None = None) -> str:
    """SHA-256 (hex) of the change's content, as `customer` sees it, or whole.

    History, revision number and the way it travels (`confidential`) do not count: two documents
    with the same fingerprint say the same. What stands at its default does not count either, so
    that an optional field added later changes no fingerprint that a ledger holds.
    """
    seen = change if customer is None else view_for(change, customer)
    canonical = seen.model_dump_json(exclude=_NOT_CONTENT, exclude_defaults=True)
    return hashlib.sha256(_sorted_json(canonical).encode()).hexdigest()


def _sorted_json(text: str) -> str:
    return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def utc(moment: datetime) -> str:
    """RFC 3339 in UTC with a Z, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def with_revision(change: Change, revision: int) -> Change:
    """The same change under another revision."""
    return change.model_copy(update={"revision": revision})
