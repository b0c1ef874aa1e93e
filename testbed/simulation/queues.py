"""SQS and Lambda together: receives, duplicates, visibility, dead letters, invocations."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from testbed.doubles.account import Context
from testbed.doubles.sqs import Message, Sqs
from testbed.simulation.hub import Hub, Process


@dataclass(frozen=True)
class Source:
    """A queue, the function that reads it, and what the template says about both."""

    queue: str
    function: str
    visibility: float
    timeout: float
    receives: int
    batch: int
    gather: float


SOURCES = (
    Source("announcements", "plan_delivery", 1_800, 300, 5, 1, 0.0),
    Source("deliveries", "send_mail", 360, 60, 5, 1, 0.0),
    Source("notices", "deliver_notice", 360, 60, 5, 1, 0.0),
    Source("outcomes", "record_outcome", 180, 30, 10, 50, 1.0),
    Source("reports", "report_delivery", 180, 30, 20, 10, 1.0),
)


class Queues(Sqs):
    """Queues that deliver their messages to functions by themselves."""

    def __init__(
        self, hub: Hub, modules: dict[str, ModuleType], rng: random.Random, *, chaos: float
    ) -> None:
        super().__init__(hub)  # type: ignore[arg-type]
        self.hub, self.modules, self.rng, self.chaos = hub, modules, rng, chaos
        self.sources = {source.queue: source for source in SOURCES}
        self.outage = (0.0, 0.0)

    def redrive(self) -> None:
        """Redrive the dead letters of outcomes, after people fixed what failed."""
        source, dead = self.sources["outcomes"], self.queue("outcomes-dlq")
        for message in dead:
            message.receives, message.visible_at = 0, self.hub.now
        self.queue(source.queue).extend(dead)
        dead.clear()
        self._later(source, 0.0)

    def skew(self) -> float:
        """Return how wrong the next process's clock is, mostly at the limits."""
        return self.rng.choice((-5.0, 0.0, 5.0)) if self.chaos else 0.0

    def _send(self, url: str, body: str, delay: int, attributes: dict[str, Any]) -> None:
        super()._send(url, body, delay, attributes)
        source = self.sources.get(url)
        if source is None:
            return
        message = self.queue(url)[-1]
        self._later(source, delay)
        if self.rng.random() < self.chaos:
            again = self.hub.now + delay + self.rng.choice((0.0, 0.01, 5.0, 130.0))
            self.hub.at(again, lambda: self._invoke(source, [message]))

    def _later(self, source: Source, delay: float) -> None:
        jitter = self.rng.choice((0.0, 0.01, 0.5)) if self.chaos else 0.0
        when = self.hub.now + delay + jitter + source.gather
        self.hub.at(when, lambda: self._receive(source))

    def _receive(self, source: Source) -> None:
        due = [m for m in self.queue(source.queue) if m.visible_at <= self.hub.now]
        for start in range(0, len(due), source.batch):
            self._invoke(source, due[start : start + source.batch])

    def _invoke(self, source: Source, messages: list[Message]) -> None:
        queue = self.queue(source.queue)
        for message in messages:
            message.receives += 1
            message.visible_at = self.hub.now + source.visibility
        self._later(source, source.visibility)
        spent = [message for message in messages if message.receives > source.receives]
        for message in spent:
            self.queue(f"{source.queue}-dlq").append(message)
            if message in queue:
                queue.remove(message)
        alive = [message for message in messages if message not in spent]
        if alive:
            self._start(source.function, lambda: self._run(source, alive))

    def _start(self, function: str, start: Callable[[], None]) -> None:
        """Start as many invocations as Lambda wants."""
        start()

    def _ended(self, function: str) -> None:
        """End one invocation."""

    def _run(self, source: Source, messages: list[Message]) -> None:
        queue = self.queue(source.queue)

        def done(answer: Any) -> None:
            self._ended(source.function)
            if answer is None:
                return
            failed = {entry["itemIdentifier"] for entry in answer["batchItemFailures"]}
            for message in messages:
                if message.id not in failed and message in queue:
                    queue.remove(message)

        process = Process(source.function, self.skew(), self.hub.now + source.timeout, done)
        # Outside the guarantee: dead letters, which raise an alarm, and events after the window.
        last = 3 if source.queue == "outcomes" else source.receives
        process.faultless = any(
            message.attributes.get("faultless") or message.receives >= last for message in messages
        )
        start, end = self.outage
        if source.queue == "outcomes" and start <= self.hub.now < end:
            process.end(None)
            return
        event = {"Records": [message.record() for message in messages]}
        handler: Callable[..., Any] = self.modules[source.function].handler
        context = Context(source.timeout)
        self.hub.start(process, lambda: handler(event, context))
