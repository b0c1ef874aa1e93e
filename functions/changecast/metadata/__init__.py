"""metadata.json, in any shape found in the field, read into one canonical change."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from changecast import strict_json
from changecast.change import NO_WINDOW, Change
from changecast.errors import ContractError
from changecast.event import EVENT_LIMIT, faults_of
from changecast.fields import REVISION_LIMIT
from changecast.metadata.customers import customers_of, place
from changecast.metadata.document import Document, Fault, MetadataFault, Source
from changecast.metadata.shapes import SHAPES, Shape

__all__ = ["Document", "Fault", "MetadataFault", "place", "read_document"]

_TICKETS = (
    "change_metadata.tickets.service_now",
    "changeMetadata.tickets.serviceNow",
    "change_metadata.tickets.jira",
    "changeMetadata.tickets.jira",
)
_NOTHING = ("", "\ufeff", b"", b"\xef\xbb\xbf")
_NO_SHAPE = (
    "is no change document that we know: it has none of object_type, changeTitle, "
    "change_metadata, changeMetadata, or changeId with title"
)


def read_document(
    document: str | bytes | Mapping[str, Any], *, change_id: str | None = None
) -> Document:
    """Read one document; `change_id` names a change whose document has no identity.

    Raises MetadataFault with every fault and its JSON path, never only the first.
    """
    raw = _raw(document)
    shape = next((shape for shape in SHAPES if shape.tells(raw)), None)
    if shape is None:
        raise MetadataFault([Fault("$", _NO_SHAPE)])
    source = Source(raw)
    fields = shape.read(source)
    version = _version(source)
    fields |= {
        "change_id": _identity(source, shape, change_id),
        "revision": version or 1,
        "status": _status(source, fields["history"]),
    }
    _want_window(source, fields)
    named = customers_of(source, shape.codes, shape.names)
    change = _change(source, fields)
    if source.faults or change is None:
        raise MetadataFault(source.faults)
    warnings = tuple(dict.fromkeys(source.warnings))
    return Document(
        change, named.codes, raw, version, shape.name, named.names, warnings, named.paths
    )


def _raw(document: str | bytes | Mapping[str, Any]) -> dict[str, Any]:
    text = _written(document) if isinstance(document, Mapping) else document
    if text.strip() in _NOTHING:
        raise MetadataFault([Fault("$", "the document is empty")])
    try:
        raw = strict_json.loads(text, max_bytes=EVENT_LIMIT)
    except ContractError as error:
        raise MetadataFault([Fault("$", error.message)]) from error
    if not isinstance(raw, dict):
        raise MetadataFault([Fault("$", "must be a JSON object")])
    return raw


def _written(document: Mapping[str, Any]) -> str:
    """A document built in Python, as JSON: it gets the same checks as one from a file."""
    try:
        return strict_json.dumps(document)
    except (TypeError, ValueError, RecursionError) as error:
        raise MetadataFault([Fault("$", f"cannot be written as JSON: {error}")]) from error


def _want_window(source: Source, fields: dict[str, Any]) -> None:
    """The model asks too, but only of a change that is otherwise sound; here all faults come."""
    about_times = {source.origin(("window", end)) for end in ("start", "end", "timezone")}
    if (
        fields["kind"] == "change"
        and fields["window"] is None
        and fields["status"] != "draft"
        and not about_times & {fault.path for fault in source.faults}
    ):
        source.fault("window", NO_WINDOW)


def _identity(source: Source, shape: Shape, given: str | None) -> Any:
    own = source.take("change_id", *shape.identity)
    if own and given and own != given:
        source.fault("change_id", f"the document says {str(own)[:60]!r}, --change-id {given!r}")
    found = own or given or source.take("change_id", *_TICKETS)
    if not found:
        source.fault("change_id", "nothing names the change: give it an id, or --change-id")
        return "unknown"
    return found


def _version(source: Source) -> int | None:
    version = source.take("revision", "version")
    if version is None:
        return None
    if isinstance(version, str) and version.isdecimal() and len(version) < 7:
        version = int(version)
    if type(version) is not int or not 1 <= version <= REVISION_LIMIT:
        source.fault("revision", f"must be a whole number from 1 to {REVISION_LIMIT}")
        return None
    return version


def _status(source: Source, history: Any) -> Any:
    given = source.take("status", "status", "change_metadata.status", "changeMetadata.status")
    if isinstance(given, str):
        word = given.strip().lower().replace(" ", "_").replace("-", "_")
        return "cancelled" if word == "canceled" else word
    if given is not None:
        return given
    entries = history if isinstance(history, list) else []
    was_approved = any(
        isinstance(item, dict) and item.get("type") == "approved" for item in entries
    )
    by_field = source.take("status", "approvedAt", "approvedBy", "approved_at", "approved_by")
    return "approved" if was_approved or by_field else "submitted"


def _change(source: Source, fields: dict[str, Any]) -> Change | None:
    try:
        return Change.model_validate(fields)
    except ValidationError as error:
        seen = {fault.path for fault in source.faults}
        for (_, message), found in zip(faults_of(error), error.errors(), strict=True):
            path = source.origin(found["loc"])
            of_the_whole = not found["loc"] and seen  # no window: its times are at fault already
            if path not in seen and not of_the_whole:
                source.faults.append(Fault(path, message))
        if not source.faults:
            raise
        return None
