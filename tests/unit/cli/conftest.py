"""Each test is a command of its own."""

import pytest

from changecast_cli import options, terminal


@pytest.fixture(autouse=True)
def nothing_complained_about_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "_errors", [])
    monkeypatch.setattr(terminal, "_printed", [])
    monkeypatch.setattr(terminal, "_not_done", [])
    options.opened.clear()


@pytest.fixture(autouse=True)
def as_wide_as_columns_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """A console keeps the COLUMNS that it was made with, and pytest-xdist's workers have some."""
    monkeypatch.setattr(terminal.out, "_width", None)
    monkeypatch.setattr(terminal.err, "_width", None)
