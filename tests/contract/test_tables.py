"""A table of a document is whole: a line break within a row would show the rest of it as text."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from testbed.expand import ROOT
from tests.support import typed

BLOCK = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
BAR = re.compile(r"(?<!\\)\|")
RULE = re.compile(r" *\|(---\|)+")


def broken(text: str) -> Iterator[str]:
    """Yield the rows that end on another line, or have other cells than the head of their table."""
    cells = 0
    for line, below in pairwise([*BLOCK.sub("", text).splitlines(), ""]):
        row = line.strip()
        if not row.startswith("|"):
            cells = 0
            continue
        if not cells and not RULE.fullmatch(below):
            yield row  # a row without a head
        cells = cells or len(BAR.findall(row))
        if not row.endswith("|") or len(BAR.findall(row)) != cells:
            yield row


def test_a_row_that_is_cut_in_two_is_found() -> None:
    assert list(broken("| a | b |\n|---|---|\n| c | d |\n")) == []
    assert list(broken("| a | b |\n|---|---|\n| c\nd | e |\n")) == ["| c"]
    assert list(broken("| a | b |\n|---|---|\n| c | d | | e | f |\n")) == ["| c | d | | e | f |"]
    assert list(broken("| a | b |\n|---|---|\n\n| c | d |\n")) == ["| c | d |"]


@pytest.mark.parametrize("page", typed.pages(), ids=lambda page: page.stem)
def test_the_tables_of_a_page_are_whole(page: Path) -> None:
    assert list(broken(page.read_text("utf-8"))) == [], page.relative_to(ROOT)
