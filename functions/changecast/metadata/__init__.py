"""metadata.json, in any shape found in the field, read into one canonical change."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from changecast import strict_json
from changecast.change import Change, CustomerCode
from changecast.errors import ContractError
from changecast.event import EVENT_LIMIT, faults_of
from changecast.metadata.document import Document, Fault, MetadataFault, Source
from changecast.metadata.shapes import SHAPES, Shape

__all__ = ["Document", "Fault", "MetadataFault", "place", "read_document"]

_CODE = TypeAdapter(CustomerCode)
_TICKETS = (
    "change_metadata.tickets.service_now",
    "changeMetadata.tickets.serviceNow",
    "change_metadata.tickets.jira",
    "changeMetadata.tickets.jira",
)
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
    codes, names = _customers(source, shape)
    change = _change(source, fields)
    if source.faults or change is None:
        raise MetadataFault(source.faults)
    return Document(change, codes, raw, version, shape.name, names, tuple(source.warnings))


def place(document: Document, codes_by_name: Mapping[str, list[str]]) -> tuple[str, ...]:
    """The customers of a document, its display names placed by the registry.

    A name that is not exactly one registered customer's is a MetadataFault that lists it.
    """
    if not document.names:
        return document.customers
    lost = [name for name in document.names if len(codes_by_name.get(name, [])) != 1]
    if lost:
        known = ", ".join(sorted(codes_by_name)) or "nobody is registered"
        raise MetadataFault(
            [
                Fault("$", f"no single customer is registered as {name!r} (known: {known})")
                for name in lost
            ]
        )
    placed = (codes_by_name[name][0] for name in document.names)
    return tuple(dict.fromkeys([*document.customers, *placed]))


def _raw(document: str | bytes | Mapping[str, Any]) -> dict[str, Any]:
    text = strict_json.dumps(document) if isinstance(document, Mapping) else document
    if not text.strip():
        raise MetadataFault([Fault("$", "the document is empty")])
    try:
        raw = strict_json.loads(text, max_bytes=EVENT_LIMIT)
    except ContractError as error:
        raise MetadataFault([Fault("$", error.message)]) from error
    if not isinstance(raw, dict):
        raise MetadataFault([Fault("$", "must be a JSON object")])
    return raw


def _identity(source: Source, shape: Shape, given: str | None) -> Any:
    own = source.take("change_id", *shape.identity)
    if own and given and own != given:
        source.fault("change_id", f"the document says {str(own)[:60]!r}, --change-id {given!r}")
    found = own or given or source.take("change_id", *_TICKETS)
    if not found:
        source.fault("change_id", "has no id and no ticket: give one with --change-id")
        return "unknown"
    return found


def _version(source: Source) -> int | None:
    version = source.take("revision", "version")
    if version is None:
        return None
    if isinstance(version, str) and version.isdecimal() and len(version) < 7:
        version = int(version)
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= 1_000_000:
        source.fault("revision", "must be a whole number from 1")
        return None
    return version


def _status(source: Source, history: Any) -> Any:
    given = source.take("status", "status")
    if isinstance(given, str) and given:
        word = given.strip().lower().replace(" ", "_").replace("-", "_")
        return "cancelled" if word == "canceled" else word
    if given not in (None, ""):
        return given
    entries = history if isinstance(history, list) else []
    was_approved = any(
        isinstance(item, dict) and item.get("type") == "approved" for item in entries
    )
    by_field = source.take("status", "approvedAt", "approvedBy", "approved_at", "approved_by")
    return "approved" if was_approved or by_field else "submitted"


def _customers(source: Source, shape: Shape) -> tuple[tuple[str, ...], tuple[str, ...]]:
    codes = _strings(source, "customers", shape.codes)
    for index, code in enumerate(codes):
        _check_code(source, index, code)
    if len(codes) != len(set(codes)):
        twice = sorted({code for code in codes if codes.count(code) > 1})
        source.warnings.append(f"named twice, told once: {', '.join(twice)}")
    names = [] if codes else _strings(source, "names", shape.names)
    if not codes and not names:
        source.fault("customers", "names no customer")
    return tuple(dict.fromkeys(codes)), tuple(dict.fromkeys(names))


def _strings(source: Source, canonical: str, paths: tuple[str, ...]) -> list[str]:
    found = source.take(canonical, *paths)
    if isinstance(found, str) and canonical == "names":
        return [found] if found.strip() else []
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        source.fault(canonical, "must be a list of texts")
        return []
    return found


def _check_code(source: Source, index: int, code: str) -> None:
    try:
        _CODE.validate_python(code)
    except ValidationError as error:
        path = f"{source.origin(('customers',))}[{index}]"
        message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        if "pattern" in message:
            message = "must be a customer code: a-z, 0-9 and -, at most 32 characters"
        source.faults.append(Fault(path, f"{code[:40]!r} {message}"))


def _change(source: Source, fields: dict[str, Any]) -> Change | None:
    try:
        return Change.model_validate(fields)
    except ValidationError as error:
        seen = {fault.path for fault in source.faults}
        for (_, message), found in zip(faults_of(error), error.errors(), strict=True):
            path = source.origin(found["loc"])
            if path not in seen:
                source.faults.append(Fault(path, message))
        if not source.faults:
            raise
        return None
