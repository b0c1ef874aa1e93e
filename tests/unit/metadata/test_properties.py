"""Whatever a change system hands over is read, or refused with its faults; never anything else."""

import contextlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from changecast.contract.change import Change, fingerprint
from changecast.hub.announcing.metadata import MetadataFault, read_document
from tests.support.builders import SAMPLES, document
from tests.unit.test_strict_json import JSON

DOCUMENTS = [json.loads(path.read_bytes()) for path in sorted(SAMPLES.glob("*.json"))]
ODD: st.SearchStrategy[Any] = JSON | st.sampled_from(
    [
        "",
        " ",
        "\r\n",
        "2027-03-28T02:30",
        "9999-12-31T23:59:59-14:00",
        10**300,
        True,
        [[]],
        {"": {}},
    ]
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        inside = list(value.items() if isinstance(value, dict) else enumerate(value))
    return found + [deeper for key, inner in inside for deeper in paths(inner, (*path, key))]


def with_one_changed(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = json.loads(json.dumps(whole))
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    whole = draw(st.sampled_from(DOCUMENTS))
    for _ in range(draw(st.integers(1, 3))):
        whole = with_one_changed(whole, draw(st.sampled_from(paths(whole))), draw(ODD))
    return whole


@settings(max_examples=150)
@given(spoilt())
def test_a_spoilt_document_is_read_or_refused_with_paths(what: Any) -> None:
    try:
        read = read_document(json.dumps(what).encode())
    except MetadataFault as refused:
        named = [fault.path for fault in refused.faults]
    else:
        named = ["$"]
        assert read.raw == what
        assert Change.model_validate_json(read.change.model_dump_json()) == read.change
    assert all(path.startswith("$") for path in named)


@given(JSON | st.text() | st.binary())
def test_anything_at_all_is_read_or_refused(what: Any) -> None:
    text = what if isinstance(what, str | bytes) else json.dumps(what)
    with contextlib.suppress(MetadataFault):
        assert read_document(text).customers


@given(st.permutations(list(document(modifications=[], changeReason="why").items())))
def test_the_order_of_keys_says_nothing(items: list[tuple[str, Any]]) -> None:
    whole = document(modifications=[], changeReason="why")
    shuffled = read_document(dict(items)).change
    assert fingerprint(shuffled) == fingerprint(read_document(whole).change)


@given(JSON)
def test_unknown_keys_are_kept_and_change_nothing(extra: Any) -> None:
    read = read_document({**document(), "somethingNew": extra})
    assert read.raw["somethingNew"] == extra
    assert read.change == read_document(document()).change
