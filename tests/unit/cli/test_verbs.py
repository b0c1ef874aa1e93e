"""The verbs: each is found under its name, and loads nothing that only others need."""

import subprocess
import sys
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from changecast_cli.main import app
from changecast_cli.verbs import VERBS

WHOLE: Any = get_command(app)
LOADED = """
import sys
from changecast_cli.main import run
try:
    run()
finally:
    print(*(name for name in ("boto3", "pydantic", "dns") if name in sys.modules))
"""


def loaded_by(*words: str) -> set[str]:
    """Which heavy libraries a command line loads."""
    ended = subprocess.run(
        [sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True
    )
    return set(ended.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_is_found_and_says_in_its_panel_what_it_does(name: str) -> None:
    verb = WHOLE.get_command(typer.Context(WHOLE), name)
    assert verb.name == name
    assert verb.rich_help_panel == VERBS[name].panel
    assert verb.get_short_help_str()


def test_the_version_loads_no_verb_and_a_verb_only_what_it_needs() -> None:
    assert loaded_by("--version") == set()
    assert "dns" not in loaded_by("status", "--help")


def test_a_verb_that_is_misspelt_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        WHOLE(["statsu"])
    assert "Did you mean 'status'?" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("changecast ", list(VERBS)),
        ("changecast re", ["recipients", "report", "resume", "replay", "redrive", "reannounce"]),
        ("changecast contacts su", ["subscribe", "suppression"]),
        ("changecast status --w", ["--watch"]),
    ],
)
def test_the_shell_completes_verbs_and_their_options(words: str, offered: list[str]) -> None:
    completing = {
        "_CHANGECAST_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    result = CliRunner().invoke(app, prog_name="changecast", env=completing)
    assert result.stdout.split() == offered
