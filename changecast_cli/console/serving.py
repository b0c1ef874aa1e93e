"""The console's server: one port of the loopback interface, until Ctrl-C."""

import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable

import uvicorn

from changecast_cli.console.application import application
from changecast_cli.console.aws import Aws
from changecast_cli.console.guard import Door
from changecast_cli.console.state import console_of
from changecast_cli.failures import Failed
from changecast_cli.options import session

LOOPBACK = "127.0.0.1"
# Pages that wait for news keep their connections open.
LEAVE_SECONDS = 1


def serve(
    show: Callable[[str], None],
    *,
    port: int,
    browser: bool,
    read_only: bool,
    profile: str | None,
    region: str | None,
    person: str | None = None,
) -> None:
    """Serve the console until Ctrl-C; `show` gets the address once it answers."""
    listening = listen(port)
    door = Door(listening.getsockname()[1], secrets.token_urlsafe(24), secrets.token_urlsafe(24))
    console = console_of(Aws(session(profile, region)), door, read_only=read_only, person=person)
    server = uvicorn.Server(
        uvicorn.Config(
            application(console, door),
            log_level="error",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=LEAVE_SECONDS,
        )
    )
    show(door.address)
    if browser:
        threading.Thread(target=webbrowser.open, args=(door.address,), daemon=True).start()
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn raises again what ended it
        return


def listen(port: int) -> socket.socket:
    """Listen on the loopback interface only."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise Failed(
            f"port {port} cannot be used ({error.strerror}): leave --port out to use a free one"
        ) from error
    return listening
