"""Cut texts between user-perceived characters, never inside one.

A small part of UAX #29 (text segmentation): enough for what people write in titles.
"""

import unicodedata
from collections.abc import Iterator
from itertools import islice

_JOINER = "\u200d"
_ELLIPSIS = "…"
_LOOKED_BACK = 32
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)
_REGIONAL = range(0x1F1E6, 0x1F200)
_HANGUL_VOWELS_AND_FINALS = range(0x1160, 0x1200)


def shortened(text: str, limit: int, *, least: int = 0) -> str:
    """Cut a text to `limit` visible characters and a …, at a word's end if one is near.

    Args:
        text: One line.
        limit: The maximum number of characters, including the ….
        least: The minimum number of characters, even beyond the limit.
    """
    limit = max(limit, least, 1)
    characters = list(islice(graphemes(text), limit + 1))  # a text may be far longer
    if len(characters) <= limit:
        return text
    kept = "".join(characters[: limit - 1])
    head, space, _ = kept.rpartition(" ")
    is_near = space and characters[limit - 1] != " " and len(head) >= 0.6 * len(kept)
    return (head if is_near else kept).rstrip(" ,;:-–—") + _ELLIPSIS


def start_of(text: str, limit: int) -> str:
    """Return the longest prefix of at most `limit` code points that ends between characters."""
    if len(text) <= limit:
        return text
    end = limit
    while end and _belongs(text[max(0, end - _LOOKED_BACK) : end], text[end]):
        end -= 1
    return text[: end or limit]


def graphemes(text: str) -> Iterator[str]:
    """Split a text into characters as people see them."""
    found = ""
    for sign in text:
        if found and not _belongs(found, sign):
            yield found
            found = ""
        found += sign
    if found:
        yield found


def _belongs(before: str, sign: str) -> bool:
    """Return whether a code point belongs to the last character of `before`."""
    point = ord(sign)
    if sign == "\n" or not before:
        return before.endswith("\r")
    if sign == _JOINER or before[-1] == _JOINER:
        return True
    if unicodedata.category(sign) in {"Mn", "Me", "Mc"} or point in _SKIN_TONES or point in _TAGS:
        return True
    if point in _REGIONAL:
        return _is_half_a_flag(before)
    return point in _HANGUL_VOWELS_AND_FINALS


def _is_half_a_flag(before: str) -> bool:
    letters = 0
    for sign in reversed(before):
        if ord(sign) not in _REGIONAL:
            break
        letters += 1
    return letters % 2 == 1
