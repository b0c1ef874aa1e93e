"""Make calls at the same time, in threads that are kept while the function is warm."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import lru_cache
from typing import TypeVar

_Item = TypeVar("_Item")
_Made = TypeVar("_Made")


def in_threads(
    most: int, call: Callable[[int, _Item], _Made], items: Sequence[_Item]
) -> list[_Made]:
    """Make the call for every item, at most `most` at a time, and wait for all of them.

    Waits also if one fails: no call may outlive the invocation that started it.
    """
    calls = [_threads(most).submit(call, *each) for each in enumerate(items)]
    wait(calls)
    return [made.result() for made in calls]


@lru_cache(maxsize=1)
def _threads(most: int) -> ThreadPoolExecutor:
    """Return threads that are kept, because starting 32 costs CPU."""
    return ThreadPoolExecutor(most)
