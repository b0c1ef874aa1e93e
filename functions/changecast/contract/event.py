"""The two events between hub and customers: models, names, and how to read them.

To add a field, which must be optional (docs/concepts.md#versions):
1. The model: `ChangeAnnounced` or `DeliveryReported` here; a field of the change itself in
   contract/change.py, and in contract/differences.py if readers must be told when it changes.
2. The code that sets it: hub/announcing/metadata/ (a change document), hub/announcing/events.py (an
   announcement), or customer/reporting/report.py (a report).
3. `python -m changecast_cli.schemas` writes schemas/ from the models.
4. Show it in the samples events/*.v1.json; tests/contract compares models, schemas and samples.
5. docs/metadata.md names what a change document may say, and CHANGELOG.md the new field.
"""

import json
import re
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, Self, TypeVar, get_args
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from changecast.contract import strict_json
from changecast.contract.approval import ResponseSummary
from changecast.contract.change import Change
from changecast.contract.digest import DIGEST_PREFIX
from changecast.contract.errors import ContractError
from changecast.contract.fields import (
    REVISION_LIMIT,
    ChangeId,
    CustomerCode,
    Frozen,
    Instant,
    Line,
    RevisionNumber,
)

ANNOUNCED_SOURCE = "changecast.changes"
ANNOUNCED_TYPE = "ChangeAnnounced"
REPORTED_SOURCE = "changecast.delivery"
REPORTED_TYPE = "DeliveryReported"
# The event versions that this package reads, and the one that it puts: docs/concepts.md, Versions.
SchemaVersion = Literal["1"]
READABLE_VERSIONS: tuple[str, ...] = get_args(SchemaVersion)
WRITTEN_VERSION: SchemaVersion = "1"
NOT_UNDERSTOOD, VERSION_PATH = "version_not_understood", "$.detail.schema_version"
EVENT_LIMIT = 900_000
ENVELOPE_LIMIT = 1_000_000
# The code under which a planner parks a revision that jumps too far ahead of those it knows.
REVISION_JUMP = "revision_jump"
DISCARDS_LIMIT = 1_000
TEST_SUFFIX = ":test"  # a test lives under <change id>:test
CHANNELS_LIMIT = 20  # chats and webhooks of a customer
CUSTOMERS_LIMIT = 10_000  # the tracker writes a row for each, in one call
PARTS_LIMIT = 999  # of an announcement that takes more than one event
# An event nests the document a few levels deeper.
ENVELOPE_DEPTH = strict_json.MAX_DEPTH + 8

Account = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
TraceParent = Annotated[
    str,
    StringConstraints(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"),
    Field(description="W3C Trace Context, section 3.2."),
]
Whole = Annotated[int, Field(ge=0, le=10**12)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
_ABOUT_THE_KEY = "[key]"  # what pydantic adds if a dict's key is at fault, not its value
_RUN: TypeAdapter[tuple[str, int, str]] = TypeAdapter(tuple[ChangeId, RevisionNumber, CustomerCode])
_SHORT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CODE: TypeAdapter[str] = TypeAdapter(CustomerCode)
_CHANGE_ID: TypeAdapter[str] = TypeAdapter(ChangeId)
_SUBJECT = re.compile(r"^[A-Z][a-z]+ should ")  # Input, String, Tuple
_CONTROL = re.compile(r"[\u0000-\u001f\u007f-\u009f]")


class ChangeAnnounced(Frozen):
    """`detail` of source `changecast.changes`: one revision of a change, for named customers."""

    schema_version: SchemaVersion = Field(
        default=WRITTEN_VERSION, description="The version of this event."
    )
    event_id: UUID = Field(
        description="Set by `announce`; EventBridge's own id changes along the way."
    )
    change_id: ChangeId
    revision: RevisionNumber = Field(
        description="The number of this state of the document, from 1."
    )
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
        default=None, description="When the event that this one announces again was put."
    )
    test: bool = Field(
        default=False,
        description="Whether this is a test; its id is <change_id>:test, so it is separate from "
        "the change.",
    )
    correlation_id: Line = Field(description="Change id and revision as one text, for logs.")
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
        description="How many events carry this revision, each to different customers; null means "
        "one.",
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
        default=0, description="SES accepted the mail; its outcome is also counted below."
    )
    delivered: Whole = Field(
        default=0, description="The recipient's mail server accepted the mail."
    )
    bounced: Whole = Field(default=0, description="The mail could not be delivered.")
    complained: Whole = Field(default=0, description="The recipient marked the mail as spam.")
    suppressed: Whole = Field(
        default=0, description="On the account's suppression list, so SES did not deliver the mail."
    )
    failed: Whole = Field(
        default=0, description="SES refused the mail, or the address cannot be mailed."
    )
    unknown: Whole = Field(
        default=0, description="SES did not answer, and its events have not settled it yet."
    )
    held: Whole = Field(
        default=0, description="SES may or may not have the mail; it is not sent again."
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
        description="The customer's name for it."
    )
    channel: Annotated[str, StringConstraints(pattern=r"^[a-z]{1,16}$")] = Field(
        description="`chat` or `webhook`."
    )
    state: ChannelState = Field(description="Its state; `sent` if SNS or the receiver accepted it.")
    code: Annotated[str, StringConstraints(max_length=128)] = Field(
        default="", description="Why it is not sent: an HTTP status, or one word."
    )
    next_try_at: Instant | None = Field(
        default=None, description="When it is tried again; null if it is not."
    )


class Reason(Frozen):
    """Reason for a state, complete enough to act on without opening a log."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    class_: Annotated[str, StringConstraints(max_length=64)] = Field(
        description="The kind of error.", alias="class"
    )
    code: Annotated[str, StringConstraints(max_length=128)] = Field(
        description="What happened, as one word: an AWS error code or one of ours."
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
    before: Line = Field(description="How long before the start, for instance 24h or 30min.")


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
        description="Orders one customer's reports, because clocks may be wrong."
    )
    counts: Counts = Field(default=Counts(), description="The number of recipients by state.")
    reason: Reason | None = Field(default=None, description="Why the run did not end well.")
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
        description="Which reminder this is about, with its own counts; null for an announcement.",
    )

    @model_validator(mode="after")
    def _knows_its_run_unless_rejected(self) -> Self:
        known = None not in (self.event_id, self.change_id, self.revision)
        if not known and self.state is not RunState.REJECTED:
            raise ValueError(
                "event_id, change_id and revision may be null only if state is rejected"
            )
        return self


Detail = TypeVar("Detail", bound=BaseModel)


class Envelope(Frozen, Generic[Detail]):
    """An event as EventBridge delivers it.

    https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    version: str = "0"
    id: Name
    detail_type: Name = Field(alias="detail-type")
    source: Name
    account: Account
    time: Instant
    region: Name
    resources: tuple[str, ...] = ()
    detail: Detail


def parse_announced(text: str | bytes) -> Envelope[ChangeAnnounced]:
    """Return the envelope of a ChangeAnnounced; a test gets its own id.

    Raises:
        ContractError: The event has faults; the error names each with its path.
    """
    envelope = parse_event(Envelope[ChangeAnnounced], text)
    return envelope.model_copy(update={"detail": under_its_own_id(envelope.detail)})


def under_its_own_id(announced: ChangeAnnounced) -> ChangeAnnounced:
    """Return the announcement; a test gets the id of a test.

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
    """Return the change as its test; ContractError if its id would be too long."""
    own = {"change_id": id_of_test(change.change_id), "test_run": True}
    return change.model_copy(update=own)


def id_of_test(change_id: str) -> str:
    """Return the id of this change's test; ContractError if it would be too long."""
    name = change_id if change_id.endswith(TEST_SUFFIX) else f"{change_id}{TEST_SUFFIX}"
    try:
        return _CHANGE_ID.validate_python(name)
    except ValidationError as error:
        raise ContractError("change_id", f"{name!r} is too long for a test's id") from error


def refuse_reserved_id(change_id: str, path: str) -> None:
    """Raise ContractError if a change that is not a test has the id of a test or of a digest."""
    whose = ""
    if change_id.endswith(TEST_SUFFIX):
        whose = "test"
    if change_id.startswith(DIGEST_PREFIX):
        whose = "weekly digest"
    if whose:
        raise ContractError(
            "change_id", f"{change_id!r} is the id of a {whose}; a change needs another one", path
        )


def parse_reported(text: str | bytes) -> Envelope[DeliveryReported]:
    """Return the envelope of a DeliveryReported; ContractError names every fault with its path."""
    return parse_event(Envelope[DeliveryReported], text)


def run_named_by(text: str | bytes) -> tuple[str, int, str] | None:
    """Return the (change id, revision, customer) that a report names.

    None if it is no report, or one of a reminder.
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
    """Return the customer that a report claims to be from, None if it is no report."""
    try:
        return _CODE.validate_python(json.loads(text)["detail"]["customer"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


_Envelope = TypeVar("_Envelope", bound=BaseModel)


def parse_event(model: type[_Envelope], text: str | bytes) -> _Envelope:
    """Read an event strictly: "3" for 3 or "yes" for true is a fault, as the schema says."""
    value = strict_json.loads(text, max_bytes=ENVELOPE_LIMIT, max_depth=ENVELOPE_DEPTH)
    try:
        return model.model_validate_json(strict_json.dumps(value), strict=True)
    except ValidationError as error:
        if (version := _version_of(value)) not in READABLE_VERSIONS:
            raise ContractError(NOT_UNDERSTOOD, _not_understood(version), VERSION_PATH) from error
        faults = faults_of(error)
        path, message = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise ContractError("schema", f"{path}: {message}{more}", path) from error


def _version_of(event: Any) -> str:
    """Return the version that an event states; ours if it states no possible version."""
    detail = event.get("detail") if isinstance(event, dict) else None
    said = detail.get("schema_version") if isinstance(detail, dict) else None
    return said if isinstance(said, str) else WRITTEN_VERSION


def _not_understood(version: str) -> str:
    return (
        f"this stack cannot read event version {version[:20]!r}, only "
        f"{', '.join(READABLE_VERSIONS)}: upgrade it, then redrive the event"
    )


def faults_of(error: ValidationError) -> list[tuple[str, str]]:
    """Return (JSON path, message) of every fault, without values, which may be personal data."""
    return [
        (json_path(fault["loc"]), _in_our_words(fault["msg"]))
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _in_our_words(message: str) -> str:
    """Return pydantic's message as a sentence whose subject is the path before it."""
    if message == "Field required":
        return "is missing"
    return _SUBJECT.sub("must ", message.removeprefix("Value error, "))


def json_path(keys: tuple[int | str, ...]) -> str:
    """Return a location as RFC 9535 writes it: $.detail.customers[0]; odd names are ['quoted']."""
    return "$" + "".join(_segment(key) for key in keys if key != _ABOUT_THE_KEY)


def _segment(key: int | str) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    if _SHORT_NAME.fullmatch(key):
        return f".{key}"
    quoted = key.replace("\\", "\\\\").replace("'", "\\'")
    return "['" + _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted) + "']"


def announced_entry(detail: ChangeAnnounced, *, bus: str, trace_header: str) -> dict[str, Any]:
    """Return the PutEvents entry of an announcement."""
    return {
        "Source": ANNOUNCED_SOURCE,
        "DetailType": ANNOUNCED_TYPE,
        "Detail": detail.model_dump_json(exclude_none=True),
        "EventBusName": bus,
        "TraceHeader": trace_header,
    }


def reported_entry(detail: DeliveryReported, *, bus: str, account: str) -> dict[str, Any]:
    """Return the PutEvents entry of a report from `account`."""
    return customer_entry(REPORTED_TYPE, detail.model_dump_json(by_alias=True), bus, account)


def customer_entry(detail_type: str, detail: str, bus: str, account: str) -> dict[str, Any]:
    """Return the PutEvents entry of an event from a customer's `account`; `detail` is JSON."""
    return {
        "Source": f"{REPORTED_SOURCE}.{account}",
        "DetailType": detail_type,
        "Detail": detail,
        "EventBusName": bus,
    }


def entry_size(entry: dict[str, Any]) -> int:
    """Return an entry's size in bytes, as EventBridge counts it.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html (event entry size)
    """
    parts = [entry["Source"], entry["DetailType"], entry["Detail"], *entry.get("Resources", ())]
    return sum(len(part.encode()) for part in parts) + (14 if "Time" in entry else 0)
