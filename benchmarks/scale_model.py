"""Announcements as discrete events: a hub, and customers whose accounts share nothing but the hub.

A few customers are simulated in full. Each represents many, and its load on the hub is multiplied.
Times come from benchmarks/units.json: CPU at the function's share of a core, and a call's time for
every request. An account sends as the product does (pace.py): slots at SES's rate for 90 seconds
ahead, and every minute the sweep gives the next ones, in turn among the runs that wait.
"""

import random
from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import simpy

from changecast.customer.ledger.report_schedule import BATCHES_A_SECOND
from changecast.customer.ledger.ses_requests import APART
from changecast.customer.planning.contact_list import PAGE
from changecast.customer.sending.pace import HORIZON
from changecast.lambdas.bus import ENTRIES_A_CALL
from changecast_cli.customers.buses import MOST_ROUTES

DAY = 86_400.0
SWEEP = 60.0
# Reports of a wave that are simulated; they stand for all of them.
SAMPLED_REPORTS = 3
GATHER = 3  # GATHER_SECONDS of functions/record_outcome.py
BATCH = 25
Steps = Generator[simpy.Event, Any, Any]
WHOLE_CORE_MB = 1_769
Units = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Latencies:
    """AWS's latencies in seconds: assumptions, in one place."""

    put: float = 0.05  # PutEvents until it is answered
    forward: float = 0.5  # EventBridge to a bus in another account, and its rule to a queue
    pick_up: float = 0.1  # a message in SQS until Lambda has it
    call: float = 0.005  # a request to DynamoDB, SQS or S3
    ses: float = 0.025  # SendEmail
    cold: float = 0.8  # the start of a function's process


@dataclass(frozen=True)
class Case:
    """A case: customers, changes a day (each for everybody), and the length of lists."""

    customers: int
    changes: int
    people: int
    rate: float = 14.0
    hub_rate: float = 4_500.0
    tracker_slots: int = 20

    @property
    def buses(self) -> int:
        """How many buses the hub has, each with an event of its own."""
        return ceil(self.customers / MOST_ROUTES)


@dataclass
class Outcome:
    """The result of a day."""

    case: Case
    to_last_mail: list[float] = field(default_factory=list)
    unfinished: int = 0
    hub_events: Counter[int] = field(default_factory=Counter)  # by second
    tracker_busy: float = 0.0
    tracker_wait: float = 0.0

    @property
    def hub_peak(self) -> float:
        """Events in the hub's busiest second."""
        return max(self.hub_events.values(), default=0.0)


@dataclass(frozen=True)
class Row:
    """A case and its result: seconds to the last mail, the quota that limits it, USD a month."""

    case: Case
    median: float | None
    longest: float | None
    unfinished: float
    binds: str
    used: float
    dollars: float


@dataclass
class Job:
    """A run's mails that have no slot yet."""

    announced: float
    waiting: int


class Account:
    """One customer's account: its plans, its slots, its runs."""

    def __init__(self, world: "World", delay: float) -> None:
        self.world = world
        self.delay = delay
        self.planners = simpy.Resource(world.env, capacity=5)
        self.free = 0.0
        self.waiting: list[Job] = []
        self.next_request = 0.0
        self.reading = (0.0, 0.0)

    def hear(self, announced: float) -> Steps:
        """One announcement, from the hub's rule to its last slot."""
        world, case = self.world, self.world.case
        yield world.env.timeout(self.delay + world.latencies.forward + world.latencies.pick_up)
        with self.planners.request() as planner:
            yield planner
            yield world.env.timeout(world.planning())
            yield world.env.timeout(self._read_list() - world.env.now)
        world.env.process(world.report(world.weight))
        job = Job(announced, case.people)
        self._take_slots(job, job.waiting)
        if job.waiting:
            self.waiting.append(job)
            if len(self.waiting) == 1:
                world.env.process(self._sweeps())

    def _read_list(self) -> float:
        """Return when the list is read: SES accepts one request a second, for pages and quota.

        Announcements that arrive before a reading begins share it.
        """
        now, requests = self.world.env.now, self.world.case.people // PAGE + 2
        begins, ends = self.reading
        if begins <= now:
            begins = max(now, self.next_request)
            ends = begins + (requests - 1) * APART
            self.reading, self.next_request = (begins, ends), begins + requests * APART
        return ends

    def _take_slots(self, job: Job, most: int) -> int:
        """Give a run slots, as far ahead as the horizon; returns how many it got."""
        env, rate = self.world.env, self.world.case.rate
        start = max(env.now, self.free)
        room = max(0, int((env.now + HORIZON - start) * rate) + BATCH)
        taken = min(most, job.waiting, room if start - env.now <= HORIZON else 0)
        self.free = start + taken / rate
        job.waiting -= taken
        if taken:
            self.world.sending(self.free - start, start)
        if not job.waiting:
            self.world.ended(job, self.free)
        return taken

    def _sweeps(self) -> Steps:
        """Yield the next waves, in turn among the runs that wait, until none does."""
        env = self.world.env
        yield env.timeout(self.world.rng.uniform(0, SWEEP))
        while self.waiting:
            self._release()
            self.waiting = [job for job in self.waiting if job.waiting]
            yield env.timeout(SWEEP)

    def _release(self) -> None:
        env, rate = self.world.env, self.world.case.rate
        room = int((env.now + HORIZON - max(env.now, self.free)) * rate)
        share = max(BATCH, room // len(self.waiting))
        for job in self.waiting:
            if not self._take_slots(job, share):
                return


class World:
    """A day of a case."""

    def __init__(
        self, case: Case, units: Units, latencies: Latencies, seed: int, most: int
    ) -> None:
        self.case = case
        self.units = units
        self.latencies = latencies
        self.env = simpy.Environment()
        self.rng = random.Random(seed)
        self.tracker = simpy.Resource(self.env, capacity=case.tracker_slots)
        self.outcome = Outcome(case)
        sampled = min(case.customers, most)
        self.weight = case.customers / sampled
        # The hub's rules fire as fast as the quota lets them; a customer is anywhere among them.
        spread = case.customers / case.hub_rate
        self.accounts = [Account(self, spread * (place + 1) / sampled) for place in range(sampled)]

    def day(self) -> Outcome:
        """Play the day. What is still going on at its end counts as unfinished."""
        times = sorted(self.rng.uniform(0, DAY / 3) for _ in range(self.case.changes))
        self.env.process(self._announce(times))
        self.env.run(until=DAY)
        expected = self.case.changes * len(self.accounts)
        self.outcome.unfinished = expected - len(self.outcome.to_last_mail)
        return self.outcome

    def _announce(self, times: list[float]) -> Steps:
        for at in times:
            yield self.env.timeout(max(0.0, at - self.env.now))
            began = self.env.now
            calls = ceil(self.case.buses / ENTRIES_A_CALL)
            yield self.env.timeout(self.latencies.put * calls)
            self._count(self.case.customers + 2 * self.case.buses)
            for _ in range(self.case.buses):
                self.env.process(self._expect())
            for account in self.accounts:
                self.env.process(account.hear(began))

    def _expect(self) -> Steps:
        """Let the tracker open a row for every customer of a bus, in one invocation."""
        yield from self._track(self.case.customers / self.case.buses * self.row_seconds(), 1)

    def report(self, number: float) -> Steps:
        """Let a number of customers report at once: to the hub's bus, its queue, its table."""
        self._count(number)
        yield from self._track(self.report_seconds(), number)

    def _track(self, seconds: float, number: float) -> Steps:
        """Let the tracker work on `number` pieces, in as many of its slots as there are."""
        asked = self.env.now
        with self.tracker.request() as slot:
            yield slot
            self.outcome.tracker_wait = max(self.outcome.tracker_wait, self.env.now - asked)
            yield self.env.timeout(seconds * max(1.0, number / self.case.tracker_slots))
        self.outcome.tracker_busy += seconds * number

    def _count(self, events: float) -> None:
        self.outcome.hub_events[int(self.env.now)] += events  # type: ignore[assignment]

    def sending(self, lasts: float, start: float) -> None:
        """Report while mails go out: outcomes of a few seconds share one report."""
        gather = max(GATHER, self.case.people // BATCH // BATCHES_A_SECOND)
        reports = max(2, round(lasts / gather))
        for number in range(min(reports, SAMPLED_REPORTS)):
            weight = self.weight * reports / min(reports, SAMPLED_REPORTS)
            at = start - self.env.now + lasts * (number + 1) / min(reports, SAMPLED_REPORTS)
            self.env.process(self._later(at, weight))

    def _later(self, seconds: float, weight: float) -> Steps:
        yield self.env.timeout(max(0.0, seconds))
        yield from self.report(weight)

    def ended(self, job: Job, last_slot: float) -> None:
        """Note when a run's last mail leaves: at its slot, if that is within the day."""
        at = last_slot + self.latencies.pick_up + self.latencies.ses
        if at <= DAY:
            self.outcome.to_last_mail.append(at - job.announced)

    def planning(self) -> float:
        """Seconds of a plan without its requests to SES: CPU at 1,024 MB, calls, a cold start."""
        people = self.case.people
        cpu = self._of("PlanDelivery.cpu_ms", people) / 1e3 / (1_024 / WHOLE_CORE_MB)
        calls = self._of("PlanDelivery.calls", people) * self.latencies.call
        return cpu + calls + self.latencies.cold

    def row_seconds(self) -> float:
        """One PutItem of the tracker: CPU at 512 MB and the call."""
        return 0.001 / (512 / WHOLE_CORE_MB) + self.latencies.call

    def report_seconds(self) -> float:
        """One report in the tracker: CPU at 512 MB and its calls."""
        reports = max(1.0, self._of("reports", 1))
        cpu = self._of("TrackStatus.cpu_ms", 1) / reports / 1e3 / (512 / WHOLE_CORE_MB)
        return cpu + 3 * self.latencies.call

    def _of(self, name: str, people: int) -> float:
        unit = self.units[name]
        return unit["per_run"] + unit["per_mail"] * people
