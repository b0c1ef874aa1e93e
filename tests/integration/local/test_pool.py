"""Which of the functions' processes stay when there are too many."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from changecast_local.lambdas import pool as pools
from changecast_local.lambdas.pool import Pool


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    """A pool with room for three processes."""
    monkeypatch.setattr(pools, "ALIVE", 3)
    pool = Pool(3, tmp_path)
    yield pool
    pool.close()


def process(pool: Pool, function: str, *, at_once: int = 1) -> list[int]:
    """Run a function so many times at once; the numbers of its processes."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as package:
        package.writestr("probe.py", "import os\ndef handler(event, context): return os.getpid()")
    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                pool.worker(function, code.getvalue(), {"_HANDLER": "probe.handler"})
            )
            for _ in range(at_once)
        ]
        return [worker.pid for worker in workers]


def test_a_process_stays_for_the_next_invocation(pool: Pool) -> None:
    assert process(pool, "one") == process(pool, "one")


def test_the_function_that_was_idle_longest_makes_room(pool: Pool) -> None:
    first, second = process(pool, "first"), process(pool, "second")
    process(pool, "third")
    process(pool, "fourth")
    assert process(pool, "second") == second
    assert process(pool, "first") != first


def test_a_second_process_makes_room_before_anybodys_only_one(pool: Pool) -> None:
    """A burst of one function may not make all others start again."""
    only = process(pool, "only")
    burst = process(pool, "burst", at_once=2)
    process(pool, "new")
    assert process(pool, "only") == only
    assert process(pool, "burst")[0] in burst
