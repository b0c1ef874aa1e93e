"""What a published JSON Schema allows, as a hypothesis strategy.

Only the keywords that our schemas use. hypothesis-jsonschema reads drafts up to 7 (ours are 2020-12
with an $id, whose $refs it takes for remote ones) and calls internals that hypothesis has renamed.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from changecast_cli.schemas import FOLDER

ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner,
                                                                max_size=2),
    max_leaves=4,
)  # fmt: skip
# Some of an object's optional members, so that what comes out stays small.
MOST_ITEMS, LONGEST = 3, 80
FIRST, LAST = datetime(1970, 1, 2), datetime(2199, 12, 30)


def published(name: str) -> dict[str, Any]:
    """A schema as we publish it, for example ChangeAnnounced.v1."""
    schema: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return schema


def values(schema: dict[str, Any], root: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    """Values of a schema; `root` is where its $refs lead."""
    whole = root or schema
    for keyword, make in _BY_KEYWORD.items():
        if keyword in schema:
            return make(schema, whole)
    return ANYTHING


def _referred(reference: str, root: dict[str, Any]) -> dict[str, Any]:
    found = root
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def _objects(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    members = {name: values(one, root) for name, one in schema.get("properties", {}).items()}
    required = {name: members.pop(name) for name in schema.get("required", ()) if name in members}
    if members or required:
        return st.fixed_dictionaries(required, optional=members)
    patterns = schema.get("patternProperties", {})
    for pattern, inner in patterns.items():
        return st.dictionaries(st.from_regex(pattern), values(inner, root), max_size=2)
    return st.dictionaries(st.text(max_size=8), ANYTHING, max_size=2)


def _lists(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.lists(values(schema["items"], root), max_size=MOST_ITEMS)


def _texts(schema: dict[str, Any], _: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "date-time":
        return st.datetimes(FIRST, LAST).map(lambda time: f"{time.isoformat()}Z")
    if schema.get("format") == "uuid":
        return st.uuids().map(str)
    longest = min(schema.get("maxLength", LONGEST), LONGEST)
    if "pattern" not in schema:
        return st.text(min_size=schema.get("minLength", 0), max_size=longest)
    texts = st.from_regex(schema["pattern"], fullmatch=True)
    return texts.filter(lambda text: schema.get("minLength", 0) <= len(text) <= longest)


_BY_TYPE: dict[str, Callable[[dict[str, Any], dict[str, Any]], st.SearchStrategy[Any]]] = {
    "object": _objects,
    "array": _lists,
    "string": _texts,
    "integer": lambda schema, _: st.integers(schema["minimum"], schema["maximum"]),
    "boolean": lambda *_: st.booleans(),
    "null": lambda *_: st.none(),
}
# The first that a schema has decides.
_BY_KEYWORD: dict[str, Callable[[dict[str, Any], dict[str, Any]], st.SearchStrategy[Any]]] = {
    "$ref": lambda schema, root: values(_referred(schema["$ref"], root), root),
    "anyOf": lambda schema, root: st.one_of([values(one, root) for one in schema["anyOf"]]),
    "const": lambda schema, _: st.just(schema["const"]),
    "enum": lambda schema, _: st.sampled_from(schema["enum"]),
    "type": lambda schema, root: _BY_TYPE[schema["type"]](schema, root),
}
