"""Read message bodies tolerantly: AWS or we should have written them.

Only what people wrote is read strictly (strict_json). Here, a stray character that SES quotes from
another mail server must not cost the outcome of a mail.
"""

import json
from typing import Any

from changecast.contract.errors import ContractError


def object_in(body: str) -> dict[str, Any]:
    """Return the JSON object of a message; raise ContractError `schema` if it is not one."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ContractError("schema", "the message is not valid JSON") from error
    if not isinstance(found, dict):
        raise ContractError("schema", "the message is not a JSON object")
    return found


def named(found: dict[str, Any], name: str) -> str:
    """Return the string with this key; ContractError `schema` if there is none."""
    text = found.get(name)
    if not isinstance(text, str) or not text:
        raise ContractError("schema", f"the message has no text field {name!r}")
    return text


def part(found: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the object with this key; ContractError `schema` if there is none."""
    inner = found.get(name)
    if not isinstance(inner, dict):
        raise ContractError("schema", f"the message has no object field {name!r}")
    return inner
