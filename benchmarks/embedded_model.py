"""The scale model's check: the embedded cloud as a queue of invocations for a few workers.

There every function of every account waits for the same workers, so the time of a large load
follows from what invocations took in a small one, and from nothing else.
"""

import math
import statistics
from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple

import simpy

from benchmarks.fleet import Line, invocations

BATCH = 25
Steps = Generator[simpy.Event, Any, Any]


class Seen(NamedTuple):
    """What one function did for one customer's run: invocations, and seconds of each."""

    invocations: float
    seconds: float


def seen_in(lines: Sequence[Line], customers: int) -> dict[str, Seen]:
    """Return what each function did, from the meter's lines about one announcement."""
    found: dict[str, list[float]] = {}
    for line in invocations(lines):
        found.setdefault(line["function"], []).append(line["ended"] - line["began"])
    return {
        name: Seen(len(took) / customers, statistics.fmean(took)) for name, took in found.items()
    }


def to_last_mail(seen: Mapping[str, Seen], customers: int, people: int, workers: int) -> float:
    """Return the seconds from an announcement until the last mail of this many customers."""
    env = simpy.Environment()
    slots = simpy.Resource(env, capacity=workers)
    last = [0.0]
    batches = math.ceil(people / BATCH)

    def invoke(function: str, after: float = 0.0) -> Steps:
        yield env.timeout(after)
        with slots.request() as slot:
            yield slot
            yield env.timeout(seen[function].seconds)

    def customer() -> Steps:
        yield from invoke("PlanDelivery")
        for _ in range(batches):
            env.process(send())

    def send() -> Steps:
        yield from invoke("SendMail")
        last[0] = env.now
        for function in ("RecordOutcome", "ReportDelivery", "TrackStatus"):
            for _ in range(round(seen[function].invocations / batches)):
                env.process(invoke(function, after=1.0))

    for _ in range(customers):
        env.process(customer())
    env.run()
    return last[0]
