"""The processes of all functions: a limited number runs at once, some idle ones stay warm."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from changecast_local.lambdas.forks import Parents
from changecast_local.lambdas.packages import unpacked
from changecast_local.lambdas.worker import STOP_SECONDS, Worker

# Processes alive, busy or warm. Each holds some 50 MB; a fork shares half of that with its parent.
ALIVE, OF_A_FORK = 24, 0.5


class PoolClosed(RuntimeError):
    """The cloud is stopping: no more invocations."""


class Pool:
    """Gives every invocation its own process, at most `limit` at the same time."""

    def __init__(self, limit: int, folder: Path) -> None:
        """`folder` takes unpacked zips and logs; it is the caller's to delete."""
        self._limit = limit
        self._slots = threading.BoundedSemaphore(limit)
        self._folder = folder
        self._lock = threading.Lock()
        self._idle: dict[str, list[Worker]] = defaultdict(list)
        self._alive: dict[Worker, str] = {}
        self._parents = Parents()
        self._starting = 0
        self._closed = False

    @contextmanager
    def worker(self, key: str, code: bytes, environment: dict[str, str]) -> Iterator[Worker]:
        """Yield a process for one invocation: a warm one with the same `key`, else a new one.

        Waits while `limit` others are busy. If the handler could not be imported, `failure` says
        so. Raises PoolClosed.
        """
        with self._slots:
            if self._closed:
                raise PoolClosed
            worker = self._warm(key) or self._start(key, code, environment)
            try:
                yield worker
            finally:
                self._give_back(key, worker)

    def _warm(self, key: str) -> Worker | None:
        with self._lock:
            return self._idle[key].pop() if self._idle[key] else None

    def _start(self, key: str, code: bytes, environment: dict[str, str]) -> Worker:
        with self._lock:
            self._starting += 1
            old = self._spared() if self._crowded() else None
        try:
            if old:
                old.stop()
            worker = self._new(key, code, environment)
        finally:
            with self._lock:
                self._starting -= 1
        return worker

    def _crowded(self) -> bool:
        shares = sum(OF_A_FORK if worker.forked else 1 for worker in self._alive)
        return shares + self._starting > ALIVE

    def _new(self, key: str, code: bytes, environment: dict[str, str]) -> Worker:
        root = unpacked(code, self._folder)
        log = self._folder / f"{uuid4()}.log"
        worker = Worker(environment | {"LAMBDA_TASK_ROOT": str(root)}, log, self._parents)
        log.unlink()
        with self._lock:
            self._alive[worker] = key
        return worker

    def _spared(self) -> Worker | None:
        """Remove and return the process that was idle longest.

        Of functions with several idle processes first: the last one of a function saves a start.
        """
        idle = [
            (len(all_) == 1, worker.idle_since, key)
            for key, all_ in self._idle.items()
            for worker in all_
        ]
        if not idle:
            return None
        *_, key = min(idle)
        oldest = self._idle[key].pop(0)
        self._alive.pop(oldest, None)
        return oldest

    def _give_back(self, key: str, worker: Worker) -> None:
        worker.idle_since = time.monotonic()
        with self._lock:
            if worker.usable and not self._closed:
                self._idle[key].append(worker)
                return
            self._alive.pop(worker, None)
        worker.stop()

    def counts(self) -> dict[str, int]:
        """Return the number of processes, and of idle ones."""
        with self._lock:
            idle = sum(len(workers) for workers in self._idle.values())
            return {"alive": len(self._alive), "idle": idle}

    def processes(self) -> dict[int, str]:
        """Return the key of each process that runs, by its number."""
        with self._lock:
            return {worker.pid: key for worker, key in self._alive.items() if worker.usable}

    def close(self) -> None:
        """End every process; those that are busy end their invocation with an error."""
        with self._lock:
            self._closed = True
            alive, idle = list(self._alive), [w for every in self._idle.values() for w in every]
            self._idle.clear()
        for worker in alive:
            worker.ask_to_stop()
        for worker in idle:
            worker.stop()
        for _ in range(self._limit):
            self._slots.acquire(timeout=STOP_SECONDS)
        self._parents.close()
