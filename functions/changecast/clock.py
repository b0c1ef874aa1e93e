"""How long an invocation has left.

https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
"""

from typing import Protocol


class Context(Protocol):
    """What we use of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""


def deadline(context: Context, now: float) -> float:
    """When (epoch seconds) Lambda ends this invocation."""
    return now + context.get_remaining_time_in_millis() / 1_000
