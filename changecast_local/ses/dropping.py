"""End a request by closing its connection, without a response."""

from contextvars import ContextVar
from typing import Any

from hypercorn.protocol.events import StreamClosed
from hypercorn.protocol.http_stream import HTTPStream

_dropped: ContextVar[bool] = ContextVar("changecast_dropped", default=False)


def drop_this_request() -> None:
    """Close the current request's connection, whatever its response would be."""
    _dropped.set(True)


def install() -> None:
    """Teach hypercorn to hang up. Each request runs in a context of its own."""
    app_send = HTTPStream.app_send

    async def send_or_hang_up(stream: HTTPStream, message: Any) -> None:
        if not _dropped.get():
            await app_send(stream, message)
        elif not stream.closed:
            # Nothing was written yet, so the connection cannot be used again and is closed.
            await stream.send(StreamClosed(stream_id=stream.stream_id))

    HTTPStream.app_send = send_or_hang_up  # type: ignore[method-assign, assignment]
