"""changecast local up, as somebody reads it and pastes what it prints."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from changecast_cli.failures import Refused
from changecast_cli.local import command, process
from changecast_cli.terminal import HarmlessConsole

PASTED = 'eval "$(changecast local env hub)"'


@pytest.mark.parametrize("width", [30, 80, 200])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_next_command_is_a_line_of_its_own(
    width: int, is_terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = HarmlessConsole(
        file=io.StringIO(), force_terminal=is_terminal, width=width, highlight=False
    )
    cloud = SimpleNamespace(endpoint="http://127.0.0.1:45999")
    monkeypatch.setattr(process, "start", lambda **_: SimpleNamespace(cloud=cloud, pid=1))
    monkeypatch.setattr(command, "out", screen)
    command.up(webhook_authority=None, as_json=False)
    lines = screen.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[-1].strip() == PASTED


def test_a_second_cloud_is_refused_with_how_to_use_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "find", lambda _: SimpleNamespace(pid=1))
    with pytest.raises(Refused) as refused:
        process.start(tmp_path)
    said = str(refused.value)
    assert "is already running" in said
    assert PASTED in said
    assert "changecast local down" in said
    assert "loses everything" in said
