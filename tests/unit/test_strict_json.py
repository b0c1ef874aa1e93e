"""JSON from outside: what is refused, with which code, and that nothing takes long."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changecast.contract import strict_json
from changecast.contract.errors import ContractError

LIMIT = 900_000
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def loads(text: str | bytes) -> Any:
    return strict_json.loads(text, max_bytes=LIMIT)


def code_of(text: str | bytes) -> str:
    with pytest.raises(ContractError) as refused:
        loads(text)
    assert len(str(refused.value)) < 200
    return refused.value.code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ("{'a': 1}", "not_json"),
        ('{"a": 1,}', "not_json"),
        ('{"a": 1} x', "not_json"),
        ('{"a": "line\nbreak"}', "not_json"),
        ('{"a": 01}', "not_json"),
        ('{"a": 1, "a": 1}', "duplicate_key"),
        ('{"x": [{"a": 1, "\\u0061": 2}]}', "duplicate_key"),
        ('{"a": NaN}', "not_a_number"),
        ('{"a": -Infinity}', "not_a_number"),
        ('{"a": 1e999}', "not_a_number"),
        ('{"a": ' + "9" * 5_000 + "}", "number_too_long"),
        ('{"a": "\\ud800"}', "lone_surrogate"),
        ('{"\\udc00": 1}', "lone_surrogate"),
        ('{"a": "\ud800"}', "lone_surrogate"),
        ('{"a": "\\uFFFF"}', "noncharacter"),
        ('{"\\ufffe": 1}', "noncharacter"),
        ('{"a": "\uffff"}', "noncharacter"),
        (b'{"a": "\xff"}', "not_utf8"),
        ('{"a": 1}'.encode("utf-16"), "not_utf8"),
        ("[" * 65 + "]" * 65, "too_deep"),
        ('{"a":' * 1_000 + "1" + "}" * 1_000, "too_deep"),
        ('"' + "é" * 450_001 + '"', "too_large"),
        (b" " * 5_000_000, "too_large"),
    ],
)
def test_what_no_sender_can_mean_is_refused_with_its_code(text: str | bytes, code: str) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('\ufeff{"a": 1}', {"a": 1}),
        ("[" * 64 + "]" * 64, json.loads("[" * 64 + "]" * 64)),
        ('{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        ('{"a": "[[[[{{{{\\"]}"}', {"a": '[[[[{{{{"]}'}),
        ('{"a": "\\\\", "b": "["}', {"a": "\\", "b": "["}),
        ('"' + "[" * 1_000 + '"', "[" * 1_000),
    ],
)
def test_what_only_looks_odd_is_read(text: str | bytes, value: Any) -> None:
    assert loads(text) == value


@pytest.mark.parametrize(
    "bomb",
    ['{"a":"' + '\\"' * 20_000, '"\\' * 20_000, "[" * 899_000, '{"":' * 220_000, "\\" * 899_000,
     '"' * 899_000, '{"a":"' + '\\"' * 20_000 + "\\"],
    ids=["unclosed escapes", "quotes", "brackets", "objects", "backslashes", "empty", "cut"],
)  # fmt: skip
def test_a_bomb_is_refused_in_time_that_grows_with_its_length_only(bomb: str) -> None:
    began = time.process_time()
    with pytest.raises(ContractError):
        loads(bomb)
    assert time.process_time() - began < 2


@given(JSON)
def test_whatever_json_can_say_is_read_as_json_reads_it(value: Any) -> None:
    text = strict_json.dumps(value)
    assert loads(text) == value
    assert loads(json.dumps(value)) == value
    assert loads(text.encode()) == value


@settings(max_examples=150)
@given(st.text(alphabet='{}[]:,"\\ua10e-. \n') | st.binary() | st.text())
def test_arbitrary_text_is_read_as_json_reads_it_or_refused(text: str | bytes) -> None:
    try:
        value = loads(text)
    except ContractError:
        return
    assert value == json.loads(text if isinstance(text, str) else text.decode("utf-8-sig"))
