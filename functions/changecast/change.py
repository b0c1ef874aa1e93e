"""The canonical change: what every shape of metadata.json becomes, and how two of them compare."""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

TITLE_LIMIT = 250
TEXT_LIMIT = 100_000
RESERVED_CODES = frozenset({"hub", "default", "global"})
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _not_reserved(code: str) -> str:
    if code in RESERVED_CODES or code.endswith("-route"):
        raise ValueError(f"{code!r} is reserved")
    return code


def _no_controls(text: str) -> str:
    if found := _CONTROLS.search(text):
        raise ValueError(f"contains the control character U+{ord(found[0]):04X}")
    return text


def _one_line(text: str) -> str:
    if found := _LINE_BREAKS.search(text):
        raise ValueError(f"must be one line, but contains U+{ord(found[0]):04X}")
    return text


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not an IANA time zone, for instance Europe/Madrid")
    return name


def _web_address(url: str) -> str:
    if not url.lower().startswith(("https://", "http://", "mailto:")):
        raise ValueError("must be an http, https or mailto address")
    return url


CustomerCode = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$", max_length=32),
    AfterValidator(_not_reserved),
    Field(description="A customer's code, for instance acme."),
]
ChangeId = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$"),
    Field(description="What the change system calls the change, for instance CHG0042117."),
]
Line = Annotated[str, StringConstraints(max_length=2_000), AfterValidator(_one_line)]
Text = Annotated[str, StringConstraints(max_length=TEXT_LIMIT), AfterValidator(_no_controls)]
TimeZone = Annotated[
    str,
    AfterValidator(_known_zone),
    Field(description="IANA time zone, for instance Europe/Madrid."),
]
Url = Annotated[Line, AfterValidator(_web_address)]


class Frozen(BaseModel):
    """A value: immutable, and ignoring keys that a later version may add."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


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
    """When the change happens: two instants (RFC 3339, UTC), and the zone it was planned in."""

    start: AwareDatetime
    end: AwareDatetime
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
    start: AwareDatetime
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

    timestamp: AwareDatetime
    user_id: Line = ""
    type: Line


class Change(Frozen):
    """One revision of a change, in canonical form."""

    change_id: ChangeId
    revision: Annotated[int, Field(ge=1, le=1_000_000)]
    kind: Kind = Kind.CHANGE
    category: Line | None = None
    title: Annotated[str, StringConstraints(min_length=1, max_length=TITLE_LIMIT)]
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
    def _has_a_one_line_title_and_a_window(self) -> Self:
        _one_line(self.title)
        if not self.title.strip():
            raise ValueError("the title is empty")
        if self.kind is Kind.CHANGE and self.window is None and self.status is not Status.DRAFT:
            raise ValueError("a change needs a window: when does it start and end?")
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
_MATERIAL = frozenset({"status", "window", "customer_impact"})


def differences(old: Change, new: Change) -> list[Difference]:
    """The fields in which `new` differs from `old`, in the order in which people read them."""
    return [
        Difference(name, getattr(old, name), getattr(new, name), name in _MATERIAL)
        for name in _COMPARED
        if getattr(old, name) != getattr(new, name)
    ]


def is_material(old: Change, new: Change) -> bool:
    """Whether whoever was told `old` must be told `new`: window, impact or status differ."""
    return any(difference.material for difference in differences(old, new))


def view_for(change: Change, customer: str) -> Change:
    """The change as this customer may see it: only its own section of `customer_details`."""
    if not change.customer_details:
        return change
    own = {code: section for code, section in change.customer_details.items() if code == customer}
    return change.model_copy(update={"customer_details": own or None})


def fingerprint(change: Change, customer: str | None = None) -> str:
    """SHA-256 (hex) of the change's content, as `customer` sees it, or whole.

    History and revision number do not count: two documents with the same fingerprint say the same.
    """
    seen = change if customer is None else view_for(change, customer)
    canonical = seen.model_dump_json(exclude={"history", "revision"}, exclude_none=True)
    return hashlib.sha256(_sorted_json(canonical).encode()).hexdigest()


def _sorted_json(text: str) -> str:
    return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))


def utc(moment: datetime) -> str:
    """RFC 3339 in UTC with a Z, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def with_revision(change: Change, revision: int) -> Change:
    """The same change under another revision."""
    return change.model_copy(update={"revision": revision})
