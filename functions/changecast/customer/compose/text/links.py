"""Web and mail addresses inside sentences."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from changecast.customer.renderings.splice import is_plain

_ADDRESS = re.compile(
    r"https?://[^\s<>\"\u00a0\u2026\u3000-\u303f\uff00-\uff0f]+"
    r"|(?<![\w.+%/@-])[\w.+%-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+",
    re.I,
)
_AFTER = ".,;:!?'*_`|»”’"
_BRACKETS = {")": "(", "]": "[", "}": "{"}


class Piece(NamedTuple):
    """A part of a text and its link; `url` is empty for plain text."""

    text: str
    url: str


def pieces(text: str) -> Iterator[Piece]:
    """Split a text into links and the text between them."""
    at = 0
    for found in _ADDRESS.finditer(text):
        shown = _trimmed(found[0])
        url = _url(shown)
        if not url:
            continue
        if found.start() > at:
            yield Piece(text[at : found.start()], "")
        yield Piece(shown, url)
        at = found.start() + len(shown)
    if at < len(text):
        yield Piece(text[at:], "")


def _url(shown: str) -> str:
    if "://" in shown:
        return shown if len(shown.partition("://")[2]) > 1 else ""
    return f"mailto:{shown}" if is_plain(shown) else ""


def _trimmed(address: str) -> str:
    """Return the link without the full stop and bracket that belong to the sentence."""
    while address:
        last = address[-1]
        opening = _BRACKETS.get(last)
        is_sentence = last in _AFTER
        if not is_sentence and not (opening and address.count(last) > address.count(opening)):
            break
        address = address[:-1]
    return address
