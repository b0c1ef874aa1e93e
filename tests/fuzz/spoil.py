"""Put errors into a good document: bugs are in what a parser lets through."""

import json
from copy import deepcopy
from typing import Any, Protocol


class Dice(Protocol):
    """What atheris's FuzzedDataProvider gives: choices that the fuzzer learns to steer."""

    def ConsumeIntInRange(self, low: int, high: int) -> int: ...  # noqa: N802
    def ConsumeUnicode(self, count: int) -> str: ...  # noqa: N802
    def ConsumeInt(self, count: int) -> int: ...  # noqa: N802


ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 10**400, 1e308, -0.0, "", " ", "\u0000", "\ud800", "а" * 3,
    "\r\nBcc: a@b.example", "=?utf-8?q?=0D=0A?=", "a" * 70_000, "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z", "2026-10-25T02:30:00", "Europe/Nowhere", "../../etc/passwd",
    "{{amazonSESUnsubscribeUrl}}",
    "{{7*7}}", "<script>", "javascript:alert(1)", [], {}, [[]], [None], {"": {}}, ["acme", "acme"],
)  # fmt: skip


def spoilt(document: Any, dice: Dice) -> bytes:
    """The document with one to four values replaced, taken out, or put in twice, as JSON."""
    whole = json.loads(json.dumps(document))
    for _ in range(dice.ConsumeIntInRange(1, 4)):
        places = [*_places(whole)]
        where, key = places[dice.ConsumeIntInRange(0, len(places) - 1)]
        _spoil(where, key, dice)
    return json.dumps(whole).encode()


def _places(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield value, key
        if isinstance(inner, dict | list):
            yield from _places(inner)


def _spoil(where: Any, key: Any, dice: Dice) -> None:
    match dice.ConsumeIntInRange(0, 4):
        case 0:
            where[key] = deepcopy(ODD[dice.ConsumeIntInRange(0, len(ODD) - 1)])
        case 1:
            where[key] = dice.ConsumeUnicode(dice.ConsumeIntInRange(0, 60))
        case 2:
            where[key] = dice.ConsumeInt(8)
        case 3 if len(where) > 1:
            del where[key]
        case _:
            where[key] = [where[key], deepcopy(where[key])]
