"""An invocation's remaining time, and waiting.

https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

import time
from typing import Protocol


class Context(Protocol):
    """The part of Lambda's context that we use."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the invocation."""


def deadline(context: Context, now: float) -> float:
    """Return when (epoch seconds) Lambda ends this invocation."""
    return now + context.get_remaining_time_in_millis() / 1_000


def wait(seconds: float) -> None:
    """Sleep, but not for 0 seconds, because that call would yield the CPU."""
    if seconds > 0:
        time.sleep(seconds)
