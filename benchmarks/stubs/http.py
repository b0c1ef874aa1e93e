"""A small HTTP/1.1 server: connections stay open, and each answer comes after a fixed time."""

import asyncio
import json
from collections.abc import Callable
from typing import NamedTuple


class Request(NamedTuple):
    """A request as a stub sees it; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """A stub's answer."""

    body: bytes = b"{}"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


Answerer = Callable[[Request], Answer]


def as_json(value: object, status: int = 200, **headers: str) -> Answer:
    """Return an answer in JSON."""
    named = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Answer(json.dumps(value).encode(), status, named)


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport

    def __init__(self, answer: Answerer, seconds: float) -> None:
        self._answer, self._seconds = answer, seconds
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        first, *lines = self._received[:end].decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        body_starts, length = end + 4, int(headers.get("content-length", "0"))
        if headers.get("expect") == "100-continue" and len(self._received) == body_starts:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if len(self._received) < body_starts + length:
            return
        method, path, _ = first.split(" ")
        body = bytes(self._received[body_starts : body_starts + length])
        del self._received[: body_starts + length]
        asked = Request(method, path, headers, body)
        seconds = 0.0 if path.startswith("/stub/") else self._seconds
        asyncio.get_running_loop().call_later(seconds, self._write, self._answer(asked))

    def _write(self, answer: Answer) -> None:
        headers = (*answer.headers, ("Content-Length", str(len(answer.body))))
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        head = f"HTTP/1.1 {answer.status} Stub\r\nContent-Type: application/json\r\n{lines}\r\n"
        self.transport.write(head.encode() + answer.body)


async def serve(answer: Answerer, seconds: float) -> None:
    """Answer requests until the process ends, on a port that is printed first."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(answer, seconds), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
