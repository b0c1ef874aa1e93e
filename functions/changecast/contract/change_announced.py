"""`ChangeAnnounced`, the event from the hub to customers: one revision of a change.

To add a field, which must be optional: CONTRIBUTING.md, "Add a field to an event or to a change".
"""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints, model_validator

from changecast.contract.change import Change
from changecast.contract.envelope import WRITTEN_VERSION, Envelope, SchemaVersion, parse_event
from changecast.contract.fields import (
    REVISION_LIMIT,
    ChangeId,
    CustomerCode,
    Frozen,
    Instant,
    Line,
    RevisionNumber,
)
from changecast.contract.reserved_ids import id_of_test, refuse_reserved_id

ANNOUNCED_SOURCE = "changecast.changes"
ANNOUNCED_TYPE = "ChangeAnnounced"
# The code under which a planner parks a revision that jumps too far ahead of those it knows.
REVISION_JUMP = "revision_jump"
DISCARDS_LIMIT = 1_000
CUSTOMERS_LIMIT = 10_000  # the tracker writes a row for each, in one call
PARTS_LIMIT = 999  # parts of an announcement that does not fit into one event

TraceParent = Annotated[
    str,
    StringConstraints(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"),
    Field(description="W3C Trace Context, section 3.2."),
]


class ChangeAnnounced(Frozen):
    """`detail` of source `changecast.changes`: one revision of a change, for named customers."""

    schema_version: SchemaVersion = Field(
        default=WRITTEN_VERSION, description="The version of this event."
    )
    event_id: UUID = Field(
        description="The id of the event, set by `announce`. EventBridge's own id changes on the "
        "way."
    )
    change_id: ChangeId
    revision: RevisionNumber = Field(description="The revision of the document, counted from 1.")
    customers: tuple[CustomerCode, ...] = Field(
        max_length=CUSTOMERS_LIMIT, description="The customers that are affected."
    )
    withdrawn: tuple[CustomerCode, ...] = Field(
        default=(),
        max_length=CUSTOMERS_LIMIT,
        description="The customers that an earlier revision named and this one does not.",
    )
    announced_at: Instant = Field(description="When it was announced.")
    announced_by: Line = Field(description="The ARN of the caller that announced it.")
    reannounces: UUID | None = Field(
        default=None, description="The `event_id` of the announcement that this one repeats."
    )
    first_announced_at: Instant | None = Field(
        default=None, description="When the event that this one repeats was put on the bus."
    )
    test: bool = Field(
        default=False,
        description="Whether this is a test. A test has the id <change_id>:test, separate from "
        "its change.",
    )
    correlation_id: Line = Field(
        description="The change's id and revision in one string, for logs."
    )
    traceparent: TraceParent | None = Field(
        default=None, description="The trace of the announcement: W3C Trace Context, section 3.2."
    )
    previous_revision: Annotated[int, Field(ge=0, le=REVISION_LIMIT)] | None = Field(
        default=None,
        description="The revision announced before this one, 0 for the first. `announce` adds it.",
    )
    discards: tuple[RevisionNumber, ...] = Field(
        default=(),
        max_length=DISCARDS_LIMIT,
        description="Revisions of this change that are void: as if they had never been announced.",
    )
    notify_all: Line | None = Field(
        default=None,
        description="Why everybody is mailed although nothing material changed.",
    )
    parts: Annotated[int, Field(ge=2, le=PARTS_LIMIT)] | None = Field(
        default=None,
        description="How many events contain this revision, each for different customers; null "
        "means one.",
    )
    change: Change = Field(description="The change in its canonical form.")
    metadata: dict[str, JsonValue] = Field(description="The change document as it was handed in.")

    @model_validator(mode="after")
    def _names_each_customer_once(self) -> Self:
        named = [*self.customers, *self.withdrawn]
        if not named:
            raise ValueError("names no customer")
        if len(named) != len(set(named)):
            raise ValueError("names a customer more than once in customers and withdrawn")
        if (self.change.change_id, self.change.revision) != (self.change_id, self.revision):
            raise ValueError("change_id and revision differ from those inside change")
        return self


def parse_announced(text: str | bytes) -> Envelope[ChangeAnnounced]:
    """Return the envelope of a ChangeAnnounced; a test gets its own id.

    Raises:
        ContractError: The event has faults; the error names each with its path.
    """
    envelope = parse_event(Envelope[ChangeAnnounced], text)
    return envelope.model_copy(update={"detail": under_its_own_id(envelope.detail)})


def under_its_own_id(announced: ChangeAnnounced) -> ChangeAnnounced:
    """Return the announcement, with a test's id if it is a test.

    Raises:
        ContractError: `change_id`: a real change has the id of a test or of a digest, or the id of
            a test is too long.
    """
    if not (announced.test or announced.change.test_run):
        refuse_reserved_id(announced.change_id, "$.detail.change_id")
        return announced
    change = as_test(announced.change)

    return announced.model_copy(
        update={"change_id": change.change_id, "change": change, "test": True}
    )


def as_test(change: Change) -> Change:
    """Return the change as a test of it; ContractError if the test's id would be too long."""
    own = {"change_id": id_of_test(change.change_id), "test_run": True}
    return change.model_copy(update=own)


def announced_entry(detail: ChangeAnnounced, *, bus: str, trace_header: str) -> dict[str, Any]:
    """Return the PutEvents entry of an announcement."""
    return {
        "Source": ANNOUNCED_SOURCE,
        "DetailType": ANNOUNCED_TYPE,
        "Detail": detail.model_dump_json(exclude_none=True),
        "EventBusName": bus,
        "TraceHeader": trace_header,
    }
