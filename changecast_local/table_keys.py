"""The condition keys of writes to single attributes of a table, which ministack gives reads only.

`dynamodb:Attributes` are the top-level attributes that a request names: those of its key, those it
writes and those its condition looks at.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

UPDATE, TRANSACTION = "dynamodb:UpdateItem", "dynamodb:TransactWriteItems"
# A path in an expression; of `#a.b[0]` the first part is the attribute. Values begin with a colon.
_PATH = re.compile(r"(?<![\w:#.\]])(#?[A-Za-z_][\w-]*)(?:[.\[][\w.\[\]#-]*)?(?!\w*\s*\()")
_WORDS = frozenset({"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"})


def write_keys(action: str, body: bytes) -> dict[str, Any]:
    """The keys of a request by its IAM action; none of a request that writes no attributes."""
    if action not in (UPDATE, TRANSACTION):
        return {}
    try:
        request = json.loads(body)
        updates = [request] if action == UPDATE else list(_updates(request))
        named = sorted({name for update in updates for name in attributes(update)})
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
    returned = request.get("ReturnValues", "NONE")
    return {"dynamodb:Attributes": named, "dynamodb:ReturnValues": returned} if named else {}


def attributes(update: Mapping[str, Any]) -> set[str]:
    """The attributes that an UpdateItem, or an Update of a transaction, names."""
    names = update.get("ExpressionAttributeNames", {})
    expressions = (update.get(part, "") for part in ("UpdateExpression", "ConditionExpression"))
    paths = {path for expression in expressions for path in _PATH.findall(expression)}
    return set(update["Key"]) | {names.get(p, p) for p in paths if p.upper() not in _WORDS}


def _updates(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (item["Update"] for item in request["TransactItems"] if "Update" in item)
