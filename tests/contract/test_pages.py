"""How the documents look in a terminal: no line of prose is longer than 100 columns."""

import re
from pathlib import Path

import pytest

from tests.support import typed

MOST = 100
_LINK = re.compile(r"\]\([^)]*\)|https?://\S+")


def prose(text: str) -> list[str]:
    """Return the lines of a page outside of code and tables."""
    lines, in_code = [], False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            in_code = not in_code
        elif not in_code and not line.lstrip().startswith(("|", "!")):
            lines.append(line)
    return lines


@pytest.mark.parametrize("page", typed.pages(), ids=lambda page: page.stem)
def test_no_line_of_prose_is_longer_than_100_columns(page: Path) -> None:
    """The address of a link does not count: it cannot be broken."""
    long = [line for line in prose(page.read_text("utf-8")) if len(_LINK.sub("", line)) > MOST]
    assert long == []
