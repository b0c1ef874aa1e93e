"""The two events between hub and customers, as they travel: models, names, and how to read one."""

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

from changecast import strict_json
from changecast.change import Change
from changecast.errors import ContractError
from changecast.fields import ChangeId, CustomerCode, Frozen, Instant, Line, RevisionNumber

ANNOUNCED_SOURCE = "changecast.changes"
ANNOUNCED_TYPE = "ChangeAnnounced"
REPORTED_SOURCE = "changecast.delivery"
REPORTED_TYPE = "DeliveryReported"
# The event versions that this package reads, and the one that it puts: docs/concepts.md, Versions.
SchemaVersion = Literal["1"]
READS: tuple[str, ...] = get_args(SchemaVersion)
PUTS: SchemaVersion = "1"
NOT_UNDERSTOOD, VERSION_PATH = "version_not_understood", "$.detail.schema_version"
EVENT_LIMIT = 900_000
ENVELOPE_LIMIT = 1_000_000
CUSTOMERS_LIMIT = 2_000  # the tracker writes a row for each, in one call
# An event nests the document a few levels deeper than it was handed over.
ENVELOPE_DEPTH = strict_json.MAX_DEPTH + 8

Account = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
TraceParent = Annotated[
    str,
    StringConstraints(pattern=r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"),
    Field(description="W3C Trace Context, section 3.2."),
]
Whole = Annotated[int, Field(ge=0, le=10**12)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
_ABOUT_THE_KEY = "[key]"  # what pydantic adds where a name in a dict is at fault, not its value
_RUN: TypeAdapter[tuple[str, int, str]] = TypeAdapter(tuple[ChangeId, RevisionNumber, CustomerCode])
_SHORT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CODE: TypeAdapter[str] = TypeAdapter(CustomerCode)
_SUBJECT = re.compile(r"^[A-Z][a-z]+ should ")  # Input, String, Tuple
_CONTROL = re.compile(r"[\u0000-\u001f\u007f-\u009f]")


class ChangeAnnounced(Frozen):
    """`detail` of source `changecast.changes`: one revision of one change, for whom it names."""

    schema_version: SchemaVersion = PUTS
    event_id: UUID = Field(description="Given by whoever announces; EventBridge's own id changes.")
    change_id: ChangeId
    revision: RevisionNumber
    customers: tuple[CustomerCode, ...] = Field(
        max_length=CUSTOMERS_LIMIT, description="Who is affected."
    )
    withdrawn: tuple[CustomerCode, ...] = Field(
        default=(),
        max_length=CUSTOMERS_LIMIT,
        description="Who was affected by an earlier revision and no longer is.",
    )
    announced_at: Instant
    announced_by: Line
    reannounces: UUID | None = None
    test: bool = False
    correlation_id: Line
    traceparent: TraceParent | None = None
    change: Change
    metadata: dict[str, JsonValue] = Field(description="The document as it was handed over.")

    @model_validator(mode="after")
    def _names_each_customer_once(self) -> Self:
        named = [*self.customers, *self.withdrawn]
        if not named:
            raise ValueError("names no customer")
        if len(named) != len(set(named)):
            raise ValueError("names a customer twice in customers and withdrawn")
        if (self.change.change_id, self.change.revision) != (self.change_id, self.revision):
            raise ValueError("change_id and revision differ from those inside change")
        return self


class RunState(StrEnum):
    """Where one customer's delivery of one revision stands."""

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
    """How many recipients stand where. `planned` is all of them; the others are parts of it."""

    planned: Whole = 0
    sent: Whole = 0
    delivered: Whole = 0
    bounced: Whole = 0
    complained: Whole = 0
    suppressed: Whole = 0
    failed: Whole = 0
    unknown: Whole = 0
    held: Whole = 0


class Reason(Frozen):
    """Why it is so, complete enough to act on without opening a log."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    class_: Annotated[str, StringConstraints(max_length=64)] = Field(alias="class")
    code: Annotated[str, StringConstraints(max_length=128)]
    message: Annotated[str, StringConstraints(max_length=1_000)]
    request_id: Annotated[str, StringConstraints(max_length=128)] | None = None
    at: Instant


class DeliveryReported(Frozen):
    """`detail` of source `changecast.delivery.<account id>`: where one run stands now.

    `event_id`, `change_id` and `revision` are null only where a rejected event gave none.
    """

    schema_version: SchemaVersion = PUTS
    event_id: UUID | None
    change_id: ChangeId | None
    revision: RevisionNumber | None
    customer: CustomerCode
    state: RunState
    report_seq: Whole = Field(description="Orders one customer's reports; clocks do not.")
    counts: Counts = Counts()
    reason: Reason | None = None
    started_at: Instant
    ended_at: Instant | None = None
    trace_id: Annotated[str, StringConstraints(max_length=64)]

    @model_validator(mode="after")
    def _knows_its_run_unless_rejected(self) -> Self:
        known = None not in (self.event_id, self.change_id, self.revision)
        if not known and self.state is not RunState.REJECTED:
            raise ValueError("only a rejected report may leave event_id, change_id, revision null")
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
    """The envelope of a ChangeAnnounced; ContractError names every fault with its path."""
    return _parse(Envelope[ChangeAnnounced], text)


def parse_reported(text: str | bytes) -> Envelope[DeliveryReported]:
    """The envelope of a DeliveryReported; ContractError names every fault with its path."""
    return _parse(Envelope[DeliveryReported], text)


def told_run(text: str | bytes) -> tuple[str, int, str] | None:
    """(change id, revision, customer) that a report tells of, None where it is none; cheap."""
    try:
        detail = json.loads(text)["detail"]
        named = (detail["change_id"], detail["revision"], detail["customer"])
        return _RUN.validate_python(named, strict=True)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def claimed_by(text: str | bytes) -> str | None:
    """The customer that a report says it comes from, None where it is no report; a cheap look."""
    try:
        return _CODE.validate_python(json.loads(text)["detail"]["customer"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


_Envelope = TypeVar("_Envelope", bound=BaseModel)


def _parse(model: type[_Envelope], text: str | bytes) -> _Envelope:
    """Strict: what the published schema does not allow ("3" for 3, "yes" for true) is a fault."""
    value = strict_json.loads(text, max_bytes=ENVELOPE_LIMIT, max_depth=ENVELOPE_DEPTH)
    try:
        return model.model_validate_json(strict_json.dumps(value), strict=True)
    except ValidationError as error:
        if (version := _version_of(value)) not in READS:
            raise ContractError(NOT_UNDERSTOOD, _not_understood(version), VERSION_PATH) from error
        faults = faults_of(error)
        path, message = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise ContractError("schema", f"{path}: {message}{more}", path) from error


def _version_of(event: Any) -> str:
    """The version that an event says it has; where it says none that could be one, ours."""
    detail = event.get("detail") if isinstance(event, dict) else None
    said = detail.get("schema_version") if isinstance(detail, dict) else None
    return said if isinstance(said, str) else PUTS


def _not_understood(version: str) -> str:
    return (
        f"event version {version[:20]!r} is not read here, only {', '.join(READS)}: "
        "upgrade this stack, then bring the event again"
    )


def faults_of(error: ValidationError) -> list[tuple[str, str]]:
    """(JSON path, message) of every fault, without the offending values (they may be people's)."""
    return [
        (json_path(fault["loc"]), _in_our_words(fault["msg"]))
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _in_our_words(message: str) -> str:
    """pydantic's sentence, with the path that stands before it as its subject."""
    if message == "Field required":
        return "is missing"
    return _SUBJECT.sub("must ", message.removeprefix("Value error, "))


def json_path(keys: tuple[int | str, ...]) -> str:
    """RFC 9535: ('detail', 'customers', 0) is $.detail.customers[0]; odd names are ['quoted']."""
    return "$" + "".join(_segment(key) for key in keys if key != _ABOUT_THE_KEY)


def _segment(key: int | str) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    if _SHORT_NAME.fullmatch(key):
        return f".{key}"
    quoted = key.replace("\\", "\\\\").replace("'", "\\'")
    return "['" + _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted) + "']"


def announced_entry(detail: ChangeAnnounced, *, bus: str, trace_header: str) -> dict[str, Any]:
    """The PutEvents entry of an announcement."""
    return {
        "Source": ANNOUNCED_SOURCE,
        "DetailType": ANNOUNCED_TYPE,
        "Detail": detail.model_dump_json(exclude_none=True),
        "EventBusName": bus,
        "TraceHeader": trace_header,
    }


def reported_entry(detail: DeliveryReported, *, bus: str, account: str) -> dict[str, Any]:
    """The PutEvents entry of a report from `account`."""
    return {
        "Source": f"{REPORTED_SOURCE}.{account}",
        "DetailType": REPORTED_TYPE,
        "Detail": detail.model_dump_json(by_alias=True),
        "EventBusName": bus,
    }


def entry_size(entry: dict[str, Any]) -> int:
    """Bytes of an entry as EventBridge counts them.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html (event entry size)
    """
    parts = [entry["Source"], entry["DetailType"], entry["Detail"], *entry.get("Resources", ())]
    return sum(len(part.encode()) for part in parts) + (14 if "Time" in entry else 0)
