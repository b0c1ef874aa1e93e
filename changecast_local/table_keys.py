"""Condition keys of requests to a table that ministack lacks, or has only for reads.

`dynamodb:LeadingKeys` are the partitions of a request's items. `dynamodb:Attributes` are the
top-level attributes that a request names: those of its key, its writes and its condition.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

GET, QUERY = "dynamodb:GetItem", "dynamodb:Query"
PUT, UPDATE = "dynamodb:PutItem", "dynamodb:UpdateItem"
CHECK, DELETE = "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem"
TRANSACTION = "dynamodb:TransactWriteItems"
LEADING_KEYS = "dynamodb:LeadingKeys"
_ITEMS = {"Put": PUT, "Update": UPDATE, "ConditionCheck": CHECK, "Delete": DELETE}
# A path in an expression; of `#a.b[0]` the first part is the attribute. Values begin with a colon.
_PATH = re.compile(r"(?<![\w:#.\]])(#?[A-Za-z_][\w-]*)(?:[.\[][\w.\[\]#-]*)?(?!\w*\s*\()")
_WORDS = frozenset({"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"})


def leading_keys(action: str, body: bytes) -> dict[str, Any]:
    """Return a request's partitions; for a transaction, by the action of each item.

    A Query has its partition in its key condition.
    """
    try:
        request = json.loads(body)
        if action == TRANSACTION:
            return _of_transaction(request)
        found = _partition(action, request)
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
    return {LEADING_KEYS: [found]} if found else {}


def leading_keys_for(action: str, keys: Mapping[str, Any]) -> Any:
    """Return the partitions of one action in a transaction; None outside of one."""
    return keys.get(_of_action(action))


def _of_transaction(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a transaction's partitions by action; AWS authorizes each item separately."""
    found: dict[str, list[str]] = {}
    for item in request["TransactItems"]:
        for member, detail in item.items():
            action = _ITEMS[member]
            found.setdefault(_of_action(action), []).append(_partition(action, detail))
    return dict(found)


def _of_action(action: str) -> str:
    return f"{LEADING_KEYS} of {action}".lower()


def _partition(action: str, request: Mapping[str, Any]) -> str:
    if action == QUERY:
        named = re.search(r"(?<!\w)pk\s*=\s*(:\w+)", request["KeyConditionExpression"])
        key = request["ExpressionAttributeValues"][named[1]] if named else {}
    else:
        key = request["Item" if action == PUT else "Key"].get("pk", {})
    return str(key.get("S", ""))


def write_keys(action: str, body: bytes) -> dict[str, Any]:
    """Return a request's keys by its IAM action; none for a request that writes no attributes."""
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
    """Return the attributes that an UpdateItem, or an Update of a transaction, names."""
    names = update.get("ExpressionAttributeNames", {})
    expressions = (update.get(part, "") for part in ("UpdateExpression", "ConditionExpression"))
    paths = {path for expression in expressions for path in _PATH.findall(expression)}
    return set(update["Key"]) | {names.get(p, p) for p in paths if p.upper() not in _WORDS}


def _updates(request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (item["Update"] for item in request["TransactItems"] if "Update" in item)
