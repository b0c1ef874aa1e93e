"""How long an invocation has left, and waiting.

https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

import time
from typing import Protocol


class Context(Protocol):
    """What we use of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


def deadline(context: Context, now: float) -> float:
    """When (epoch seconds) Lambda ends this invocation."""
    return now + context.get_remaining_time_in_millis() / 1_000


def wait(seconds: float) -> None:
    """Sleep; where there is nothing to wait for without a call, which would hand the CPU on."""
    if seconds > 0:
        time.sleep(seconds)
