"""Time and turns: processes are greenlets that run one at a time, in the order of a seed."""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from greenlet import getcurrent, greenlet

from changecast.contract.errors import ChangecastError


class Died(BaseException):
    """The process died; nothing may catch this."""


@dataclass
class Process:
    """One invocation of a function. `done` gets its answer, None if it failed or died."""

    name: str
    skew: float
    deadline: float
    done: Callable[[Any], None]
    is_over: bool = False
    faultless: bool = False

    def end(self, answer: Any) -> None:
        """End the invocation: it answered, failed or died, whichever happened first."""
        if not self.is_over:
            self.is_over = True
            self.done(answer)


@dataclass
class Hub:
    """Stands in for the module `time`, and runs what is due next."""

    now: float = 1_800_000_000.0
    current: Process | None = None
    steps: int = 0
    _due: list[tuple[float, int, Process | None, Any]] = field(default_factory=list)
    _order: Any = field(default_factory=itertools.count)
    _main: greenlet = field(default_factory=getcurrent)

    def time(self) -> float:
        """Return the time by the running process's clock."""
        return self.now + (self.current.skew if self.current else 0.0)

    def sleep(self, seconds: float) -> None:
        """Let the running process pause; others go on."""
        self._push(self.now + max(0.0, seconds), self.current, getcurrent())
        self._main.switch()

    def at(self, when: float, call: Callable[[], None]) -> None:
        """Call something at a given time."""
        self._push(when, None, call)

    def start(self, process: Process, work: Callable[[], Any]) -> None:
        """Start an invocation now; at its deadline it is killed."""

        def body() -> None:
            try:
                process.end(work())
            except (ChangecastError, ClientError, BotoCoreError, Died):
                process.end(None)

        self._push(self.now, process, greenlet(body, self._main))
        self.at(process.deadline, lambda: process.end(None))

    def each(self, call: Callable[[int, Any], Any], items: Any) -> list[Any]:
        """Run the call for every item at once, as threads would; each is a greenlet."""
        process, me, answers = self.current, getcurrent(), {}

        def body(index: int, item: Any) -> None:
            try:
                answers[index] = call(index, item)
            except Died:
                return
            if len(answers) == len(items):
                self._push(self.now, process, me)

        for index, item in enumerate(items):
            thread = greenlet(lambda index=index, item=item: body(index, item), self._main)
            self._push(self.now, process, thread)
        self._main.switch()
        return [answers[index] for index in range(len(items))]

    def die(self) -> None:
        """Let the running process die here."""
        if self.current:
            self.current.end(None)
        raise Died

    def run(self, until: float) -> None:
        """Run what is due, until nothing is or time is up."""
        while self._due and self._due[0][0] <= until:
            self.now, _, process, what = heapq.heappop(self._due)
            self.steps += 1
            if process is None:
                what()
            elif not process.is_over:
                self.current = process
                what.switch()
                self.current = None

    def _push(self, when: float, process: Process | None, what: Any) -> None:
        heapq.heappush(self._due, (max(when, self.now), next(self._order), process, what))
