"""Serve ministack and the control API on one port of 127.0.0.1, in its own thread."""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

THREADS = 32
GRACE_SECONDS = 0.5
START_SECONDS = 20


def listen(port: int) -> socket.socket:
    """Return a socket bound to 127.0.0.1; port 0 is any free one. OSError if the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    listener.listen(128)
    return listener


@contextmanager
def serving(app: Any, listener: socket.socket) -> Iterator[asyncio.AbstractEventLoop]:
    """Serve an ASGI app on a bound socket until the block ends; yield its loop."""
    loop = asyncio.new_event_loop()
    stop, started = asyncio.Event(), threading.Event()

    async def run() -> None:
        loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="cloud"))
        await serve(_announcing(app, started), _config(listener), shutdown_trigger=stop.wait)

    thread = threading.Thread(target=_run, args=(loop, run()), name="cloud", daemon=True)
    thread.start()
    try:
        if not started.wait(START_SECONDS):
            raise RuntimeError("the embedded cloud did not start")
        yield loop
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(START_SECONDS)


def _run(loop: asyncio.AbstractEventLoop, main: Any) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(main)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        loop.close()


def _announcing(app: Any, started: threading.Event) -> Any:
    """Return the app with our own ASGI lifespan, because ministack's starts Docker and SFTP."""

    async def announced(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        while True:
            kind = (await receive())["type"]
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return
            started.set()

    return announced


def _config(listener: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.errorlog = logging.getLogger("hypercorn.error")
    config.keep_alive_timeout = 75
    config.graceful_timeout = GRACE_SECONDS
    config.shutdown_timeout = GRACE_SECONDS
    return config
