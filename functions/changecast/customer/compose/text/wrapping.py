"""Wrap plain text at 76 columns; addresses, columns, tables and code stay whole."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, pairwise

from changecast.customer.compose.text.lines import is_columns, item_width

WIDTH = 76
_WIDE = 2
HANGING = "    "
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
# Characters that must not start or end a line in a script without spaces (JIS X 4051).
_NEVER_FIRST = frozenset(
    "、。，．・：；！？）」』】〉》〕］｝ーぁぃぅぇぉっゃゅょァィゥェォッャュョ…)!?,.:;"
)
_NEVER_LAST = frozenset("（「『【〈《〔［｛(")
_INDENT = re.compile(r"[ \t]*")
_TOKEN = re.compile(r" +|[^ ]+")


def wrapped(text: str, width: int = WIDTH) -> str:
    """Return a text with long lines wrapped; continuation lines keep the indentation."""
    lines = []
    is_code = False
    for line in text.split("\n"):
        if _FENCE.match(line):
            is_code = not is_code
        if is_code or _fits(line, width) or is_columns(line) or line.lstrip().startswith("|"):
            lines.append(line)
        else:
            lines += _lines(line, width, _hanging(line, width))
    return "\n".join(lines)


def hung(text: str) -> str:
    """Return a label and its lines, wrapped, with all but the first line indented."""
    first, *rest = text.split("\n")
    return "\n".join([*_lines(first, WIDTH, HANGING), *(HANGING + line for line in rest)])


def columns(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _fits(text: str, width: int) -> bool:
    """Return whether a text takes at most so many columns, without counting a long one whole."""
    if text.isascii():
        return len(text) <= width
    return all(taken <= width for taken in accumulate(map(_columns, text)))


@lru_cache(maxsize=4096)
def _columns(sign: str) -> int:
    if unicodedata.category(sign) in {"Mn", "Me", "Cf"}:
        return 0
    return _WIDE if unicodedata.east_asian_width(sign) in "WF" else 1


def _hanging(line: str, width: int) -> str:
    """Return the spaces up to the text of a line."""
    start = _INDENT.match(line)
    return " " * min(item_width(line) or (start.end() if start else 0), width // 2)


def _lines(line: str, width: int, indent: str) -> Iterator[str]:
    """Yield the parts of a line, those after the first indented."""
    start = _INDENT.match(line)
    written = line[: start.end()] if start else ""
    length = columns(written)
    is_empty = True
    measured = len if line.isascii() else columns
    for piece in _pieces(line[len(written) :]):
        taken = measured(piece)
        if not is_empty and length + taken - len(piece) + len(piece.rstrip(" ")) > width:
            yield written.rstrip(" ")
            bare = piece.lstrip(" ")
            taken -= len(piece) - len(bare)
            written, length, piece = indent, len(indent), bare  # noqa: PLW2901
        written += piece
        length += taken
        is_empty = not written.strip()
    yield written


def _pieces(line: str) -> Iterator[str]:
    """Return words with the spaces before them; scripts without spaces break between characters."""
    space = ""
    for token in _TOKEN.findall(line):
        if token.isspace():
            space += token
            continue
        first, *rest = _unspaced(token)
        yield space + first
        yield from rest
        space = ""
    if space:
        yield space


def _unspaced(word: str) -> list[str]:
    if word.isascii() or _WIDE not in map(_columns, word):
        return [word]
    starts = [0, *(at for at, two in enumerate(pairwise(word), 1) if _may_break(*two)), len(word)]
    return [word[start:end] for start, end in pairwise(starts)]


def _may_break(before: str, sign: str) -> bool:
    width = _columns(sign)
    is_wide = width == _WIDE or _columns(before) == _WIDE
    return is_wide and width > 0 and sign not in _NEVER_FIRST and before not in _NEVER_LAST
