"""JSON from outside, read strictly: no duplicate keys, NaN, lone surrogates or endless nesting.

RFC 8259 leaves these to the reader (§4 duplicate names, §6 no NaN, §8.2 surrogates, §9 depth).
U+FFFE and U+FFFF are refused too: no queue accepts a message with one, so the event would be lost
after the bus has accepted it.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

import json
import math
import re
from typing import Any, NoReturn

from changecast.contract.errors import ContractError

MAX_DEPTH = 64
MAX_DIGITS = 400
# Possessive, with an optional closing quote, so that every character is read once. With an ordinary
# pattern, 40 KB of \" in a string that never ends take seconds, 900 KB most of an hour.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_NONCHARACTER = re.compile("[\ufffe\uffff]")


def loads(text: str | bytes, *, max_bytes: int, max_depth: int = MAX_DEPTH) -> Any:
    """Return the value of a JSON text of at most `max_bytes` UTF-8 bytes and `max_depth` levels.

    Raises:
        ContractError: its code is one of `too_large`, `not_utf8`, `not_json`, `too_deep`,
        `duplicate_key`, `not_a_number`, `number_too_long`, `lone_surrogate`, `noncharacter`.
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > max_bytes:
        raise ContractError(
            "too_large", f"the text has {len(raw):,} bytes, but the limit is {max_bytes:,}"
        )
    try:
        decoded = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        code = "lone_surrogate" if isinstance(text, str) else "not_utf8"
        raise ContractError(code, f"the text is not valid UTF-8 at byte {error.start}") from error
    _check_depth(decoded, max_depth)
    value = _parse(decoded)
    _check_characters(decoded, value)
    return value


def _parse(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_short_int,
            parse_float=_finite,
        )
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        where = f"line {error.lineno}, column {error.colno}"
        raise ContractError("not_json", f"the text is not JSON: {what} at {where}") from error


def _check_depth(text: str, max_depth: int) -> None:
    """Count brackets outside strings, before a recursive parser sees them."""
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth > max_depth:
                raise ContractError(
                    "too_deep", f"the JSON is nested deeper than {max_depth} levels"
                )
        elif found[0] in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ContractError(
                "duplicate_key", f"the key {key[:80]!r} appears twice in one object"
            )
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise ContractError("not_a_number", f"{name} is not a JSON number")


def _short_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ContractError(
            "number_too_long",
            f"a number has {len(digits):,} digits, but the limit is {MAX_DIGITS}",
        )
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ContractError("not_a_number", f"{digits[:40]} is too large to be read as a number")
    return value


def _check_characters(text: str, value: Any) -> None:
    """Refuse lone surrogates; only an escape can write one, so look only if there is one."""
    if "\\u" in text:
        text = json.dumps(value, ensure_ascii=False)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            half = "the text contains a \\u escape that is half of a surrogate pair"
            raise ContractError("lone_surrogate", half) from error
    if found := _NONCHARACTER.search(text):
        raise ContractError(
            "noncharacter", f"the text contains U+{ord(found[0]):04X}, which is not a character"
        )


def dumps(value: Any) -> str:
    """Return compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
