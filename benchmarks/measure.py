"""Take and print a measure: medians of rounds, CPU by resource usage, one JSON line.

A line is {"measure", "value", "unit", "peer", "ratio", "goal", "met"}. Timings on a shared machine
are noisy, so what counts is the ratio to a peer that was measured in the same rounds. `goal` and
`met` are null where a figure is only reported.
"""

import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from benchmarks.layers import Layers

ROOT = Path(__file__).parents[1]
# A check is content with few rounds and short lists, because it allows 15% and has to be quick.
QUICK = os.environ.get("BENCH_QUICK") == "yes"
ROUNDS = 2 if QUICK else 5


class Goal(NamedTuple):
    """The limit of a value, or of its ratio to the peer if it is `of_peer`."""

    sign: str
    limit: float
    of_peer: bool = False

    def __str__(self) -> str:
        return f"{self.sign} {self.limit:g}" + (" x peer" if self.of_peer else "")

    def met(self, value: float, ratio: float | None) -> bool:
        """Return whether the goal is met."""
        subject = ratio if self.of_peer else value
        if subject is None:
            raise ValueError(f"{self} needs a peer")
        return subject <= self.limit if self.sign == "<=" else subject >= self.limit


def at_most(limit: float) -> Goal:
    """Require a value of at most this."""
    return Goal("<=", limit)


def at_least(limit: float) -> Goal:
    """Require a value of at least this."""
    return Goal(">=", limit)


def at_most_peer(times: float) -> Goal:
    """Require a value of at most this many times the peer's."""
    return Goal("<=", times, of_peer=True)


def at_least_peer(times: float) -> Goal:
    """Require a value of at least this many times the peer's."""
    return Goal(">=", times, of_peer=True)


def report(
    measure: str,
    values: Sequence[float],
    unit: str,
    goal: Goal | None = None,
    *,
    peers: Sequence[float] = (),
) -> None:
    """Print the line of a measure whose values, one per round, were taken beside its peer's."""
    value = statistics.median(values)
    peer = statistics.median(peers) if peers else None
    ratio = None
    if peers:
        ratio = statistics.median(ours / theirs for ours, theirs in zip(values, peers, strict=True))
    line = {
        "measure": measure,
        "value": _short(value),
        "unit": unit,
        "peer": _short(peer),
        "ratio": _short(ratio),
        "goal": str(goal) if goal else None,
        "met": goal.met(value, ratio) if goal else None,
    }
    print(json.dumps(line), flush=True)


def _short(value: float | None) -> float | None:
    """Round to four digits; a noisy machine measures no more."""
    return None if value is None else float(f"{value:.4g}")


def cpu_seconds() -> float:
    """Return the CPU time that all threads of this process together have used so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def cpu_of(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one piece of work."""
    began = cpu_seconds()
    work()
    return cpu_seconds() - began


def rounds(work: Callable[[], object], count: int = ROUNDS) -> list[float]:
    """Return the CPU seconds of the same work for each round, after one to warm up."""
    work()
    return [cpu_of(work) for _ in range(count)]


def peak_memory_mb() -> float:
    """Return the most memory that this process has held so far (resident, in MiB).

    VmHWM of proc(5), where there is one: getrusage(2) hands down what the parent held at the fork.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (line,) = [line for line in status.read_text("ascii").splitlines() if "VmHWM" in line]
    return int(line.split()[1]) / 1024


def print_figures(units: int, began: float, cpu: float, layers: "Layers | None" = None) -> None:
    """Return what this process used since (perf_counter, CPU seconds), for its parent process."""
    figures = {
        "units": units,
        "cpu": cpu_seconds() - cpu,
        "wall": time.perf_counter() - began,
        "peak_mb": peak_memory_mb(),
        "layers": layers.found() if layers else {},
    }
    print(json.dumps(figures))


def pin_to_one_core() -> None:
    """Keep this process, and those that it starts from here on, on one core: its last."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def use_every_core() -> None:
    """Undo `pin_to_one_core`."""
    if sys.platform == "linux":
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
