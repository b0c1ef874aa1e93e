"""Reports about refused events, with as much of their identity as could be read. Pure."""

import json
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from changecast.contract.errors import ContractError
from changecast.contract.fields import ChangeId, RevisionNumber
from changecast.contract.messages import object_in, part
from changecast.contract.reserved_ids import id_of_test

_IDENTITY: dict[str, TypeAdapter[Any]] = {
    "event_id": TypeAdapter(UUID),
    "change_id": TypeAdapter(ChangeId),
    "revision": TypeAdapter(RevisionNumber),
}


def rejection(body: str, error: ContractError, trace_id: str) -> dict[str, Any]:
    """Return the report hint about a refused event, with each id that is well formed."""
    return {
        **identity(body),
        "code": error.code,
        "message": error.message[:1_000],
        "trace_id": trace_id,
    }


def identity(body: str) -> dict[str, Any]:
    """Return event_id, change_id and revision of an event of any version, if well formed."""
    try:
        detail = part(object_in(body), "detail")
    except ContractError:
        return {}
    known = {name: detail[name] for name in _IDENTITY if _is_valid(name, detail.get(name))}
    return known | _of_test(detail, known)


def _of_test(detail: dict[str, Any], known: dict[str, Any]) -> dict[str, str]:
    """Return the id of a test, which never counts as the change itself."""
    change = detail.get("change")
    is_test = detail.get("test") is True or (
        isinstance(change, dict) and change.get("test_run") is True
    )
    if not is_test or "change_id" not in known:
        return {}
    try:
        return {"change_id": id_of_test(known["change_id"])}
    except ContractError:
        return {}


def _is_valid(name: str, value: object) -> bool:
    try:
        _IDENTITY[name].validate_json(json.dumps(value), strict=True)
    except ValidationError:
        return False
    return True
