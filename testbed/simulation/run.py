"""Many schedules on all cores: the delivery guarantee's figures, a JSON line for each."""

import atexit
import json
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache, partial
from itertools import product
from multiprocessing import get_context
from multiprocessing.pool import Pool
from typing import Any, NamedTuple

from testbed.simulation import pacing
from testbed.simulation.answering import Kept, judge_answers, play_answers
from testbed.simulation.channels import play_reminded
from testbed.simulation.digesting import play_digest
from testbed.simulation.outcomes import INTACT, Assumptions
from testbed.simulation.plots import (
    crash_points,
    crash_sets,
    play_crashes,
    play_outage,
    play_reminders,
    play_seed,
    play_story,
)
from testbed.simulation.world import GATE, Verdict

POLICIES = ("resend", "hold")
BROKEN = (Assumptions(lost=0.01), Assumptions(late=0.01), Assumptions(stops=0.3))
PEOPLE = (1, 2, 3)
_SHOWN = 5
_KEYS = ("policy", "schedules", "seed", "mails", "twice", "lost", "stuck", "held", "astray")


class Result(NamedTuple):
    """The sums of many schedules, and the schedules that broke the guarantee."""

    total: Verdict
    failing: list[tuple[Any, Verdict]]


def seeds(policy: str, first: int, schedules: int, assumptions: Assumptions = INTACT) -> Result:
    """Play random schedules: the seeds `first`, `first` + 1, ..."""
    play = partial(play_seed, policy=policy, assumptions=assumptions)
    return _gather(_on_all_cores(play, range(first, first + schedules)))


def outages(policy: str, first: int, schedules: int) -> Result:
    """Play the same schedules while the recorder of SES's events is down for six windows."""
    play = partial(play_outage, policy=policy)
    return _gather(_on_all_cores(play, range(first, first + schedules)))


def stories(policy: str, first: int, schedules: int) -> Result:
    """Play the stories of the seeds `first`, `first` + 1, ...: every status, tests, strays."""
    play = partial(play_story, policy=policy)
    return _gather(_on_all_cores(play, range(first, first + schedules)))


def reminders(policy: str, first: int, schedules: int) -> Result:
    """Play the stories of the seeds `first`, `first` + 1, ... in which people are reminded."""
    play = partial(play_reminders, policy=policy)
    return _gather(_on_all_cores(play, range(first, first + schedules)))


def digests(policy: str, first: int, schedules: int) -> Result:
    """Play the stories of the seeds `first`, `first` + 1, ... in which people may get a digest."""
    play = partial(play_digest, policy=policy)
    return _gather(_on_all_cores(play, range(first, first + schedules)))


class Answered(NamedTuple):
    """What came of answers in many schedules, and those in which something is wrong with them."""

    given: int
    failing: list[tuple[int, Kept]]


def answering(policy: str, first: int, schedules: int) -> Answered:
    """Play the schedules of the seeds `first`, `first` + 1, ... in which people answer."""
    play = partial(_answers, policy=policy)
    kept = list(_on_all_cores(play, range(first, first + schedules)))
    failing = [(seed, one) for seed, one in kept if one.faults]
    return Answered(sum(one.given for _, one in kept), failing)


def _answers(seed: int, policy: str) -> tuple[int, Kept]:
    return seed, judge_answers(play_answers(seed, policy))


def reminded_channels(policy: str, first: int, schedules: int) -> Result:
    """Play the stories of such seeds in which a chat and a webhook are reminded, as people are."""
    play = partial(play_reminded, policy=policy)
    return _gather(_on_all_cores(play, range(first, first + schedules)))


def crashes(policy: str, people: int, at_once: int) -> Result:
    """Play a crash before and after every call (`at_once` 1), or at every pair of calls (2)."""
    points = crash_sets(crash_points(people, policy), at_once)
    play = partial(play_crashes, policy=policy, people=people)
    return _gather(_on_all_cores(play, points))


def _on_all_cores(play: Any, arguments: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    yield from _players().imap(play, arguments, chunksize=40)


@cache
def _players() -> Pool:
    """Return a process for each core, kept to the end: each takes a second to import everything."""
    pool = get_context("spawn").Pool(os.cpu_count())
    atexit.register(pool.terminate)
    return pool


def _gather(results: Iterator[tuple[Any, Verdict]]) -> Result:
    total, failing = Verdict(), []
    for argument, verdict in results:
        total += verdict
        if not verdict.is_clean:
            failing.append((argument, verdict))
        if total.schedules % 1_000 == 0 and sys.stderr.isatty():
            sys.stderr.write(f"\r{total.schedules} schedules")
    return Result(total, failing)


def line(policy: str, result: Result, **more: Any) -> str:
    """Return the JSON line of a result; `untrue` (wrong rows or reports) only if it is not 0."""
    figures = {"policy": policy, **vars(result.total)} | more
    names = [name for name in _KEYS if name in figures]
    names += ["untrue"] if figures["untrue"] else []
    return json.dumps({name: figures[name] for name in names} | more)


def main(arguments: list[str]) -> int:
    """`schedules seed`: print the figures; return 1 if the guarantee broke within its assumptions.

    One schedule is a replay: its calls are printed too, to stderr.
    """
    schedules, seed = int(arguments[0]), int(arguments[1])
    if schedules == 1:
        GATE.trace = lambda words: print(words, file=sys.stderr)
        return _intact([(policy, *_replay(policy, seed)) for policy in POLICIES])
    is_broken = _intact(_random(schedules, seed))
    is_broken |= _intact(_stories(max(1, schedules // 4), seed))
    is_broken |= _intact(_reminders(max(1, schedules // 4), seed))
    is_broken |= _intact(_digests(max(1, schedules // 4), seed))
    is_broken |= _answering(max(1, schedules // 4), seed)
    is_broken |= _intact(_reminded_channels(max(1, schedules // 4), seed))
    tenth = max(1, schedules // 10)
    is_broken |= _intact(_without_recorder(tenth, seed))
    _broken(tenth, seed)
    is_broken |= _intact(_crashing())
    for measured in pacing.lines():
        print(measured, flush=True)
    return is_broken


def _answering(schedules: int, seed: int) -> int:
    """Print what came of answers; return 1 if one was lost, invented or reported wrongly."""
    is_broken = False
    for policy in POLICIES:
        found = answering(policy, seed, schedules)
        wrong = {
            name: sum(getattr(kept, name) for _, kept in found.failing) for name in Kept._fields[1:]
        }
        figures = {"policy": policy, "schedules": schedules, "seed": seed, "answers": found.given}
        print(json.dumps(figures | wrong), flush=True)
        for failed, kept in found.failing[:_SHOWN]:
            print(f"broken: {policy}, answers of seed {failed}: {kept}", file=sys.stderr)
        is_broken |= bool(found.failing)
    return int(is_broken)


def _replay(policy: str, seed: int) -> tuple[Result, dict[str, Any]]:
    played = [play_seed(seed, policy, INTACT), play_story(seed, policy)]
    more = [play_reminders(seed, policy), play_digest(seed, policy)]
    result = _gather(iter([*played, *more]))
    return result, {"seed": seed, "assumptions_broken": False}


def _random(schedules: int, seed: int) -> Iterator[tuple[str, Result, dict[str, Any]]]:
    for policy in POLICIES:
        more = {"seed": seed, "assumptions_broken": False}
        yield policy, seeds(policy, seed, schedules), more


def _stories(schedules: int, seed: int) -> Iterator[tuple[str, Result, dict[str, Any]]]:
    for policy in POLICIES:
        words = "every status, tests, withdrawals, stray revisions, lists that change"
        more = {"seed": seed, "stories": words, "assumptions_broken": False}
        yield policy, stories(policy, seed, schedules), more


def _reminders(schedules: int, seed: int) -> Iterator[tuple[str, Result, dict[str, Any]]]:
    for policy in POLICIES:
        words = "windows that move, people who come late, time that jumps"
        more = {"seed": seed, "reminders": words, "assumptions_broken": False}
        yield policy, reminders(policy, seed, schedules), more


def _digests(schedules: int, seed: int) -> Iterator[tuple[str, Result, dict[str, Any]]]:
    for policy in POLICIES:
        words = "one Monday, changes that move or end, people who come and leave"
        more = {"seed": seed, "digests": words, "assumptions_broken": False}
        yield policy, digests(policy, seed, schedules), more


def _reminded_channels(schedules: int, seed: int) -> Iterator[tuple[str, Result, dict[str, Any]]]:
    for policy in POLICIES:
        words = "a chat and a webhook beside people, and reminders of all"
        more = {"seed": seed, "channels": words, "assumptions_broken": False}
        yield policy, reminded_channels(policy, seed, schedules), more


def _without_recorder(schedules: int, seed: int) -> Iterator[tuple[str, Result, dict[str, Any]]]:
    for policy in POLICIES:
        more = {"seed": seed, "outage": "recorder down for 6 windows", "assumptions_broken": False}
        yield policy, outages(policy, seed, schedules), more


def _crashing() -> Iterator[tuple[str, Result, dict[str, Any]]]:
    for policy, people, at_once in product(POLICIES, PEOPLE, (1, 2)):
        words = f"{at_once} at any call, {people} recipients"
        more = {"crashes": words, "assumptions_broken": False}
        yield policy, crashes(policy, people, at_once), more


def _broken(schedules: int, seed: int) -> None:
    """Measure what happens to the guarantee if an assumption does not hold."""
    for policy, broken in product(POLICIES, BROKEN):
        result = seeds(policy, seed, schedules, broken)
        print(line(policy, result, seed=seed, assumptions_broken=broken.words), flush=True)


def _intact(results: Iterable[tuple[str, Result, dict[str, Any]]]) -> int:
    """Print results that must be clean; return 1 if one is not."""
    is_broken = False
    for policy, result, more in results:
        print(line(policy, result, **more), flush=True)
        for argument, verdict in result.failing[:_SHOWN]:
            print(f"broken: {policy}, {argument}: {verdict}", file=sys.stderr)
            print("replay a seed: make simulate SCHEDULES=1 SEED=n", file=sys.stderr)
        is_broken |= bool(result.failing)
    return int(is_broken)
