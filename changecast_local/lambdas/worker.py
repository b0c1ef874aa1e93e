"""One process of one function, from its start to its end."""

import json
import os
import platform
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

from changecast_local.lambdas.forks import Fork, Parents

RUNTIME = Path(__file__).with_name("runtime.py")
INIT_SECONDS = 30.0
STOP_SECONDS = 2.0
# The package holds compiled wheels for Linux on x86_64 only. Elsewhere the packages of our own
# environment come first, and a missing requirement would not show.
ISOLATED = platform.system() == "Linux" and platform.machine() == "x86_64"

Answer = dict[str, Any]


class Worker:
    """A started process. Not thread-safe: the pool gives it to one invocation at a time."""

    def __init__(self, environment: Mapping[str, str], log: Path, parents: Parents) -> None:
        """Start the process and wait until its handler is imported; its log goes to a file."""
        self._log = log.open("ab+")
        forked = parents.fork(environment, self._log.fileno()) if ISOLATED else None
        process: subprocess.Popen[bytes] | Fork = forked or _started(environment, self._log)
        self._process = process
        self._requests = cast(IO[bytes], process.stdin)
        self._answers = cast(IO[bytes], process.stdout)
        self.idle_since = time.monotonic()
        self.failure = self._read(time.time() + INIT_SECONDS).get("error")

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def forked(self) -> bool:
        """Whether it shares memory with its parent."""
        return isinstance(self._process, Fork)

    @property
    def usable(self) -> bool:
        """Whether it can take another invocation."""
        return self._process.poll() is None and self.failure is None

    def invoke(self, message: Mapping[str, Any]) -> Answer:
        """`{"result": ...}` or `{"error": {"errorMessage", "errorType"}}`, by its deadline."""
        if self.failure is not None:
            return {"error": self.failure}
        try:
            self._requests.write(json.dumps(message).encode() + b"\n")
            self._requests.flush()
        except BrokenPipeError:
            self._end()
            return {"error": _exit_error()}
        return self._read(message["deadline"])

    def _read(self, deadline: float) -> Answer:
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.time())):
                    self._end()
                    return {"error": {"errorType": "Sandbox.Timedout", "errorMessage": ""}}
                part = os.read(self._answers.fileno(), 1 << 16)
                if not part:
                    self._end()
                    return {"error": _exit_error()}
                line += part
        answer: Answer = json.loads(line)
        return answer

    def log(self) -> str:
        """Return what the function wrote since the last call."""
        written = os.fstat(self._log.fileno()).st_size
        text = os.pread(self._log.fileno(), written, 0)
        os.ftruncate(self._log.fileno(), 0)
        return text.decode("utf-8", "replace")

    def ask_to_stop(self) -> None:
        """Ask the process to end; `stop` then waits for it."""
        self._process.terminate()

    def stop(self) -> None:
        """End the process, whatever it is doing, and close its pipes."""
        self._end()
        for pipe in (self._requests, self._answers, self._log):
            with suppress(BrokenPipeError):
                pipe.close()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _started(environment: Mapping[str, str], log: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, *(["-I", "-S"] if ISOLATED else ["-I"]), str(RUNTIME)],
        cwd=environment["LAMBDA_TASK_ROOT"],
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,  # Ctrl-C is for the cloud, which then ends its workers
    )


def _exit_error() -> dict[str, str]:
    return {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited without an answer"}
