"""The console on a port of this machine, over a hub without AWS, and Chromium to look at it."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn

from changecast_cli.console.application import application
from changecast_cli.console.guard import Door
from changecast_cli.console.serving import listen
from changecast_cli.console.state import Console
from tests.support import programs
from tests.support.consoles import PREFIX, TOKEN, FakeBoard, console_over
from tests.support.fake_hub import FakeHub, fake_hub


@pytest.fixture(scope="module")
def hub() -> FakeHub:
    return fake_hub()


@pytest.fixture(scope="module")
def board() -> FakeBoard:
    return FakeBoard()


@pytest.fixture(scope="module")
def console(hub: FakeHub, board: FakeBoard) -> Console:
    return console_over(hub, board)


@pytest.fixture(scope="module")
def served(console: Console) -> Iterator[str]:
    """The address of the overview."""
    listening = listen(0)
    port = listening.getsockname()[1]
    app = application(console, Door(port, TOKEN, PREFIX))
    config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{port}/{PREFIX}/"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture(scope="session")
def browser() -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Looks at pages in headless Chromium; see tests/npm/look.mjs for what it finds."""
    return programs.browse
