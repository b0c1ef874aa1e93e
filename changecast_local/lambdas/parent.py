"""A process that has imported boto3, and becomes a function's process by forking.

Importing boto3 takes most of a function's start, and every function of ours imports it. So each
package has one parent process, which imports it once. A fork of it then imports everything else, as
every start does.

It runs isolated like runtime.py, whose code the forks run: it sees only the standard library and
the package.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

# Every function imports it (tests/integration/package/test_counted.py says so), so a fork has no
# module that another start has not. Importing it reads no variable of a function.
SHARED = "boto3"
REQUEST_BYTES = 1 << 18
STREAMS = 3


def main() -> None:
    """Import, then fork for every request on the socket (first argument) until it is closed."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    runtime = _runtime()
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    gc.disable()
    with suppress(Exception):  # the function's own import shows what is wrong
        importlib.import_module(SHARED)
    gc.freeze()
    gc.enable()
    sys.path.pop(0)
    signal.signal(signal.SIGCHLD, _reap)
    if environment := _forked(requests):
        _prepare(environment)
        runtime.main()


def _runtime() -> Any:
    """Return runtime.py as a module that no function can import."""
    spec = spec_from_file_location("runtime", Path(__file__).with_name("runtime.py"))
    assert spec is not None  # noqa: S101 - the file has a name that Python knows
    assert spec.loader is not None  # noqa: S101 - and so it has a loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _forked(requests: socket.socket) -> dict[str, str] | None:
    """Fork for each request; return only in a fork, or once the socket is closed."""
    while True:
        request, streams, *_ = socket.recv_fds(requests, REQUEST_BYTES, STREAMS)
        if not request:
            return None
        # A fork that ends at once must not be reaped before its descriptor is open.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if not pid:
            requests.close()
            _use(streams)
            return dict(json.loads(request))
        descriptor = os.pidfd_open(pid)
        socket.send_fds(requests, [str(pid).encode()], [descriptor])
        for each in (*streams, descriptor):
            os.close(each)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def _reap(*_: Any) -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _use(streams: list[int]) -> None:
    """Become a process of its own, with these as standard input, output and error."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    os.setsid()
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)


def _prepare(environment: dict[str, str]) -> None:
    """Set what a start with this environment has from its beginning."""
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(environment["LAMBDA_TASK_ROOT"])


if __name__ == "__main__":
    main()
