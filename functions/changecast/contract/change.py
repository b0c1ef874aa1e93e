"""The canonical change: what every shape of metadata.json becomes, and its fingerprint."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator

from changecast.contract.fields import (
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

NO_WINDOW = "a change needs a window: say when it starts and ends"


class Status(StrEnum):
    """Status of a change; it decides which mail goes out."""

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


class ImpactLevel(StrEnum):
    """How much of a service the reader loses: the four levels of maintenance notices."""

    NONE = "none"
    REDUCED_REDUNDANCY = "reduced_redundancy"
    DEGRADED = "degraded"
    OUTAGE = "outage"


class Window(Frozen):
    """When the change happens: two instants, and the zone it was planned in."""

    start: Instant = Field(description="When the work starts.")
    end: Instant = Field(description="When the work ends, after `start`.")
    timezone: TimeZone = Field(
        default="UTC",
        description="The IANA time zone that the change is planned in, for example Europe/Madrid.",
    )

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Self:
        if self.start >= self.end:
            raise ValueError("the window must end after it starts")
        return self

    @property
    def duration(self) -> timedelta:
        """Length of the window."""
        return self.end - self.start


class Meeting(Frozen):
    """A meeting about the change."""

    title: Line = Field(
        default="", description="The meeting's title; if empty, the change's title."
    )
    start: Instant = Field(description="When the meeting starts.")
    duration_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = Field(
        default=60, description="How long the meeting takes."
    )
    location: Line = Field(default="", description="Where the meeting takes place.")
    join_url: Url | None = Field(default=None, description="The address for joining the meeting.")


class Tickets(Frozen):
    """Numbers in the provider's ticket systems."""

    servicenow: Line = Field(default="", description="The ServiceNow ticket.")
    jira: Line = Field(default="", description="The Jira ticket.")


class Link(Frozen):
    """A link to further reading."""

    title: Line = Field(default="", description="The link's text.")
    url: Url = Field(description="The link's target.")


class Attachment(Frozen):
    """A document named by the change; it is linked, never fetched."""

    name: Line = Field(description="The document's name.")
    url: Url | None = Field(default=None, description="The document's address.")


class HistoryEntry(Frozen):
    """What somebody did to the change document."""

    timestamp: Instant = Field(description="When it happened.")
    user_id: Line = Field(default="", description="Who did it.")
    type: Line = Field(description="What was done, for example approved.")


class Change(Frozen):
    """One revision of a change, in canonical form."""

    change_id: ChangeId
    revision: RevisionNumber = Field(description="The revision of the document, counted from 1.")
    kind: Kind = Field(
        default=Kind.CHANGE, description="Whether this is a change or only an announcement."
    )
    category: Line | None = Field(
        default=None, description="The category that the change system gives an announcement."
    )
    title: Title = Field(description="The title, on one line.")
    reason: Text = Field(default="", description="Why the change is made.")
    implementation_plan: Text = Field(default="", description="The steps of the work.")
    test_plan: Text = Field(default="", description="How the result is tested.")
    customer_impact: Text = Field(
        default="", description="What customers notice, in the author's words."
    )
    impact_level: ImpactLevel | None = Field(
        default=None, description="How much service is lost; null if the author did not say."
    )
    services: tuple[Line, ...] = Field(default=(), description="The services that are affected.")
    action: Text | None = Field(default=None, description="What every customer must do.")
    rollback_plan: Text = Field(default="", description="How the change is undone.")
    summary: Text | None = Field(default=None, description="An announcement's summary.")
    content: Text | None = Field(default=None, description="An announcement's text.")
    tickets: Tickets = Field(default=Tickets(), description="The provider's tickets.")
    window: Window | None = Field(
        default=None,
        description="When the change happens; required, except for drafts and announcements.",
    )
    status: Status = Field(description="The status of the change.")
    prior_status: Line | None = Field(
        default=None, description="The previous status, as the change system reports it."
    )
    meeting: Meeting | None = Field(default=None, description="A meeting about the change.")
    links: tuple[Link, ...] = Field(default=(), description="Pages to read.")
    attachments: tuple[Attachment, ...] = Field(
        default=(), description="Documents that belong to the change."
    )
    survey_url: Url | None = Field(
        default=None,
        description="The address where readers of a completed change can say how it went.",
    )
    approval_url: Url | None = Field(
        default=None, description="The address of the page where a submitted change is approved."
    )
    cancellation_reason: Text | None = Field(
        default=None, description="Why the change was cancelled."
    )
    outcome: Text | None = Field(default=None, description="The result of a completed change.")
    follow_up: Text | None = Field(
        default=None, description="What happens after a completed change."
    )
    actual_start: Instant | None = Field(
        default=None, description="When the work actually started."
    )
    actual_end: Instant | None = Field(default=None, description="When the work actually ended.")
    test_run: bool = Field(
        default=False,
        description="Whether this is a test, mailed only to the AllowedRecipients of each "
        "customer's stack.",
    )
    history: tuple[HistoryEntry, ...] = Field(
        default=(), description="The document's history so far."
    )
    customer_details: dict[CustomerCode, JsonValue] | None = Field(
        default=None,
        description="Details for single customers, by customer code; no customer sees another's.",
    )
    confidential: bool | None = Field(
        default=None,
        description="Whether each customer gets an event of its own; null leaves the choice to "
        "the hub.",
    )

    @model_validator(mode="after")
    def _has_a_window(self) -> Self:
        if self.kind is Kind.CHANGE and self.window is None and self.status is not Status.DRAFT:
            raise ValueError(NO_WINDOW)
        return self

    @model_validator(mode="after")
    def _started_before_it_ended(self) -> Self:
        if self.actual_start and self.actual_end and self.actual_start > self.actual_end:
            raise ValueError("actual_end is before actual_start")
        return self


_NOT_CONTENT = {"history", "revision", "confidential"}


def action_for(change: Change, customer: str) -> str:
    """Return what this customer must do: its own section's `action`, else everybody's, else ""."""
    section = (change.customer_details or {}).get(customer)
    own = section.get("action") if isinstance(section, dict) else None
    return own.strip() if isinstance(own, str) and own.strip() else (change.action or "").strip()


def view_for(change: Change, customer: str) -> Change:
    """Return the change as this customer may see it: only its own section of `customer_details`."""
    if not change.customer_details:
        return change
    own = {code: section for code, section in change.customer_details.items() if code == customer}
    return change.model_copy(update={"customer_details": own or None})


def fingerprint(change: Change, customer: str | None = None) -> str:
    """Return the SHA-256 (hex) of the change's content, whole or as `customer` sees it.

    History, revision number and `confidential` do not count: two documents with the same
    fingerprint say the same thing. Fields with their default value do not count either, so that an
    optional field added later changes no fingerprint in a ledger.
    """
    seen = change if customer is None else view_for(change, customer)
    canonical = seen.model_dump_json(exclude=_NOT_CONTENT, exclude_defaults=True)
    return hashlib.sha256(_sorted_json(canonical).encode()).hexdigest()


def _sorted_json(text: str) -> str:
    return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def utc(moment: datetime) -> str:
    """Format an instant as RFC 3339 in UTC with a Z, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def with_revision(change: Change, revision: int) -> Change:
    """Return the same change under another revision."""
    return change.model_copy(update={"revision": revision})
