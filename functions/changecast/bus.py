"""Putting events, with a look at each one's own answer."""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from changecast.errors import ChangecastError
from changecast.event import EVENT_LIMIT, entry_size

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

ENTRIES_A_CALL = 10
PUT_ATTEMPTS = 4
RETRIED = frozenset({"InternalFailure", "ThrottlingException"})


class NotPut(ChangecastError):
    """EventBridge took the call but not the event; announcing again is safe."""


def put(
    events: "EventBridgeClient",
    entries: list[dict[str, Any]],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Put entries, looking at each one's own answer; NotPut says which error remained.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
    """
    for group in _calls(entries):
        waiting = group
        for attempt in range(PUT_ATTEMPTS):
            answer = events.put_events(Entries=waiting)  # type: ignore[arg-type]
            failed = [
                (entry, result)
                for entry, result in zip(waiting, answer["Entries"], strict=True)
                if result.get("ErrorCode")
            ]
            if not failed:
                break
            code, message = failed[0][1]["ErrorCode"], failed[0][1].get("ErrorMessage", "")
            if code not in RETRIED or attempt == PUT_ATTEMPTS - 1:
                raise NotPut(f"EventBridge did not take the event: {code}: {message}")
            waiting = [entry for entry, _ in failed]
            sleep(0.2 * 2**attempt)


def _calls(entries: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Groups that fit into one PutEvents call, by number and by size."""
    group: list[dict[str, Any]] = []
    size = 0
    for entry in entries:
        bytes_ = entry_size(entry)
        if group and (len(group) == ENTRIES_A_CALL or size + bytes_ > EVENT_LIMIT):
            yield group
            group, size = [], 0
        group.append(entry)
        size += bytes_
    if group:
        yield group
