"""Bodies of messages that AWS or we ourselves should have written: whatever stands there is read.

Strictly read (strict_json) is only what people wrote; here a stray character in what SES quotes of
a foreign server must not cost the outcome of a mail.
"""

import json
from typing import Any

from changecast.errors import ContractError


def object_in(body: str) -> dict[str, Any]:
    """The JSON object that a message is; ContractError `schema` where it is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ContractError("schema", "the message is no JSON that can be read") from error
    if not isinstance(found, dict):
        raise ContractError("schema", "the message is not a JSON object")
    return found


def named(found: dict[str, Any], name: str) -> str:
    """The text under a name; ContractError `schema` where there is none."""
    text = found.get(name)
    if not isinstance(text, str) or not text:
        raise ContractError("schema", f"the message has no text under {name!r}")
    return text


def part(found: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under a name; ContractError `schema` where there is none."""
    inner = found.get(name)
    if not isinstance(inner, dict):
        raise ContractError("schema", f"the message has no object under {name!r}")
    return inner
