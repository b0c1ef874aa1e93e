"""Links and attachments as forms write them: whole, half-filled, or not filled in at all."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from changecast.hub.announcing.metadata.document import RawDocument

_URL_KEYS = ("url", "href", "link")
_NAME_KEYS = ("title", "name", "label", "text", "filename", "fileName", "file_name")


class _Anchor(NamedTuple):
    """One item: name and address as written, None if missing."""

    name: Any
    url: Any
    place: int


def anchors_of(source: RawDocument) -> dict[str, Any]:
    """Return the canonical links and attachments; faults are left for the model.

    A link without an address becomes an attachment with its title, with a warning.
    """
    links, attachments = list(_anchors(source, "links")), list(_anchors(source, "attachments"))
    titles = [link for link in links if link.url is None and isinstance(link.name, str)]
    for link in titles:
        message = f"{link.name[:60]!r} has no address, so it is listed as a document, by name only"
        source.warnings.append(f"{source.origin(('links', link.place))}: {message}")
    named = [*attachments, *titles]
    linked = [link for link in links if link not in titles]
    _remember(source, "links", linked)
    _remember(source, "attachments", attachments)
    return {
        "links": [{"title": link.name or "", "url": link.url} for link in linked],
        "attachments": [{"name": _name(item), "url": item.url} for item in named],
    }


def _anchors(source: RawDocument, field: str) -> Iterator[_Anchor]:
    """Yield every item with a name or an address; others are left out."""
    given = source.take(field, field)
    items = given if isinstance(given, list) else [] if given is None else [given]
    for index, item in enumerate(items):
        anchor = _anchor(source, field, index, item)
        if anchor.name is not None or anchor.url is not None:
            yield anchor


def _anchor(source: RawDocument, field: str, index: int, item: Any) -> _Anchor:
    """Read a text as an address if it looks like one or is in the links, otherwise as a name."""
    if isinstance(item, Mapping):
        name, url = _first(item, _NAME_KEYS), _first(item, _URL_KEYS)
    elif field == "links" or (isinstance(item, str) and "://" in item):
        name, url = None, item
    else:
        name, url = item, None
    return _Anchor(_filled(source.as_line(field, name)), _filled(url), index)


def _first(item: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((item[key] for key in keys if _filled(item.get(key)) is not None), None)


def _filled(value: Any) -> Any:
    """Return a text without surrounding blanks; None if nothing is left."""
    return (value.strip() or None) if isinstance(value, str) else value


def _name(item: _Anchor) -> Any:
    """Return the name of a document, or the last part of its address."""
    if item.name is not None or not isinstance(item.url, str):
        return item.name
    try:
        path = urlsplit(item.url).path
    except ValueError:
        return item.url  # no valid address: the model says so
    return unquote(path.rpartition("/")[2]) or item.url


def _remember(source: RawDocument, field: str, kept: list[_Anchor]) -> None:
    """Remember an item's place in the document, so that faults name it."""
    for index, anchor in enumerate(kept):
        source.origins[field, str(index)] = source.origin((field, anchor.place))
