"""Settings for every test: hypothesis on a shared machine, and tests that need a flag."""

import gc
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
import time_machine
from botocore.loaders import Loader, create_loader
from hypothesis import settings

from changecast.contract.change import Change
from changecast.hub.announcing import freeze_gate, windows
from tests.support.failures import failures
from tests.support.lines import Lines, start_of
from tests.support.provider import Provider

# The samples' windows lie a few months after this, whenever the tests run.
SAMPLES_WRITTEN = datetime(2026, 12, 1, tzinfo=UTC)

# A heavy test may take this long; for every other test, pyproject.toml has the limit.
HEAVY_SECONDS = 3600

settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--heavy", action="store_true", help="run the tests marked heavy too")
    parser.addoption("--pictures", action="store_true", help="keep pictures of mails to look at")


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Look for no garbage while all modules are imported, nor ever again in what they hold."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: start_of(item.nodeid))
    heavy = [item for item in items if item.get_closest_marker("heavy")]
    if config.getoption("--heavy"):
        for item in heavy:
            item.add_marker(pytest.mark.timeout(HEAVY_SECONDS))
        return
    config.hook.pytest_deselected(items=heavy)
    items[:] = [item for item in items if item not in heavy]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lines | None:
    return Lines(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failed test what failed in its embedded cloud; nobody can look there later."""
    report = yield
    if report.when == "call" and report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Provider):
                report.sections.append(("what failed in the cloud", failures(value)))
    return report


@pytest.fixture(scope="session", autouse=True)
def windows_of_samples_lie_ahead() -> Iterator[None]:
    """Keep tests independent of today's date: a sample's window is never over."""

    def doubts(change: Change, now: datetime) -> Iterator[str]:
        return windows.doubts(change, min(now, SAMPLES_WRITTEN))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freeze_gate, "doubts", doubts)
        yield


@pytest.fixture
def when_samples_were_written() -> Iterator[None]:
    """Let a test run before its samples' windows, on whatever day it runs."""
    with time_machine.travel(SAMPLES_WRITTEN):
        yield


@pytest.fixture(scope="session", autouse=True)
def models_of_aws_are_read_once() -> Iterator[None]:
    """Let all sessions share the models: moto forgets them for each test, 0.1 s for each client."""
    loader = create_loader()

    def shared(_: str | None) -> Loader:
        loader.search_paths[:] = dict.fromkeys(loader.search_paths)  # boto3 adds its own each time
        return loader

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", shared)
        yield
