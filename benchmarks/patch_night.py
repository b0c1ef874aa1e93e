"""A night of changes: 60 announcements in 10 minutes to one customer.

    python -m benchmarks.patch_night [PEOPLE RATE]

The functions are the real ones, time is simulated. 20 changes come at once and the others at any
time. SES takes one request a second for everything but sending, answers each in 150 ms, and has
pages of 1,000 contacts; five planners and ten senders run at a time, as the template lets them.
Nothing fails here: that is what `make simulate` is for.

A run is planned when its plan is complete. Its mails are due when they are queued, and
QUOTA_SECONDS after the plan in any case: until then a planner may ask SES for the quota.
"""

import json
import random
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing import get_context
from typing import Any, NamedTuple

from benchmarks.measure import at_least, at_most, report
from changecast.customer.ledger.schema import run_id
from testbed.doubles.announcements import envelope
from testbed.doubles.dynamodb import Table
from testbed.simulation.faults import Planned
from testbed.simulation.pacing import Limited, PacedSes
from testbed.simulation.queues import Source
from testbed.simulation.world import GATE, Plot, World

LISTS, RATES = (50, 1_000, 5_000), (14.0, 100.0)
CHANGES, AT_ONCE, MINUTES = 60, 20, 10.0
ANSWER_SECONDS = 0.15
QUOTA_SECONDS = 2.0
DEAD_LETTERS = ("announcements-dlq", "deliveries-dlq", "outcomes-dlq", "reports-dlq")


class Night(NamedTuple):
    """The result of one night; `main` has the goals."""

    people: int
    rate: float
    slowest_plan: float
    dead_letters: int
    most_receives: int
    requests: int
    refused_requests: int
    closest_requests: float
    used: float
    twice: int
    lost: int
    hours: float


class BusySes(PacedSes):
    """SES with slow answers."""

    def list_contacts(self, **request: Any) -> dict[str, Any]:
        """ListContacts."""
        answer = super().list_contacts(**request)
        self.hub.sleep(ANSWER_SECONDS)
        return answer

    def get_account(self) -> dict[str, Any]:
        """GetAccount."""
        answer = super().get_account()
        self.hub.sleep(ANSWER_SECONDS)
        return answer


class Counting(Limited):
    """Queues that note how often announcements were received, and when each run was queued."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.most_receives = 0
        self.queued: dict[str, float] = {}

    def _send(self, url: str, body: str, delay: int, attributes: dict[str, Any]) -> None:
        if url == "deliveries":
            self.queued.setdefault(json.loads(body)["run"], self.hub.now)
        super()._send(url, body, delay, attributes)

    def _invoke(self, source: Source, messages: list[Any]) -> None:
        super()._invoke(source, messages)
        if source.queue == "announcements":
            self.most_receives = max(self.most_receives, *(one.receives for one in messages))


@dataclass
class Watched:
    """A table, and when each run's plan was complete."""

    table: Table
    clock: Callable[[], float]
    planned: dict[str, float] = field(default_factory=dict)

    def update_item(self, **request: Any) -> Any:
        """UpdateItem."""
        answer = self.table.update_item(**request)
        if request.get("ExpressionAttributeValues", {}).get(":complete") == {"BOOL": True}:
            run = request["Key"]["pk"]["S"].removeprefix("run#")
            self.planned.setdefault(run, self.clock())
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.table, name)


@dataclass
class PatchNight(World):
    """A world in which the sweep runs until everybody has every mail."""

    expected: int = 0

    def _next_minute(self, due: list[float]) -> float | None:
        del due
        return self.hub.now + 60.0 if len(self.ses.mails) < self.expected else None


def play(people: int, rate: float) -> Night:
    """Play one night with a list of a number of people, at a number of mails a second."""
    plot = Plot(people, 25, [], minor=False, policy="hold", faults=Planned(frozenset()), rng=None)
    world = PatchNight(plot, ses_type=BusySes, queues_type=Counting, expected=CHANGES * people)
    ses, queues = world.ses, world.queues
    assert isinstance(ses, BusySes)
    assert isinstance(queues, Counting)
    ses.rate, ses.tokens, ses.filled_at, ses.throttled, ses.times = rate, rate, 0.0, 0, []
    ses.after, ses.clock = ses.speak, world.hub
    table = Watched(world.table, lambda: world.hub.now)
    GATE.fakes["dynamodb"] = table
    rng = random.Random(1)
    queues.rng = random.Random(1)
    puts = {}
    for number in range(1, CHANGES + 1):
        at = 0.0 if number <= AT_ONCE else rng.uniform(0.0, MINUTES * 60)
        event = envelope(change_id=f"CHG{number}")
        puts[f"CHG{number}"] = world.start + at
        world.announce(at, event)
    world.play()
    return _night(world, table.planned, puts)


def _night(world: World, planned: dict[str, float], puts: dict[str, float]) -> Night:
    ses, queues = world.ses, world.queues
    assert isinstance(ses, BusySes)
    assert isinstance(queues, Counting)
    people, rate = world.plot.people, ses.rate
    never = float("inf")
    waits = [planned.get(run_id(change, 1), never) - put for change, put in puts.items()]
    due = [min(queues.queued.get(run, never), at + QUOTA_SECONDS) for run, at in planned.items()]
    sent = Counter((mail.tags["r"].partition("-")[0], mail.to) for mail in ses.mails)
    asked = sorted(ses.asked)
    return Night(
        people=people,
        rate=rate,
        slowest_plan=max(waits),
        dead_letters=sum(len(queues.queue(name)) for name in DEAD_LETTERS),
        most_receives=queues.most_receives,
        requests=len(asked),
        refused_requests=ses.too_early,
        closest_requests=min(b - a for a, b in pairwise(asked)),
        used=_used(due, people, ses.times, rate),
        twice=sum(times - 1 for times in sent.values()),
        lost=CHANGES * people - len(sent),
        hours=(ses.times[-1] - world.start) / 3_600,
    )


def _used(due: Sequence[float], people: int, times: Sequence[float], rate: float) -> float:
    """Return the share of the rate that was used while anything was due."""
    arrivals = sorted(due)
    seconds, begins = 0.0, None
    for at in arrivals:
        sent_before = bisect_left(times, at)
        planned_before = sum(people for other in arrivals if other < at)
        if begins is None or sent_before >= planned_before:
            if begins is not None:
                seconds += times[planned_before - 1] - begins
            begins = at
    assert begins is not None
    seconds += times[-1] - begins
    return len(times) / (seconds * rate)


def main() -> None:
    """Print the JSON lines of every list and rate, or of one."""
    cases = [(people, rate) for people in LISTS for rate in RATES]
    if sys.argv[1:]:
        cases = [(int(sys.argv[1]), float(sys.argv[2]))]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for night in pool.map(play, *zip(*cases, strict=True)):
            _report(night)


def _report(night: Night) -> None:
    name = f"patch_night_{{}}_of_{night.people}_at_{night.rate:.0f}"
    report(name.format("slowest_plan"), [night.slowest_plan], "s", at_most(120))
    report(name.format("dead_letters"), [night.dead_letters], "messages", at_most(0))
    report(name.format("most_receives"), [night.most_receives], "times", at_most(3))
    report(name.format("requests"), [night.requests], "requests to SES other than mails")
    report(name.format("refused_requests"), [night.refused_requests], "requests", at_most(0))
    report(name.format("closest_requests"), [night.closest_requests], "s apart", at_least(1))
    report(name.format("rate_used"), [100 * night.used], "%", at_least(95))
    report(name.format("twice"), [night.twice], "mails", at_most(0))
    report(name.format("lost"), [night.lost], "mails", at_most(0))
    report(name.format("hours"), [night.hours], "h to the last mail")


if __name__ == "__main__":
    main()
