"""Slow looks into customers' accounts: in the background, on demand, a few at once."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.failures import explained

if TYPE_CHECKING:
    from changecast_cli.console.aws import Aws

# How long a result is shown without another look.
AT_ONCE, FRESH = 4, timedelta(minutes=1)
Item = TypeVar("Item")
log = logging.getLogger("changecast")


@dataclass
class Look(Generic[Item]):
    """One look: its start and its result."""

    began: datetime
    found: Sequence[Item] | None = None
    failure: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it has a result."""
        return self.found is not None or bool(self.failure)


@dataclass
class Looks(Generic[Item]):
    """The last look into each account."""

    into: Callable[..., Sequence[Item]]
    known: dict[str, Look[Item]] = field(default_factory=dict)
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE))

    def look(self, aws: "Aws", customer: CustomerStack, *given: object, **named: object) -> None:
        """Start a look, unless one is running or fresh, with what else it needs."""
        with self._starting:
            last, now = self.known.get(customer.code), datetime.now(UTC)
            if last and (not last.is_over or now - last.began < FRESH):
                return
            self.known[customer.code] = Look(now)
        look = partial(self.into, aws, customer, *given, **named)
        self._threads.submit(self._run, self.known[customer.code], look)

    def forget(self, code: str) -> None:
        """Forget a result that was just changed."""
        self.known.pop(code, None)

    def is_running(self, code: str) -> bool:
        """Return whether a look at this customer has not ended yet."""
        known = self.known.get(code)
        return known is not None and not known.is_over

    def _run(self, look: Look[Item], into: Callable[[], Sequence[Item]]) -> None:
        try:
            look.found = into()
        except Exception as error:  # a look that never ends would block every later one
            sentence = explained(error)
            if sentence is None:
                log.exception("looking up an account failed")
            look.failure = sentence or f"{type(error).__name__}: {error}"

    def seen_as(self, code: str) -> str:
        """Return a value that differs once there is a new result."""
        known = self.known.get(code)
        return f"{known.began.isoformat()} {known.is_over}" if known else "never"
