"""`DeliveryReported`, the event from a customer to the hub: the current state of one delivery.

How to add a field: contract/change_announced.py.
"""

import json
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

from changecast.contract.approval import ResponseSummary
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
    Whole,
)

REPORTED_TYPE = "DeliveryReported"
CHANNELS_LIMIT = 20  # chats and webhooks of a customer

_RUN: TypeAdapter[tuple[str, int, str]] = TypeAdapter(tuple[ChangeId, RevisionNumber, CustomerCode])
_CODE: TypeAdapter[str] = TypeAdapter(CustomerCode)


class RunState(StrEnum):
    """State of one customer's delivery of one revision."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    PARTIAL = "partial"
    FAILED = "failed"
    HELD = "held"
    PAUSED = "paused"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    NOTHING_TO_SEND = "nothing_to_send"


FINAL_STATES = frozenset(
    {
        RunState.SENT, RunState.PARTIAL, RunState.FAILED, RunState.HELD, RunState.SUPERSEDED,
        RunState.REJECTED, RunState.NOTHING_TO_SEND,
    }
)  # fmt: skip


class Counts(Frozen):
    """Number of recipients by state. `planned` is all of them; the others are parts of it."""

    planned: Whole = Field(default=0, description="All recipients of the run.")
    sent: Whole = Field(
        default=0,
        description="Recipients whose mail SES accepted; what became of it is also counted below.",
    )
    delivered: Whole = Field(
        default=0, description="Recipients whose mail server accepted the mail."
    )
    bounced: Whole = Field(
        default=0, description="Recipients to whom the mail could not be delivered."
    )
    complained: Whole = Field(default=0, description="Recipients who marked the mail as spam.")
    suppressed: Whole = Field(
        default=0,
        description="Recipients on the account's suppression list; SES did not deliver their mail.",
    )
    failed: Whole = Field(
        default=0,
        description="Recipients whose mail SES refused, or whose address cannot be mailed.",
    )
    unknown: Whole = Field(
        default=0,
        description="Recipients for whom the call to SES got no answer, and about whom SES has "
        "reported nothing yet.",
    )
    held: Whole = Field(
        default=0,
        description="Recipients whose mail SES may or may not have sent; Changecast sends it "
        "again only if an operator releases it.",
    )


class ChannelState(StrEnum):
    """State of a run at one chat or webhook."""

    PLANNED = "planned"
    SENT = "sent"
    UNKNOWN = "unknown"
    HELD = "held"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class ChannelReport(Frozen):
    """Result of a run at one of the customer's chats or webhooks."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=32)] = Field(
        description="The customer's name for the chat or webhook."
    )
    channel: Annotated[str, StringConstraints(pattern=r"^[a-z]{1,16}$")] = Field(
        description="`chat` or `webhook`."
    )
    state: ChannelState = Field(
        description="The state of the notice; `sent` if SNS or the receiver accepted it."
    )
    code: Annotated[str, StringConstraints(max_length=128)] = Field(
        default="", description="Why the notice was not sent: an HTTP status, or one word."
    )
    next_try_at: Instant | None = Field(
        default=None, description="When the notice will be sent again; null if never."
    )


class Reason(Frozen):
    """Reason for a state, complete enough to act on without opening a log."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    class_: Annotated[str, StringConstraints(max_length=64)] = Field(
        description="The kind of error.", alias="class"
    )
    code: Annotated[str, StringConstraints(max_length=128)] = Field(
        description="What happened, as one word: an AWS error code, or one of Changecast's."
    )
    message: Annotated[str, StringConstraints(max_length=1_000)] = Field(
        description="What happened, in a sentence."
    )
    request_id: Annotated[str, StringConstraints(max_length=128)] | None = Field(
        default=None, description="The id of the AWS request that failed."
    )
    at: Instant = Field(description="When it happened.")


class Reminder(Frozen):
    """Which reminder of a change a report is about."""

    window_start: Instant = Field(description="The start that people are reminded of.")
    before: Line = Field(description="How long before the start, for example 24h or 30min.")


class DeliveryReported(Frozen):
    """`detail` of source `changecast.delivery.<account id>`: the current state of one run.

    `event_id`, `change_id` and `revision` are null only if a rejected event had none.
    """

    schema_version: SchemaVersion = Field(
        default=WRITTEN_VERSION, description="The version of this event."
    )
    event_id: UUID | None = Field(
        description="The `event_id` of the announcement; null if a rejected event had none."
    )
    change_id: ChangeId | None = Field(description="The change; null if a rejected event had none.")
    revision: RevisionNumber | None = Field(
        description="The revision; null if a rejected event had none."
    )
    customer: CustomerCode = Field(description="The customer that reports.")
    state: RunState = Field(description="The state of the run.")
    report_seq: Whole = Field(
        description="A sequence number, which orders the customer's reports even if clocks are "
        "wrong."
    )
    counts: Counts = Field(default=Counts(), description="The number of recipients by state.")
    reason: Reason | None = Field(
        default=None, description="Why the run is in this state; null if all went well."
    )
    started_at: Instant = Field(description="When the run was planned.")
    ended_at: Instant | None = Field(
        default=None, description="When the run ended; null until then."
    )
    trace_id: Annotated[str, StringConstraints(max_length=64)] = Field(
        description="The X-Ray trace of the run."
    )
    responses: ResponseSummary | None = Field(
        default=None, description="The answers of the customer's people, if they can answer."
    )
    channels: Annotated[tuple[ChannelReport, ...], Field(max_length=CHANNELS_LIMIT)] | None = Field(
        default=None, description="The customer's chats and webhooks, if it has any."
    )
    reminder: Reminder | None = Field(
        default=None,
        description="The reminder that this report and its `counts` are about; null for an "
        "announcement.",
    )

    @model_validator(mode="after")
    def _knows_its_run_unless_rejected(self) -> Self:
        known = None not in (self.event_id, self.change_id, self.revision)
        if not known and self.state is not RunState.REJECTED:
            raise ValueError(
                "event_id, change_id and revision may be null only if state is rejected"
            )
        return self


def parse_reported(text: str | bytes) -> Envelope[DeliveryReported]:
    """Return the envelope of a DeliveryReported; ContractError names every fault with its path."""
    return parse_event(Envelope[DeliveryReported], text)


def run_named_by(text: str | bytes) -> tuple[str, int, str] | None:
    """Return the (change id, revision, customer) that a report names.

    None if the text is not a report, or is the report of a reminder.
    """
    try:
        detail = json.loads(text)["detail"]
        if detail.get("reminder"):
            return None
        named = (detail["change_id"], detail["revision"], detail["customer"])
        return _RUN.validate_python(named, strict=True)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def claimed_by(text: str | bytes) -> str | None:
    """Return the customer that a report claims to be from, None if it is not a report."""
    try:
        return _CODE.validate_python(json.loads(text)["detail"]["customer"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def reported_entry(detail: DeliveryReported, *, bus: str, account: str) -> dict[str, Any]:
    """Return the PutEvents entry of a report from `account`."""
    return customer_entry(REPORTED_TYPE, detail.model_dump_json(by_alias=True), bus, account)
