"""What every event between hub and customers has: its envelope, its version, and how it is read.

It is apart from the events' models, which most callers do not need and which load slowly.
"""

import re
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from changecast.contract import strict_json
from changecast.contract.errors import ContractError
from changecast.contract.fields import Frozen, Instant

REPORTED_SOURCE = "changecast.delivery"
# The event versions that this package reads, and the one that it puts: docs/concepts.md, Versions.
SchemaVersion = Literal["1"]
READABLE_VERSIONS: tuple[str, ...] = get_args(SchemaVersion)
WRITTEN_VERSION: SchemaVersion = "1"
NOT_UNDERSTOOD, VERSION_PATH = "version_not_understood", "$.detail.schema_version"
EVENT_LIMIT = 900_000
ENVELOPE_LIMIT = 1_000_000
# An event nests the document a few levels deeper.
ENVELOPE_DEPTH = strict_json.MAX_DEPTH + 8

Account = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
_ABOUT_THE_KEY = "[key]"  # what pydantic adds if a dict's key is at fault, not its value
_SHORT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SUBJECT = re.compile(r"^[A-Z][a-z]+ should ")  # Input, String, Tuple
_CONTROL = re.compile(r"[\u0000-\u001f\u007f-\u009f]")
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
    """Return the version that an event states; ours if it states none, or not as a text."""
    detail = event.get("detail") if isinstance(event, dict) else None
    said = detail.get("schema_version") if isinstance(detail, dict) else None
    return said if isinstance(said, str) else WRITTEN_VERSION


def _not_understood(version: str) -> str:
    return (
        f"this stack cannot read event version {version[:20]!r}, only "
        f"{', '.join(READABLE_VERSIONS)}: upgrade the stack, then redrive the event"
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
