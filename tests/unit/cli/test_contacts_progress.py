"""The progress bars of an import."""

import io

import pytest

from changecast_cli.contacts import write
from changecast_cli.terminal import HarmlessConsole


def test_without_anybody_to_write_there_is_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = HarmlessConsole(file=io.StringIO(), force_terminal=True, width=80)
    monkeypatch.setattr(write, "err", screen)
    assert write._each("Adding people", [], lambda _: True) == []
    assert screen.file.getvalue() == ""  # type: ignore[attr-defined]
