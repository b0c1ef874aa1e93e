"""Every `changecast` line in the documentation is one that the program takes."""

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command

from changecast_cli.main import app

ROOT = Path(__file__).parents[2]
_FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
# What stands for something else in an example, not for words of a command.
_ELLIPSIS = re.compile(r"[…]|\.\.\.")


def documented() -> Iterator[tuple[str, str]]:
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for block in _FENCED.findall(path.read_text("utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith("changecast ") and not _ELLIPSIS.search(line):
                    yield path.name, line


WHOLE = get_command(app)
# typer brings a click of its own.
UsageError: Any = typer.BadParameter.__bases__[0]
LINES = sorted(set(documented()))


def understood(words: list[str]) -> None:
    """Parse the words down to the verb's own options, without doing anything."""
    command: Any = WHOLE
    context = command.context_class(command, info_name="changecast")
    while isinstance(command, TyperGroup) and words[:1] != ["--help"]:
        _, command, words = command.resolve_command(context, words)
        context = command.context_class(command, parent=context)
    if words != ["--help"]:
        command.parse_args(context, words)


def test_there_is_something_to_look_at() -> None:
    assert len(LINES) > 10


@pytest.mark.parametrize(("page", "line"), LINES, ids=lambda each: each[:60])
def test_a_documented_line_is_understood(page: str, line: str) -> None:
    program, *words = takewhile(lambda word: word not in "|>", shlex.split(line, comments=True))
    assert program == "changecast"
    try:
        understood(words)
    except UsageError as error:
        pytest.fail(f"{page}: {line}: {error}")


def test_a_line_that_is_wrong_would_be_found() -> None:
    with pytest.raises(UsageError):
        understood(["doctor", "--al"])
    with pytest.raises(UsageError):
        understood(["doctr"])
