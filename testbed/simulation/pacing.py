"""How much of SES's rate is used, and how often SES refuses: no faults, simulated time."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.ses import SentMail
from testbed.simulation.faults import Planned
from testbed.simulation.outcomes import LiveSes
from testbed.simulation.queues import Queues, Source
from testbed.simulation.world import Plot, World

CONCURRENCY = {
    "send_mail": 10, "plan_delivery": 5, "record_outcome": 5, "report_delivery": 2,
    "deliver_notice": 5,
}  # fmt: skip
SES_SECONDS = 0.025


class PacedSes(LiveSes):
    """SES that accepts `rate` mails a second, and a burst of one second's mails."""

    tokens: float
    filled_at: float
    throttled: int
    times: list[float]

    def send_email(self, **request: Any) -> dict[str, Any]:
        """SendEmail, counted against the rate."""
        now = self.hub.now
        self.tokens = min(self.rate, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.tokens < 1.0:
            self.throttled += 1
            raise refusal("TooManyRequestsException", 429, "Maximum sending rate exceeded.")
        self.tokens -= 1.0
        self.times.append(now)
        answer = super().send_email(**request)
        self.hub.sleep(SES_SECONDS)
        return answer

    def speak(self, mail: SentMail) -> None:
        """Publish nothing, because outcomes are not measured here."""


class Limited(Queues):
    """Queues out of order, with as many concurrent functions as the template allows."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.busy = dict.fromkeys(CONCURRENCY, 0)
        self.waiting: dict[str, list[Callable[[], None]]] = {name: [] for name in CONCURRENCY}

    def _receive(self, source: Source) -> None:
        self.rng.shuffle(self.queue(source.queue))
        super()._receive(source)

    def _start(self, function: str, start: Callable[[], None]) -> None:
        if self.busy[function] >= CONCURRENCY[function]:
            self.waiting[function].append(start)
            return
        self.busy[function] += 1
        start()

    def _ended(self, function: str) -> None:
        self.busy[function] -= 1
        if self.waiting[function]:
            self._start(function, self.waiting[function].pop(0))


@dataclass(frozen=True)
class Figures:
    """The share of the rate that was used, and the share of the calls that were throttled.

    `largest_share` is the larger of the two changes' shares of the middle third of the mails.
    """

    rate: float
    mails: int
    used: float
    throttled: float
    largest_share: float
    seconds: float


def measure(rate: float, mails: int, seed: int = 1) -> Figures:
    """Send two changes at once, each with this many mails, at `rate` a second."""
    world, ses = _world(rate, mails, seed)
    world.announce(1.0, envelope(change_id="CHG2"))
    world.play()
    third = len(ses.mails) // 3
    by_run = Counter(mail.tags["r"].partition("-")[0] for mail in ses.mails[third : 2 * third])
    seconds = ses.times[-1] - ses.times[0] + 1 / rate
    return Figures(
        rate=rate,
        mails=len(ses.times),
        used=len(ses.times) / seconds / rate,
        throttled=ses.throttled / (len(ses.times) + ses.throttled),
        largest_share=max(by_run.values()) / sum(by_run.values()),
        seconds=seconds,
    )


def behind_a_large_one(rate: float, large: int, small: int, later: float) -> float:
    """Return how long a small change takes if it is announced while a large one is being sent.

    The result is a multiple of the time that it would take at half of the rate.
    """
    world, ses = _world(rate, large, seed=1)
    ses.contacts["approvals"] = world.people[:small]
    world.announce(later, envelope(change_id="CHG2", status="submitted"))
    world.play()
    sent = zip(ses.times, ses.mails, strict=True)
    times = [at for at, mail in sent if mail.topic == "approvals"]
    if len(times) != small:
        raise ValueError(f"only {len(times)} of {small} people were mailed")
    return (times[-1] - world.start - later) / (2 * small / rate)


def _world(rate: float, people: int, seed: int) -> tuple[World, PacedSes]:
    plot = Plot(
        people=people,
        batch_size=25,
        announcements=[(0.0, 1)],
        minor=False,
        policy="hold",
        faults=Planned(frozenset()),
        rng=None,
    )
    world = World(plot, ses_type=PacedSes, queues_type=Limited)
    ses = world.ses
    assert isinstance(ses, PacedSes)
    world.queues.rng = random.Random(seed)
    ses.rate, ses.tokens, ses.filled_at, ses.throttled, ses.times = rate, rate, 0.0, 0, []
    ses.after = ses.speak
    return world, ses


def lines() -> Iterator[str]:
    """Print a JSON line for each rate, and one for a small change behind a large one."""
    for rate, mails in ((14.0, 2_000), (100.0, 8_000), (500.0, 8_000)):
        yield json.dumps(
            {name: round(value, 4) for name, value in vars(measure(rate, mails)).items()}
        )
    times = behind_a_large_one(14.0, large=16_000, small=2_500, later=300.0)
    figures = {"rate": 14.0, "small": 2_500, "behind": 16_000, "times_half_the_rate": times}
    yield json.dumps({name: round(value, 4) for name, value in figures.items()})
