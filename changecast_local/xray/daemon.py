"""The X-Ray daemon: UDP on 127.0.0.1, one port per account to tell accounts apart.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html (daemon documents)
"""

import json
import logging
import socket
import threading

from changecast_local.xray import store

HEADER = {"format": "json", "version": 1}
LARGEST = 1 << 16
log = logging.getLogger("changecast.cloud")


class Daemon:
    """Receives documents until it is closed."""

    def __init__(self) -> None:
        self._sockets: dict[store.Scope, socket.socket] = {}
        self._lock = threading.Lock()

    def address(self, scope: store.Scope) -> str:
        """Return the value of AWS_XRAY_DAEMON_ADDRESS for an account's functions in a Region."""
        with self._lock:
            if scope not in self._sockets:
                self._sockets[scope] = self._open(scope)
            host, port = self._sockets[scope].getsockname()
        return f"{host}:{port}"

    def _open(self, scope: store.Scope) -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.bind(("127.0.0.1", 0))
        threading.Thread(target=_receive, args=(opened, scope), name="xray", daemon=True).start()
        return opened

    def close(self) -> None:
        """Stop receiving; stored segments stay."""
        with self._lock:
            for opened in self._sockets.values():
                # An empty datagram wakes the thread, which closes the socket.
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
                    waker.sendto(b"", opened.getsockname())
            self._sockets.clear()


def _receive(opened: socket.socket, scope: store.Scope) -> None:
    with opened:
        while datagram := opened.recv(LARGEST):
            take(datagram, scope)


def take(datagram: bytes, scope: store.Scope) -> None:
    """Keep the document of a datagram: a header line, then JSON. Anything else is dropped."""
    header, _, body = datagram.partition(b"\n")
    try:
        known = json.loads(header) == HEADER
        document = json.loads(body)
        if known:
            store.put(scope, document)
    except (ValueError, KeyError, TypeError) as error:
        log.warning("X-Ray: dropped a datagram: %s", error)
