"""JSON of a change document as lines of text."""

from collections.abc import Iterator

from pydantic import JsonValue

from changecast.customer.compose.words import Words


def plain(value: JsonValue, words: Words) -> str:
    """Return a text unchanged, and an object or a list with each key or item on its own line.

    Null and empty values are left out, and no JSON brackets appear.
    """
    match value:
        case dict():
            return "\n".join(_pairs(value, words))
        case list():
            return "\n".join(f"- {line}" for line in _items(value, words))
    return _scalar(value, words)


def _pairs(value: dict[str, JsonValue], words: Words) -> Iterator[str]:
    for key, inner in value.items():
        label = f"{key}{words('text', 'colon')}"
        if _is_nested(inner):
            if nested := plain(inner, words):
                below = nested.split("\n") if isinstance(inner, list) else _below(nested)
                yield "\n".join([label.rstrip(), *below])
        elif text := _flat(inner, words):
            yield label + text


def _below(pairs: str) -> Iterator[str]:
    """Yield the lines of an object inside another, as a list."""
    for line in pairs.split("\n"):
        yield f"  {line}" if line.startswith(("- ", " ")) else f"- {line}"


def _items(value: list[JsonValue], words: Words) -> Iterator[str]:
    for inner in value:
        text = plain(inner, words) if isinstance(inner, dict) else _flat(inner, words)
        if text:
            yield text.replace("\n", "\n  ")


def _is_nested(value: JsonValue) -> bool:
    """Return whether a value needs its own lines: an object, or a list with objects."""
    if isinstance(value, list):
        return any(isinstance(inner, (dict, list)) for inner in value)
    return isinstance(value, dict)


def _flat(value: JsonValue, words: Words) -> str:
    if isinstance(value, list):
        named = (_flat(inner, words) for inner in value)
        return words("text", "comma").join(filter(None, named))
    return _scalar(value, words) if not isinstance(value, dict) else plain(value, words)


def _scalar(value: JsonValue, words: Words) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return words("text", "yes" if value else "no")
    return str(value).strip("\n")
