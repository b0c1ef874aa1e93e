"""The console's server: one port of the loopback interface, until Ctrl-C."""

import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3

from changecast_cli.console.guard import Door
from changecast_cli.failures import Failed
from changecast_cli.options import session

if TYPE_CHECKING:
    from uvicorn import Server

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
    """Serve the console until Ctrl-C; `show` gets the address once the port is open.

    A browser that opens it at once waits a moment: the pages load meanwhile.
    """
    own, listening = session(profile, region), listen(port)
    door = Door(listening.getsockname()[1], secrets.token_urlsafe(24), secrets.token_urlsafe(24))
    show(door.address)
    if browser:
        threading.Thread(target=webbrowser.open, args=(door.address,), daemon=True).start()
    try:
        _server(own, door, read_only=read_only, person=person).run(sockets=[listening])
    except KeyboardInterrupt:  # uvicorn raises again what ended it
        return


def _server(own: boto3.Session, door: Door, *, read_only: bool, person: str | None) -> "Server":
    """Return the server of the pages; their libraries take most of the start."""
    import uvicorn  # noqa: PLC0415 - after the address is shown

    from changecast_cli.console.application import application  # noqa: PLC0415
    from changecast_cli.console.aws import Aws  # noqa: PLC0415
    from changecast_cli.console.state import console_of  # noqa: PLC0415

    console = console_of(Aws(own), door, read_only=read_only, person=person)
    return uvicorn.Server(
        uvicorn.Config(
            application(console, door),
            log_level="error",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=LEAVE_SECONDS,
        )
    )


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
            f"port {port} cannot be used ({error.strerror}): omit --port to use a free one"
        ) from error
    return listening
