"""JSON of a change document as lines of text."""

import json

from pydantic import JsonValue


def plain(value: JsonValue) -> str:
    """A text as it is; keys and values, or items, each on a line."""
    match value:
        case None:
            return ""
        case str():
            return value
        case dict():
            return "\n".join(f"{key}: {_inline(inner)}" for key, inner in value.items())
        case list():
            return "\n".join(f"- {_inline(inner)}" for inner in value)
    return _inline(value)


def _inline(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
