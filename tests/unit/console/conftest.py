"""A browser that came in by the door of a console over a hub without AWS."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from changecast_cli.console.application import application
from changecast_cli.console.guard import Door
from changecast_cli.console.state import Console
from tests.support.consoles import OWN, PORT, PREFIX, TOKEN, FakeBoard, console_over
from tests.support.fake_hub import FakeHub, fake_hub


@pytest.fixture(autouse=True)
def no_files_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The console is started in a folder without samconfig.toml and freezes."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def hub() -> FakeHub:
    return fake_hub()


@pytest.fixture
def board() -> FakeBoard:
    return FakeBoard()


@pytest.fixture
def door() -> Door:
    return Door(PORT, TOKEN, PREFIX)


@pytest.fixture
def console(hub: FakeHub, board: FakeBoard) -> Console:
    return console_over(hub, board)


@pytest.fixture
def browser(console: Console, door: Door) -> TestClient:
    """Asks from the console's own pages."""
    client = TestClient(application(console, door), base_url=OWN, headers={"Origin": OWN})
    client.base_url = client.base_url.join(f"/{PREFIX}/")
    return client
