"""The events about answers: from the customer to the hub, and from the hub to subscribers.

`ResponseRecorded` travels from a customer's account to the hub, `ChangeResponded` from the hub's
tracker to everyone who subscribes on the hub's bus. How to add a field:
contract/change_announced.py.
"""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from changecast.contract.approval import Approval, ResponseCounts
from changecast.contract.envelope import (
    WRITTEN_VERSION,
    Envelope,
    SchemaVersion,
    customer_entry,
    parse_event,
)
from changecast.contract.fields import (
    ChangeId,
    CustomerCode,
    Frozen,
    Instant,
    Line,
    RevisionNumber,
    Text,
    Whole,
)
from changecast.contract.response import COMMENT_LIMIT, WINDOWS_LIMIT, Response

RECORDED_TYPE = "ResponseRecorded"
RESPONDED_SOURCE = "changecast.responses"
RESPONDED_TYPE = "ChangeResponded"


class WantedWindow(Frozen):
    """Another window that a person asks for."""

    start: Instant = Field(description="When the work should start.")
    end: Instant = Field(description="When the work should end.")

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Self:
        if self.start >= self.end:
            raise ValueError("the window must end after it starts")
        return self


class ResponseRecorded(Frozen):
    """`detail` of source `changecast.delivery.<account id>`: one answer of one person.

    `event_id` belongs to the answer and is the same in a repeat. `responder` is a pseudonym of the
    person, or their address if the customer allows it.
    """

    schema_version: SchemaVersion = Field(
        default=WRITTEN_VERSION, description="The version of this event."
    )
    event_id: UUID = Field(description="The answer's id; a repeated event has the same id.")
    change_id: ChangeId
    revision: RevisionNumber = Field(description="The revision that was answered.")
    customer: CustomerCode = Field(description="The customer of the person who answered.")
    response: Response = Field(description="What the person answered.")
    responder: Annotated[str, StringConstraints(max_length=320)] | None = Field(
        description="A pseudonym of the person, or the address if the customer allows it."
    )
    windows: tuple[WantedWindow, ...] = Field(
        description="The other times that the person suggests.",
        default=(),
        max_length=WINDOWS_LIMIT,
    )
    comment: Annotated[Text, StringConstraints(max_length=COMMENT_LIMIT)] = Field(
        default="", description="The person's reason, in their words."
    )
    superseded_by: RevisionNumber | None = Field(
        default=None, description="The newer revision, if one was known when the answer was given."
    )
    counts: ResponseCounts = Field(
        default=ResponseCounts(), description="The customer's current answers, counted by kind."
    )
    approval: Approval = Field(
        default=Approval.NONE, description="The state of the customer's approval."
    )
    response_seq: Whole = Field(
        description="A sequence number, which orders the customer's answers even if clocks are "
        "wrong."
    )
    report_seq: Whole = Field(
        description="A sequence number, which orders `counts` and `approval` by when they were "
        "read."
    )
    recorded_at: Instant = Field(description="When the answer was recorded.")

    @model_validator(mode="after")
    def _asks_for_another_time_or_not(self) -> Self:
        if self.windows and self.response is not Response.RESCHEDULE_REQUESTED:
            raise ValueError("windows are allowed only with reschedule_requested")
        return self


class ChangeResponded(Frozen):
    """`detail` of source `changecast.responses`, on the hub's bus: an answer that the hub keeps."""

    schema_version: SchemaVersion = Field(
        default=WRITTEN_VERSION, description="The version of this event."
    )
    event_id: UUID = Field(description="The answer's id; a repeated event has the same id.")
    change_id: ChangeId
    revision: RevisionNumber = Field(description="The revision that was answered.")
    title: Line = Field(default="", description="The change's title.")
    customer: CustomerCode = Field(description="The customer of the person who answered.")
    response: Response = Field(description="What the person answered.")
    responder: str | None = Field(
        description="A pseudonym of the person, or the address if the customer allows it."
    )
    windows: tuple[WantedWindow, ...] = Field(
        default=(), description="The other times that the person suggests."
    )
    comment: Text = Field(default="", description="The person's reason, in their words.")
    superseded_by: RevisionNumber | None = Field(
        default=None, description="The newer revision, if one was known when the answer was given."
    )
    counts: ResponseCounts = Field(
        default=ResponseCounts(), description="The customer's current answers, counted by kind."
    )
    approval: Approval = Field(
        default=Approval.NONE, description="The state of the customer's approval."
    )
    recorded_at: Instant = Field(description="When the answer was recorded.")


def parse_recorded(text: str | bytes) -> Envelope[ResponseRecorded]:
    """Return the envelope of a ResponseRecorded; ContractError names every fault with its path."""
    return parse_event(Envelope[ResponseRecorded], text)


def parse_responded(text: str | bytes) -> Envelope[ChangeResponded]:
    """Return the envelope of a ChangeResponded; ContractError names every fault with its path."""
    return parse_event(Envelope[ChangeResponded], text)


def recorded_entry(detail: ResponseRecorded, *, bus: str, account: str) -> dict[str, Any]:
    """Return the PutEvents entry of an answer that `account` recorded."""
    return customer_entry(RECORDED_TYPE, detail.model_dump_json(), bus, account)


def responded_entry(detail: ChangeResponded, *, bus: str) -> dict[str, Any]:
    """Return the PutEvents entry of an answer on the hub's own bus."""
    return {
        "Source": RESPONDED_SOURCE,
        "DetailType": RESPONDED_TYPE,
        "Detail": detail.model_dump_json(),
        "EventBusName": bus,
    }
