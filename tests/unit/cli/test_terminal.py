"""Foreign text on a terminal: it is shown, and steers nothing."""

import io
import json
import re

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


LONG = "A sentence about a customer whose mails do not arrive although all of its people are listed"
PASTED = 'eval "$(changecast local env hub)"'


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100])
@pytest.mark.parametrize(
    "command",
    [
        PASTED,
        "changecast reannounce CHG-3003 --customer acme",
        'changecast announce a.json --despite "An emergency; all of them agreed, see CHG-1"',
        "aws events describe-replay --replay-name changecast-again",
    ],
)
@pytest.mark.parametrize("around", ["Next: {}", "{}", "`{}`", "it ended. Then: {}; if not, wait"])
def test_a_command_is_never_broken(
    width: int, command: str, around: str, screen: terminal.HarmlessConsole
) -> None:
    screen.width = width
    screen.print(f"{LONG}: {around.format(command)}", markup=False)
    assert command in _plain(written(screen))


def test_a_remark_in_brackets_after_a_command_is_broken_as_any_words(
    screen: terminal.HarmlessConsole,
) -> None:
    screen.print(f"{LONG}: {PASTED} (it says (at once) {LONG})", markup=False)
    said = _plain(written(screen))
    assert PASTED in said
    assert max(map(len, said.splitlines())) <= 80


def test_a_command_with_a_colour_is_not_broken_either(screen: terminal.HarmlessConsole) -> None:
    screen.print(f"[bold]{LONG}[/]. [cyan]{PASTED}[/]", soft_wrap=True)
    assert PASTED in _plain(written(screen))


@pytest.mark.parametrize("soft", [True, False])
def test_a_terminal_shows_long_lines_without_a_broken_word(
    soft: bool, screen: terminal.HarmlessConsole
) -> None:
    long_word = "https://changes.provider.example/" + "a" * 80
    screen.print(f"  {LONG}, {LONG} [{long_word}]\nend", markup=False, soft_wrap=soft)
    lines = _plain(written(screen)).splitlines()
    assert " ".join(" ".join(lines).split()) == f"{LONG}, {LONG} [{long_word}] end"
    assert [line for line in lines if len(line) > 80] == [f"    [{long_word}]"]
    assert all(line.startswith("    ") for line in lines[1:-1])


def test_a_file_has_whole_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    file = terminal.HarmlessConsole(file=io.StringIO())
    table = Table("WHY", box=None)
    table.add_row(f"{LONG}, {LONG}")
    file.print(f"{LONG}, {LONG}. Next: {PASTED}")
    file.print(table)
    lines = [line.strip() for line in written(file).splitlines()]
    assert lines == [f"{LONG}, {LONG}. Next: {PASTED}", "WHY", f"{LONG}, {LONG}"]


def _plain(seen: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", seen)
