"""Live updates: a page is told that something changed, and nothing while nothing does."""

import asyncio
from typing import Any

from botocore.exceptions import EndpointConnectionError

from changecast_cli.console.live import updates

GONE = EndpointConnectionError(endpoint_url="http://hub.example")


def told(known: str, *found: str | Exception) -> list[str]:
    """The events of a page that shows `known`, while the hub returns the `found` in turn."""
    left = list(found)

    def look() -> str:
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    async def sleep(_: float) -> None:
        if not left:
            raise _Enough

    return asyncio.run(_events(updates(look, known, sleep)))


class _Enough(Exception):
    pass


async def _events(stream: Any) -> list[str]:
    events = []
    try:
        async for event in stream:
            events.append(event["event"])
    except _Enough:
        pass
    return events


def test_a_page_that_shows_what_is_hears_nothing() -> None:
    assert told("1", "1", "1", "1") == []


def test_each_change_is_told_once() -> None:
    assert told("1", "2", "2", "3") == ["changed", "changed"]


def test_what_changed_before_the_page_listened_is_told() -> None:
    assert told("1", "2") == ["changed"]


def test_a_hub_that_is_gone_is_told_once_and_its_return_too() -> None:
    assert told("1", GONE, GONE, "1") == ["trouble", "changed"]
