"""One embedded cloud in this process for a module of tests; each test has accounts of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from changecast_local.cloud import Cloud, running
from tests.integration.local import stage

numbers = count(500000000001)

Account = Callable[[], stage.Account]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with running() as started:
        yield started


@pytest.fixture
def account(cloud: Cloud) -> Iterator[Account]:
    """Calling it gives a session of an account that nobody else has."""
    with ExitStack() as opened:
        yield lambda: stage.Account(cloud, str(next(numbers)), opened)
