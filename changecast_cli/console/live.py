"""News for open pages, as server-sent events; the page then reloads its content."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from changecast.contract.errors import ChangecastError
from changecast_cli.failures import explained

LOOK_SECONDS, QUIET_SECONDS = 1.0, 15
Look = Callable[[], str]


async def live(request: Request) -> Response:
    """Tell the page when the board differs from what it shows."""
    board = request.app.state.console.board
    return EventSourceResponse(updates(board.seen_as, since(request)), ping=QUIET_SECONDS)


def since(request: Request) -> str:
    """Return the version that the page shows."""
    return request.query_params.get("since", "")


async def updates(
    look: Look, known: str, sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep
) -> AsyncIterator[dict[str, str]]:
    """Yield an event each time `look` returns something new, or fails for another reason."""
    while True:
        try:
            found = await run_in_threadpool(look)
            told = {"event": "changed", "data": ""}
        except (ChangecastError, BotoCoreError, ClientError) as error:
            found = (explained(error) or str(error)).replace("\n", " ")
            told = {"event": "trouble", "data": found}
        if found != known:
            yield told
        known = found
        await sleep(LOOK_SECONDS)
