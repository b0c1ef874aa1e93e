"""Find the keys of a document that nothing reads, to warn about them. Pure."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from changecast.contract.envelope import json_path
from changecast.hub.announcing.metadata.document import RawDocument

_EMPTY: tuple[object, ...] = (None, "", [], {})
_LIKE = 0.85


def unused_keys(source: RawDocument) -> list[str]:
    """Return the JSON paths of filled keys that no reader read, only the topmost of each."""
    return [json_path(path) for path in _unasked(source.raw, (), source.asked)]


def misspelt(source: RawDocument, unused: list[str]) -> Iterator[str]:
    """Yield a warning for every unused key that resembles one that is read."""
    for path in unused:
        above, key = _split(path.removeprefix("$."))
        split = map(_split, sorted(source.asked))
        beside = {name.casefold(): name for where, name in split if where == above}
        if like := get_close_matches(key.casefold(), beside, n=1, cutoff=_LIKE):
            yield f"{path}: this key is not read; did you mean {beside[like[0]]}?"


def _split(path: str) -> tuple[str, str]:
    above, _, key = path.rpartition(".")
    return above, key


def _unasked(
    raw: Mapping[str, Any], above: tuple[str, ...], asked: set[str]
) -> Iterator[tuple[str, ...]]:
    for key, value in raw.items():
        path = (*above, key)
        name = ".".join(path)
        if value in _EMPTY:
            continue
        if isinstance(value, Mapping) and any(one.startswith(f"{name}.") for one in asked):
            yield from _unasked(value, path, asked)
        elif name not in asked:
            yield path
