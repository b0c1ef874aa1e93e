"""Nothing is deleted by a typo: what cannot be undone is done for the right word, or for --yes."""

import io
import sys

import pytest
import typer
from typer.testing import CliRunner

from changecast_cli.asking import ask, go_on
from changecast_cli.failures import Refused

PLAN = ["acme leaves:", "deleted: the stack changecast in account 222222222222"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def answers(monkeypatch: pytest.MonkeyPatch, typed: str) -> bool:
    monkeypatch.setattr(sys, "stdin", Terminal(f"{typed}\n"))
    return go_on(PLAN, yes=False, dry_run=False, type_in="acme")


@pytest.mark.parametrize("typed", ["y", "yes", "", "acme2", "ACME", "acm", "globex"])
def test_another_word_than_the_code_does_nothing(
    monkeypatch: pytest.MonkeyPatch, typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not answers(monkeypatch, typed)
    assert "nothing was done" in capsys.readouterr().err


@pytest.mark.parametrize("word", [None, "acme"])
def test_an_aborted_question_does_nothing_and_exits_with_1_as_documented(
    monkeypatch: pytest.MonkeyPatch, word: str | None
) -> None:
    command = typer.Typer()
    done: list[bool] = []

    @command.command()
    def delete() -> None:
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        done.append(go_on(PLAN, yes=False, dry_run=False, type_in=word))

    assert CliRunner().invoke(command, [], input="").exit_code == 1
    assert done == []


def test_the_code_does_it_after_the_plan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answers(monkeypatch, " acme ")
    said = capsys.readouterr().err
    assert said.index(PLAN[1]) < said.index("Type acme to confirm")


def test_where_nobody_can_be_asked_it_says_what_to_add(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("acme\n"))
    with pytest.raises(Refused, match="add --yes"):
        go_on(PLAN, yes=False, dry_run=False, type_in="acme")
    assert go_on(PLAN, yes=True, dry_run=False, type_in="acme")
    assert not go_on(PLAN, yes=True, dry_run=True, type_in="acme")


def test_a_question_without_anybody_there_is_answered_by_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("ops@provider.example\n"))
    assert ask("Who is mailed?") == ""
    monkeypatch.setattr(sys, "stdin", Terminal("ops@provider.example\n"))
    assert ask("Who is mailed?") == "ops@provider.example"
