"""Read metadata.json, in any shape that change systems write, into one canonical change."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from changecast.contract import strict_json
from changecast.contract.change import NO_WINDOW, Change
from changecast.contract.envelope import EVENT_LIMIT, faults_of
from changecast.contract.errors import ContractError
from changecast.contract.fields import REVISION_LIMIT
from changecast.hub.announcing.metadata.action_times import warn_of_times
from changecast.hub.announcing.metadata.customers import customers_of, place, unseen_details
from changecast.hub.announcing.metadata.document import Document, Fault, MetadataFault, RawDocument
from changecast.hub.announcing.metadata.shapes import SHAPES, Shape
from changecast.hub.announcing.metadata.texts import same_name
from changecast.hub.announcing.metadata.unused import misspelt, unused_keys

__all__ = [
    "Document",
    "Fault",
    "MetadataFault",
    "place",
    "read_document",
    "same_name",
    "unseen_details",
]

_TICKETS = (
    "change_metadata.tickets.service_now",
    "changeMetadata.tickets.serviceNow",
    "change_metadata.tickets.jira",
    "changeMetadata.tickets.jira",
)
_APPROVED = ("approvedAt", "approvedBy", "approved_at", "approved_by")
_WHOLE = re.compile(r"[0-9]{1,6}(\.0+)?")
_NOTHING = ("", "\ufeff", b"", b"\xef\xbb\xbf")
_NO_SHAPE = (
    "is not a change document: it has none of object_type, changeTitle, "
    "change_metadata, changeMetadata, or changeId with title"
)


def read_document(
    document: str | bytes | Mapping[str, Any], *, change_id: str | None = None
) -> Document:
    """Read one document; `change_id` is for a document without an id or a ticket.

    Raises:
        MetadataFault: It has every fault with its JSON path, not only the first.
    """
    raw = _raw(document)
    shape = next((shape for shape in SHAPES if shape.tells(raw)), None)
    if shape is None:
        raise MetadataFault([Fault("$", _NO_SHAPE)])
    source = RawDocument(raw, asked={"object_type", "despite", "past", "notify_all", *_APPROVED})
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
    warn_of_times(source, change)
    unused = unused_keys(source)
    return Document(
        change=change,
        customers=named.codes,
        raw=raw,
        version=version,
        shape=shape.name,
        names=named.names,
        unused=tuple(unused),
        warnings=tuple(dict.fromkeys([*source.warnings, *misspelt(source, unused)])),
        paths=named.paths,
    )


def _raw(document: str | bytes | Mapping[str, Any]) -> dict[str, Any]:
    text = _written(document) if isinstance(document, Mapping) else _decoded(document)
    if text.strip() in _NOTHING:
        raise MetadataFault([Fault("$", "the document is empty")])
    try:
        raw = strict_json.loads(text, max_bytes=EVENT_LIMIT)
    except ContractError as error:
        raise MetadataFault([Fault("$", error.message)]) from error
    if not isinstance(raw, dict):
        raise MetadataFault([Fault("$", "the document must be a JSON object")])
    return raw


def _decoded(document: str | bytes) -> str | bytes:
    """Return the text; UTF-16 (from PowerShell) has a byte order mark, anything else is UTF-8."""
    if isinstance(document, str):
        return document
    if document.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        try:
            return document.decode("utf-16")
        except UnicodeDecodeError as error:
            message = f"the file is not valid UTF-16 at byte {error.start}: save it as UTF-8"
            raise MetadataFault([Fault("$", message)]) from error
    if document[:2] in {b"{\0", b"\0{"}:
        raise MetadataFault(
            [Fault("$", "the file is UTF-16 without a byte order mark: save it as UTF-8")]
        )
    return document


def _written(document: Mapping[str, Any]) -> str:
    """Return a document built in Python as JSON, so that it gets the same checks as a file."""
    try:
        return strict_json.dumps(document)
    except (TypeError, ValueError, RecursionError) as error:
        raise MetadataFault(
            [Fault("$", f"the document cannot be written as JSON: {error}")]
        ) from error


def _want_window(source: RawDocument, fields: dict[str, Any]) -> None:
    """Require a window; the model does too, but only in a change without other faults."""
    about_times = {source.origin(("window", end)) for end in ("start", "end", "timezone")}
    if (
        fields["kind"] == "change"
        and fields["window"] is None
        and fields["status"] != "draft"
        and not about_times & {fault.path for fault in source.faults}
    ):
        source.fault("window", NO_WINDOW)


def _identity(source: RawDocument, shape: Shape, given: str | None) -> Any:
    own = source.token("change_id", *shape.identity)
    if own and given and own != given:
        source.fault(
            "change_id",
            f"the document's id is {str(own)[:60]!r}, but --change-id is {given!r}: "
            "leave out --change-id",
        )
    found = own or given or source.token("change_id", *_TICKETS)
    if not found:
        source.fault(
            "change_id",
            "the change has no id: add one to the document, or announce it with --change-id",
        )
        return "unknown"
    return found


def _version(source: RawDocument) -> int | None:
    version = source.take("revision", "version")
    if version is None:
        return None
    if isinstance(version, str) and _WHOLE.fullmatch(version.strip()):
        version = int(version.strip().partition(".")[0])
    if isinstance(version, float) and version.is_integer():
        version = int(version)
    if type(version) is not int or not 1 <= version <= REVISION_LIMIT:
        source.fault("revision", f"must be a whole number from 1 to {REVISION_LIMIT}")
        return None
    return version


def _status(source: RawDocument, history: Any) -> Any:
    by_field = source.take("status", *_APPROVED)
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
    return "approved" if was_approved or by_field else "submitted"


def _change(source: RawDocument, fields: dict[str, Any]) -> Change | None:
    try:
        return Change.model_validate(fields)
    except ValidationError as error:
        seen = {fault.path for fault in source.faults}
        for (_, message), found in zip(faults_of(error), error.errors(), strict=True):
            path = source.origin(found["loc"])
            of_the_whole = not found["loc"] and seen  # no window: its times have faults
            if path not in seen and not of_the_whole:
                source.faults.append(Fault(path, message))
        if not source.faults:
            raise
        return None
