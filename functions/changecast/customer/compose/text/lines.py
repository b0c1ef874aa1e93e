"""Turn people's lines into Markdown: Word's bullets, nested lists, columns.

Every line break, and every run of spaces inside a line, stays visible.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

# Replaces a space that must not collapse; Markdown would strip a U+00A0 at the start of a line.
HARD_SPACE = "\ue000"
COLUMNS = "columns"
_ITEM = re.compile(
    r"(?P<indent>[ \t\u00a0]*)"
    r"(?P<mark>[-*•‣·∙▪▫■□◦○●–—§\uf0a7\uf0b7\uf0d8]|o(?=\t)|\d{1,4}[.)])"
    r"[ \t\u00a0]+(?=\S)"
)
_FENCE = re.compile(r"[ \t]*(```|~~~)")
_TABLE_ROW = re.compile(r"[ \t]*\|.*\|[ \t]*$")
_GAP = re.compile(r"(?<=\S)(?:[^\S\n]{3,}|[^\S\n]*\t[^\S\n]*|(?<![.!?:;,])[^\S\n]{2})\S")
_RUN = re.compile(r" {2,}")
_INDENT = re.compile(r"[ \t\u00a0]+")
_RULE = re.compile(r"[-*_]{3,}[ \t]*$")
# Word's bullets differ by level, whether or not the line is indented.
_RANKS = {"o": 1, "◦": 1, "○": 1, "▪": 2, "▫": 2, "■": 2, "□": 2, "§": 2}


@dataclass(frozen=True)
class _Level:
    """An open list: the indentation of its items, its bullet's rank, the column of their text."""

    indent: int
    rank: int
    content: int


def as_markdown(text: str) -> str:
    """Return a text as Markdown that keeps its lists, columns and spaces as they look."""
    text = text.replace(HARD_SPACE, "\ufffd").replace("\r\n", "\n")
    found: list[str] = []
    for is_code, lines in _split(text.split("\n")):
        if is_code:
            found += ["", *lines, ""]
            continue
        for is_columns, block in _columns(lines):
            found += _column_block(block) if is_columns else _Lists().lines(block)
    return "\n".join(found)


def is_columns(line: str) -> bool:
    """Return whether a line has a gap like those between columns."""
    return _GAP.search(line) is not None and not _ITEM.match(line) and not _TABLE_ROW.match(line)


def item_width(line: str) -> int:
    """Return the indentation of a list item's text, 0 if the line is not an item."""
    item = _ITEM.match(line)
    return item.end() if item else 0


def _split(lines: list[str]) -> Iterator[tuple[bool, list[str]]]:
    """Split a text into fenced code and everything else."""
    fence = ""
    block: list[str] = []
    for line in lines:
        mark = _FENCE.match(line)
        if mark and not fence:
            yield False, block
            fence, block = mark[1], [line.strip()]
        elif mark and mark[1] == fence:
            yield True, [*block, line.strip()]
            fence, block = "", []
        else:
            block.append(line)
    yield bool(fence), block


def _columns(lines: list[str]) -> Iterator[tuple[bool, list[str]]]:
    """Yield blocks of two or more lines with gaps as columns."""
    for has_gaps, group in groupby(lines, key=is_columns):
        block = list(group)
        yield has_gaps and len(block) > 1, block


def _column_block(lines: list[str]) -> list[str]:
    return ["", f"~~~{COLUMNS}", *(line.expandtabs(8) for line in lines), "~~~", ""]


class _Lists:
    """Writes lists and paragraphs, with lists indented as Markdown requires."""

    def __init__(self) -> None:
        self._open: list[_Level] = []
        self._before: str | None = None

    def lines(self, block: list[str]) -> Iterator[str]:
        for line in block:
            yield from self._line(line)
            self._before = line

    def _line(self, line: str) -> Iterator[str]:
        if not line.strip():
            # One empty line separates paragraphs; further empty lines are kept.
            is_more = self._before is not None and not self._before.strip()
            yield from ("", HARD_SPACE, "") if is_more and not self._open else ("",)
        elif (item := _ITEM.match(line)) and not _RULE.match(line):
            yield from self._item(item, line[item.end() :])
        elif self._open and _width(line) > 0:
            yield " " * self._open[-1].content + _spaced(line.strip())
        else:
            yield from self._paragraph(line)

    def _item(self, item: re.Match[str], text: str) -> Iterator[str]:
        indent, mark = _width(item["indent"]), item["mark"]
        rank = _RANKS.get(mark, 0)
        if not self._open and self._before and self._before.strip():
            yield ""
        self._close(indent, rank)
        start = self._open[-1].content if self._open else 0
        shown = f"{mark[:-1]}." if mark[0].isdigit() else "-"
        self._open.append(_Level(indent, rank, start + len(shown) + 1))
        yield f"{' ' * start}{shown} {_spaced(text)}"

    def _close(self, indent: int, rank: int) -> None:
        """Close the lists that an item with this indentation and rank does not belong to."""
        while self._open:
            last = self._open[-1]
            if indent > last.indent + 1 or (indent >= last.indent and rank > last.rank):
                return
            self._open.pop()

    def _paragraph(self, line: str) -> Iterator[str]:
        if self._open:
            self._open.clear()
            yield ""
        if _TABLE_ROW.match(line):
            if self._before and not _TABLE_ROW.match(self._before):
                yield ""
            yield line.strip()
            return
        if _RULE.match(line):
            yield ""
        indent = _INDENT.match(line)
        width = _width(line) if indent else 0
        yield HARD_SPACE * width + _spaced(line.strip(" \t"))


def _width(line: str) -> int:
    indent = _INDENT.match(line)
    return len(indent[0].replace("\u00a0", " ").expandtabs(4)) if indent else 0


def _spaced(text: str) -> str:
    """Return a line whose runs of spaces keep their width."""
    text = text.expandtabs(4).rstrip(" ")
    return _RUN.sub(lambda run: HARD_SPACE * (len(run[0]) - 1) + " ", text)
