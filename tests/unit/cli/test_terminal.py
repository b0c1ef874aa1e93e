"""Foreign text on a terminal: it is shown, and steers nothing."""

import io
import json

import pytest
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from changecast_cli import terminal

OVERRIDE, BELL, ESCAPE, CSI = "\u202e", "\x07", "\x1b", "\x9b"
HOSTILE = f"Patch{OVERRIDE} gnp.exe{ESCAPE}]0;owned{BELL}{CSI}2J\u2066\u2028"
STEERING = set(HOSTILE) - set("Patch gnp.exe]0;owned2J")


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> terminal.HarmlessConsole:
    """A console that believes in a terminal with colours, and keeps what it writes."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return terminal.HarmlessConsole(
        file=io.StringIO(), force_terminal=True, color_system="standard", width=80
    )


def written(screen: terminal.HarmlessConsole) -> str:
    return screen.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_what_people_and_programs_read_goes_through_such_a_console() -> None:
    assert {type(terminal.out), type(terminal.err)} == {terminal.HarmlessConsole}


def test_no_character_of_a_title_steers_the_terminal(screen: terminal.HarmlessConsole) -> None:
    table = Table("TITLE")
    table.add_row(HOSTILE)
    screen.print(HOSTILE, soft_wrap=True, markup=False)
    screen.print(escape(HOSTILE))
    screen.print(table)
    seen = written(screen)
    assert not (STEERING - {ESCAPE}) & set(seen)
    assert f"{ESCAPE}]" not in seen
    assert seen.count("Patch\N{REPLACEMENT CHARACTER} gnp.exe") == 3


def test_what_rich_itself_writes_still_moves_the_cursor(screen: terminal.HarmlessConsole) -> None:
    with Live(console=screen, auto_refresh=False) as live:
        live.update("[bold]one[/]\ntwo", refresh=True)
        live.update("two", refresh=True)
    assert f"{ESCAPE}[2K" in written(screen)
    assert f"{ESCAPE}[1mone" in written(screen)


def test_json_keeps_every_character_and_writes_none_that_steers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal.print_json({"title": HOSTILE})
    printed = capsys.readouterr().out
    assert not STEERING & set(printed)
    assert json.loads(printed)["title"] == HOSTILE


def test_csv_is_as_it_is_but_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.print_csv(f"id,{HOSTILE}\r\n")
    assert capsys.readouterr().out == f"id,{HOSTILE}\r\n"
    monkeypatch.setattr(terminal.out, "_force_terminal", True)
    terminal.print_csv(f"id,{HOSTILE}\r\n")
    assert not STEERING & set(capsys.readouterr().out)
