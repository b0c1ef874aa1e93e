"""DynamoDB in memory: one table with one index, and only the expressions that our code uses.

tests/integration/delivery/test_the_fake_table.py compares it with moto, with the same sequences of
calls.
"""

import re
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from functools import cache
from operator import le, lt
from typing import Any

from testbed.doubles.answers import refusal

Item = dict[str, Any]
Key = tuple[str, str]
PAGE = 50
Check = Callable[[Item, Item], bool]
Write = tuple[str, Key, Item, bool]


class Table:
    """What our code uses of the DynamoDB client."""

    def __init__(self) -> None:
        self.items: dict[Key, Item] = {}
        self.partitions: dict[str, dict[str, Item]] = {}
        self.tokens: set[str] = set()

    def get_item(self, **request: Any) -> Item:
        """GetItem."""
        item = self.items.get(_key(request["Key"]))
        return {"Item": dict(item)} if item is not None else {}

    def batch_get_item(self, *, RequestItems: Any) -> Item:  # noqa: N803
        """BatchGetItem."""
        ((table, wanted),) = RequestItems.items()
        keys = [_key(key) for key in wanted["Keys"]]
        if len(keys) > 100 or len(set(keys)) != len(keys):
            raise refusal("ValidationException", 400)
        return {"Responses": {table: [dict(self.items[k]) for k in keys if k in self.items]}}

    def query(self, **request: Any) -> Item:
        """Query, in pages."""
        values = request["ExpressionAttributeValues"]
        if request.get("IndexName"):
            expression = request["KeyConditionExpression"]
            assert expression in {"due = :due AND due_at <= :now", "due = :due"}
            found = self._due(values[":due"], values.get(":now"))
        else:
            found = self._partition(request["KeyConditionExpression"], values)
        start = request.get("ExclusiveStartKey", {"at": 0})["at"]
        size = request.get("Limit", PAGE)
        answer: Item = {"Items": [dict(item) for item in found[start : start + size]]}
        if start + size < len(found):
            answer["LastEvaluatedKey"] = {"at": start + size}
        return answer

    def _due(self, partition: Item, now: Item | None) -> list[Item]:
        found = [
            item
            for item in self.items.values()
            if item.get("due") == partition
            and (now is None or _number(item["due_at"]) <= _number(now))
        ]
        return sorted(found, key=lambda item: _number(item["due_at"]))

    def _partition(self, expression: str, values: Item) -> list[Item]:
        prefix = ""
        if expression == "pk = :pk AND begins_with(sk, :sk)":
            prefix = values[":sk"]["S"]
        else:
            assert expression == "pk = :pk", expression
        partition = self.partitions.get(values[":pk"]["S"], {})
        return [partition[sk] for sk in sorted(partition) if sk.startswith(prefix)]

    def put_item(self, **request: Any) -> Item:
        """PutItem."""
        self._check([("Put", request)], single=True)
        self._apply("Put", request)
        return {}

    def delete_item(self, *, TableName: str, Key: Item) -> Item:  # noqa: N803
        """DeleteItem."""
        del TableName
        partition, sort = _key(Key)
        self.items.pop((partition, sort), None)
        self.partitions.get(partition, {}).pop(sort, None)
        return {}

    def update_item(self, **request: Any) -> Item:
        """UpdateItem."""
        self._check([("Update", request)], single=True)
        before = self.items.get(_key(request["Key"]), {})
        self._apply("Update", request)
        changed = self.items[_key(request["Key"])]
        told = {"ALL_OLD": before, "UPDATED_NEW": changed}.get(request.get("ReturnValues", ""))
        return {} if told is None else {"Attributes": dict(told)}

    def transact_write_items(self, *, TransactItems: list[Item], **more: Any) -> Item:  # noqa: N803
        """TransactWriteItems; a request whose token was applied before changes nothing."""
        token = more.get("ClientRequestToken")
        if token in self.tokens:
            return {}
        writes = [next(iter(entry.items())) for entry in TransactItems]
        keys = [_key_of(kind, request) for kind, request in writes]
        if not 1 <= len(writes) <= 100 or len(set(keys)) != len(keys):
            raise refusal("ValidationException", 400)
        self._check(writes, single=False)
        for kind, request in writes:
            self._apply(kind, request)
        if token:
            self.tokens.add(token)
        return {}

    def _check(self, writes: list[tuple[str, Item]], *, single: bool) -> None:
        reasons = [
            {"Code": "None" if self._holds(kind, request) else "ConditionalCheckFailed"}
            for kind, request in writes
        ]
        if all(reason["Code"] == "None" for reason in reasons):
            return
        if single:
            raise refusal("ConditionalCheckFailedException", 400)
        raise refusal("TransactionCanceledException", 400, CancellationReasons=reasons)

    def _holds(self, kind: str, request: Item) -> bool:
        expression = request.get("ConditionExpression")
        if expression is None:
            return True
        item = self.items.get(_key_of(kind, request), {})
        names = request.get("ExpressionAttributeNames", {})
        return _condition(expression, tuple(names.items()))(
            item, request.get("ExpressionAttributeValues", {})
        )

    def _apply(self, kind: str, request: Item) -> None:
        key = _key_of(kind, request)
        if kind == "ConditionCheck":
            return
        if kind == "Put":
            item = dict(request["Item"])
        else:
            item = self.items.get(key) or dict(request["Key"])
            names = request.get("ExpressionAttributeNames", {})
            update = _update(request["UpdateExpression"], tuple(names.items()))
            item = update(dict(item), request.get("ExpressionAttributeValues", {}))
        self.items[key] = item
        self.partitions.setdefault(key[0], {})[key[1]] = item

    def expire(self, now: float) -> None:
        """Delete the items whose time to live has ended."""
        for key, item in [*self.items.items()]:
            if "expires_at" in item and _number(item["expires_at"]) <= now:
                del self.items[key]
                del self.partitions[key[0]][key[1]]

    def copy(self) -> "Table":
        """Return a copy of the table as it is now."""
        return deepcopy(self)


def _key(key: Item) -> Key:
    assert set(key) == {"pk", "sk"}, key
    return key["pk"]["S"], key["sk"]["S"]


def _key_of(kind: str, request: Item) -> Key:
    source = request["Item"] if kind == "Put" else request["Key"]
    return source["pk"]["S"], source["sk"]["S"]


def _number(value: Item) -> Decimal:
    return Decimal(value["N"])


def _equal(left: Item | None, right: Item) -> bool:
    if left is not None and "N" in left and "N" in right:
        return _number(left) == _number(right)
    return left == right


@cache
def _condition(expression: str, names: tuple[tuple[str, str], ...]) -> Check:
    alternatives = [
        [_term(term.strip(), dict(names)) for term in part.split(" AND ")]
        for part in expression.split(" OR ")
    ]
    return lambda item, values: any(
        all(term(item, values) for term in part) for part in alternatives
    )


def _term(term: str, names: dict[str, str]) -> Check:
    if found := re.fullmatch(r"attribute_(not_)?exists\((\w+)\)", term):
        wanted, name = found[1] is None, found[2]
        return lambda item, values: (name in item) is wanted
    found = re.fullmatch(r"(#?\w+) (=|<=?) (:\w+)", term)
    assert found, term
    name, value = names.get(found[1], found[1]), found[3]
    if compare := {"<": lt, "<=": le}.get(found[2]):
        return lambda item, values: (
            name in item and compare(_number(item[name]), _number(values[value]))
        )
    return lambda item, values: _equal(item.get(name), values[value])


@cache
def _update(expression: str, names: tuple[tuple[str, str], ...]) -> Callable[[Item, Item], Item]:
    pieces = re.split(r"\b(SET|REMOVE|ADD)\b", expression)
    assert not pieces[0].strip(), expression
    steps = [
        (verb, _parts(verb, part.strip(), dict(names)))
        for verb, body in zip(pieces[1::2], pieces[2::2], strict=True)
        for part in body.split(",")
    ]

    def apply(item: Item, values: Item) -> Item:
        for verb, (name, value) in steps:
            if verb == "REMOVE":
                item.pop(name, None)
            elif verb == "SET":
                item[name] = values[value]
            else:
                total = _number(item.get(name, {"N": "0"})) + _number(values[value])
                item[name] = {"N": str(total)}
        return item

    return apply


def _parts(verb: str, part: str, names: dict[str, str]) -> tuple[str, str]:
    pattern = {"SET": r"(#?\w+) = (:\w+)", "REMOVE": r"(#?\w+)()", "ADD": r"(#?\w+) (:\w+)"}[verb]
    found = re.fullmatch(pattern, part)
    assert found, part
    return names.get(found[1], found[1]), found[2]
