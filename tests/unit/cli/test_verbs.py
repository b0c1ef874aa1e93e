"""The verbs: each is found under its name, and completed by the shell."""

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from changecast_cli.main import app
from changecast_cli.verbs import VERBS

ROOT = Path(__file__).parents[3]
WHOLE: Any = get_command(app)


@pytest.mark.parametrize("name", VERBS)
def test_a_verb_is_found_and_says_in_its_panel_what_it_does(name: str) -> None:
    verb = WHOLE.get_command(typer.Context(WHOLE), name)
    assert verb.name == name
    assert verb.rich_help_panel == VERBS[name].panel
    assert verb.get_short_help_str()


def test_a_verb_that_is_misspelt_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        WHOLE(["statsu"])
    assert "Did you mean 'status'" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("changecast ", list(VERBS)),
        (
            "changecast re",
            [
                "responses",
                "recipients",
                "report",
                "repair",
                "resume",
                "replay",
                "redrive",
                "reannounce",
            ],
        ),
        ("changecast contacts su", ["subscribe", "suppression"]),
        ("changecast status --w", ["--watch"]),
    ],
)
def test_the_shell_completes_verbs_and_their_options(words: str, offered: list[str]) -> None:
    assert completed(words) == offered


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("changecast customers show ", ["acme", "globex", "initech"]),
        ("changecast customers remove in", ["initech"]),
        ("changecast status --customer g", ["globex"]),
        ("changecast contacts add ana@acme.example --customer ", ["acme", "globex", "initech"]),
        ("changecast contacts add ana@acme.example a", ["announcements", "approvals"]),
        ("changecast recipients CHG-1 -c acme --state sen", ["sending", "sent"]),
        ("changecast status C", []),
    ],
)
def test_the_shell_completes_customers_topics_and_states(
    words: str, offered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert [each.lower() for each in completed(words)] == offered


def test_the_shell_completes_changes_that_the_hub_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [{"change_id": each} for each in ("CHG-2", "CHG-1", "CHG-2", "OTHER")]
    monkeypatch.setattr("changecast_cli.watching.status.recent", lambda *_: runs)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert completed("changecast status CHG") == ["CHG-2", "CHG-1"]


def completed(words: str) -> list[str]:
    completing = {
        "_CHANGECAST_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    result = CliRunner().invoke(app, prog_name="changecast", env=completing)
    return result.stdout.split()
