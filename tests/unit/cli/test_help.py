"""The help of every verb: an example that works, and words whole at 80 columns."""

import re
import shlex
from collections.abc import Iterator
from typing import Any, get_type_hints

import pytest
import typer
from typer import rich_utils
from typer.core import TyperGroup
from typer.main import get_command

from changecast_cli.examples import EXAMPLES, lines_of
from changecast_cli.main import app

WHOLE: Any = get_command(app)
_FRAME = re.compile("[│╭╮╰╯─]")


def verbs(command: Any = WHOLE, path: str = "") -> Iterator[tuple[str, Any]]:
    for name in command.list_commands(typer.Context(command)):
        below = command.get_command(typer.Context(command), name)
        at = f"{path} {name}".strip()
        if isinstance(below, TyperGroup):
            yield from verbs(below, at)
        else:
            yield at, below


VERBS = dict(verbs())


def help_of(verb: str, width: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(rich_utils, "MAX_WIDTH", width)
    monkeypatch.setattr(rich_utils, "FORCE_TERMINAL", False)
    command = VERBS[verb]
    context = command.context_class(command, info_name=f"changecast {verb}")
    console = rich_utils._get_rich_console()
    monkeypatch.setattr(rich_utils, "_get_rich_console", lambda *_, **__: console)
    with console.capture() as captured:
        command.format_help(context, context.make_formatter())
    return captured.get()


def words(text: str) -> set[str]:
    return set(_FRAME.sub(" ", text).split())


def test_every_verb_has_an_example_and_no_other_has() -> None:
    assert set(VERBS) - set(EXAMPLES) == set(), "add them to changecast_cli/examples.py"
    assert set(EXAMPLES) - set(VERBS) == set(), "take them out of changecast_cli/examples.py"
    assert all(EXAMPLES.values())


@pytest.mark.parametrize("verb", VERBS)
def test_an_example_is_one_that_the_verb_takes(verb: str) -> None:
    for line in lines_of(verb):
        inner = line.removeprefix('eval "$(').removesuffix(')"')
        typed = shlex.split(inner.partition(" > ")[0].partition(" < ")[0])
        assert typed[: len(verb.split()) + 1] == ["changecast", *verb.split()]
        command = VERBS[verb]
        context = command.context_class(command, info_name=verb)
        command.parse_args(context, typed[len(verb.split()) + 1 :])


@pytest.mark.parametrize("verb", VERBS)
def test_help_breaks_no_word_at_80_columns_and_shows_the_examples(
    verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = help_of(verb, 80, monkeypatch)
    assert max(len(line.rstrip()) for line in narrow.splitlines()) <= 80
    wide = words(help_of(verb, 400, monkeypatch))
    assert words(narrow) <= wide, words(narrow) - wide
    shown = " ".join(narrow.split())
    for line in lines_of(verb):
        assert line in shown


def options_of(verb: str) -> Iterator[tuple[str, Any]]:
    hints = get_type_hints(VERBS[verb].callback, include_extras=True)
    for name, hint in hints.items():
        yield from ((name, one) for one in getattr(hint, "__metadata__", ()))


@pytest.mark.parametrize("verb", VERBS)
def test_help_names_the_largest_value_of_an_option(verb: str) -> None:
    for name, option in options_of(verb):
        most = getattr(option, "max", None)
        assert most is None or f"{most:g}" in option.help, name


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_shows_every_word_also_those_in_brackets(
    verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rich takes [roles] for markup and leaves it out."""
    shown = re.sub(r"\s+", "", _FRAME.sub(" ", help_of(verb, 400, monkeypatch)))
    for option in VERBS[verb].params:
        said = re.sub(r"\s+", "", option.help or "")
        assert said in shown, option.name
