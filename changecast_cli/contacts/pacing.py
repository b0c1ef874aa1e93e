"""Pace calls as SES accepts them: about one a second for everything about contacts."""

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

SLOWER = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})
LONGEST = 30.0


class CallPace:
    """Waits so that calls are at least 1/`per_second` s apart; a throttled call waits longer."""

    def __init__(
        self,
        per_second: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 1 / per_second
        self._clock, self._sleep = clock, sleep
        self._next = -float("inf")

    def __call__(self, operation: Callable[..., Any], **arguments: Any) -> Any:
        """Call the operation at its turn; if SES throttles it, retry more slowly."""
        wait = self._gap
        while True:
            self._turn()
            try:
                return operation(**arguments)
            except ClientError as error:
                if error.response["Error"]["Code"] not in SLOWER or wait > LONGEST:
                    raise
            wait *= 2
            self._sleep(wait)

    def _turn(self) -> None:
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._gap
