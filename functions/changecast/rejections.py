"""What is told of an event that was refused: as much of its identity as could be read. Pure."""

import json
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from changecast.errors import ContractError
from changecast.fields import ChangeId, RevisionNumber
from changecast.messages import object_in, part

_IDENTITY: dict[str, TypeAdapter[Any]] = {
    "event_id": TypeAdapter(UUID),
    "change_id": TypeAdapter(ChangeId),
    "revision": TypeAdapter(RevisionNumber),
}


def rejection(body: str, error: ContractError, trace_id: str) -> dict[str, Any]:
    """The reports message about a refused event; identity only where it is well formed."""
    return {
        **identity(body),
        "code": error.code,
        "message": error.message[:1_000],
        "trace_id": trace_id,
    }


def identity(body: str) -> dict[str, Any]:
    """event_id, change_id and revision of an event of any version, each where it is well formed."""
    try:
        detail = part(object_in(body), "detail")
    except ContractError:
        return {}
    return {name: detail[name] for name in _IDENTITY if _is_valid(name, detail.get(name))}


def _is_valid(name: str, value: object) -> bool:
    try:
        _IDENTITY[name].validate_json(json.dumps(value), strict=True)
    except ValidationError:
        return False
    return True
