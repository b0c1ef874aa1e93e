"""Start a function's process by forking one that has imported the package's boto3 already."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO
from weakref import finalize

from changecast_local.lambdas.parent import SHARED

PARENT = Path(__file__).with_name("parent.py")
POSSIBLE = sys.platform == "linux"  # which alone has pidfd_open
# Of the environment, a parent has only what Python and the C library read at a start.
ENVIRONMENT = ("LAMBDA_TASK_ROOT", "LANG", "PATH", "TZ")
ANSWER_BYTES = 64


class Fork:
    """A forked process, with the methods of subprocess.Popen that a worker needs."""

    def __init__(self, pid: int, descriptor: int, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        """`descriptor` is the process's pidfd, which names it even after its number is reused."""
        self.pid = pid
        self.stdin, self.stdout = stdin, stdout
        self._descriptor = descriptor
        finalize(self, os.close, descriptor)

    def poll(self) -> int | None:
        """Return 0 if the process has ended, else None."""
        return 0 if self._ended(0) else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end. Raises subprocess.TimeoutExpired."""
        if not self._ended(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return 0

    def _ended(self, timeout: float | None) -> bool:
        ends = select.poll()
        ends.register(self._descriptor, select.POLLIN)
        return bool(ends.poll(None if timeout is None else timeout * 1000))

    def terminate(self) -> None:
        """Send SIGTERM, unless the process has ended."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL, unless the process has ended."""
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, number)


class Parent:
    """The process that forks for the functions of one package."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Start it; `environment` is that of any function of the package."""
        self._lock = threading.Lock()
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(PARENT), str(theirs.fileno())],
                cwd=environment["LAMBDA_TASK_ROOT"],
                env={name: environment[name] for name in ENVIRONMENT if name in environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def fork(self, environment: Mapping[str, str], log: int) -> Fork:
        """Start a function's process; its standard error is `log`. OSError if the parent ended."""
        stdin, requests = os.pipe()
        answers, stdout = os.pipe()
        streams = open(requests, "wb"), open(answers, "rb")  # noqa: PTH123, SIM115 - descriptors
        try:
            with self._lock:
                request = json.dumps(dict(environment)).encode()
                socket.send_fds(self._requests, [request], [stdin, stdout, log])
                answer, descriptors, *_ = socket.recv_fds(self._requests, ANSWER_BYTES, 1)
            if not answer:
                raise ConnectionResetError(str(PARENT))
        except OSError:
            for stream in streams:
                stream.close()
            raise
        finally:
            os.close(stdin)
            os.close(stdout)
        return Fork(int(answer), descriptors[0], *streams)

    def close(self) -> None:
        """End the process; its forks live on."""
        self._requests.close()
        self._process.terminate()
        self._process.wait()


class Parents:
    """The parents of a cloud's packages."""

    def __init__(self) -> None:
        """Start none yet."""
        self._lock = threading.Lock()
        self._of: dict[str, Parent] = {}

    def fork(self, environment: Mapping[str, str], log: int) -> Fork | None:
        """Start a function's process; None if its package has no boto3, or its parent ended."""
        root = environment["LAMBDA_TASK_ROOT"]
        if not POSSIBLE or not Path(root, SHARED).is_dir():
            return None
        with self._lock:
            parent = self._of.get(root) or self._of.setdefault(root, Parent(environment))
        try:
            return parent.fork(environment, log)
        except OSError:
            with self._lock:
                if self._of.get(root) is parent:
                    del self._of[root]
            parent.close()
            return None

    def close(self) -> None:
        """End all parents."""
        with self._lock:
            for parent in self._of.values():
                parent.close()
            self._of.clear()
