"""Put events, and check each entry's own result."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from changecast.contract.envelope import EVENT_LIMIT, entry_size
from changecast.contract.errors import ChangecastError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

ENTRIES_A_CALL = 10
PUT_ATTEMPTS = 4
RETRIED = frozenset({"InternalFailure", "ThrottlingException"})


class NotPut(ChangecastError):
    """EventBridge accepted the call but not every event; announcing again is safe.

    `unsent` are the entries that it did not accept.
    """

    def __init__(self, message: str, unsent: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.unsent = unsent


def put(
    events: "EventBridgeClient",
    entries: list[dict[str, Any]],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Put entries and check each one's own result; NotPut has the remaining error.

    If one call fails, the others are still made.
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
    """
    failures = [failure for group in calls(entries) if (failure := _put(events, group, sleep))]
    if failures:
        unsent = [entry for failure in failures for entry in failure.unsent]
        raise NotPut(str(failures[0]), unsent)


def _put(
    events: "EventBridgeClient", group: list[dict[str, Any]], sleep: Callable[[float], None]
) -> NotPut | None:
    """Put one call's entries, and repeat those that may succeed later; return the rest."""
    unsent = group
    for attempt in range(PUT_ATTEMPTS):
        answer = events.put_events(Entries=unsent)  # type: ignore[arg-type]
        failed = [
            (entry, result)
            for entry, result in zip(unsent, answer["Entries"], strict=True)
            if result.get("ErrorCode")
        ]
        if not failed:
            return None
        unsent = [entry for entry, _ in failed]
        code, message = failed[0][1]["ErrorCode"], failed[0][1].get("ErrorMessage", "")
        if code not in RETRIED or attempt == PUT_ATTEMPTS - 1:
            return NotPut(f"EventBridge did not accept the event: {code}: {message}", unsent)
        sleep(0.2 * 2**attempt)
    return None


def calls(entries: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield groups that fit into one PutEvents call, by number and by size."""
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
