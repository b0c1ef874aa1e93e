"""Plots: random ones from a seed, and one for every crash point."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product

from testbed.simulation.faults import Planned, Random
from testbed.simulation.outcomes import INTACT, Assumptions
from testbed.simulation.reminding import reminded_story
from testbed.simulation.stories import told_story
from testbed.simulation.world import Plot, Verdict, World, judge

_MOMENTS = (0.0, 0.0, 0.01, 0.05, 0.2, 1.0, 20.0, 119.0, 130.0, 610.0)
_REPLAY = 9_000.0
Points = frozenset[tuple[int, bool]]


def random_plot(seed: int, policy: str, assumptions: Assumptions = INTACT) -> Plot:
    """Return the plot of a seed; the seed determines everything in it."""
    rng = random.Random(f"{seed}/{policy}")
    people = rng.choice((1, 1, 1, 2, 2, 2, 3, 3, 5))
    revisions = rng.choice(((1,), (1,), (1, 2), (2, 1), (1, 1, 2)))
    announcements = [(rng.choice(_MOMENTS), revision) for revision in revisions]
    if rng.random() < 0.3:
        replayed = sorted(set(revisions))
        announcements += [(_REPLAY + at, revision) for at, revision in enumerate(replayed)]
    paused = (rng.choice((0.0, 0.1, 5.0)), rng.choice((60.0, 500.0)))
    refused = frozenset({"p0@acme.example"} if rng.random() < 0.05 else ())
    outage = (rng.choice((0.0, 1.0, 100.0)), rng.choice((300.0, 1_500.0, 3_600.0)))
    return Plot(
        people=people,
        batch_size=rng.choice((1, 2, 3)),
        announcements=announcements,
        minor=rng.random() < 0.5,
        policy=policy,
        faults=Random(rng, rng.choice((0, 1, 2, 3, 5, 8)), rng.choice((0.02, 0.1, 0.3))),
        rng=rng,
        assumptions=assumptions,
        paused=paused if rng.random() < 0.1 else (0.0, 0.0),
        chaos=rng.choice((0.0, 0.05, 0.3)),
        refused=refused,
        outage=outage if rng.random() < 0.1 else (0.0, 0.0),
        dropped_at=rng.choice((720.0, 2_000.0)) if rng.random() < 0.1 else 0.0,
    )


def crash_plot(people: int, policy: str, points: Points) -> Plot:
    """One change at its usual pace, with crashes at these calls."""
    return Plot(
        people=people,
        batch_size=2,
        announcements=[(0.0, 1)],
        minor=False,
        policy=policy,
        faults=Planned(points),
        rng=None,
    )


def crash_points(people: int, policy: str) -> int:
    """Return how many calls a run makes if no fault happens."""
    plot = crash_plot(people, policy, frozenset())
    play(plot)
    assert isinstance(plot.faults, Planned)
    return plot.faults.calls


def crash_sets(calls: int, at_once: int) -> Iterator[Points]:
    """Yield every set of this many crashes, before or after a call, also during the recovery."""
    numbers = range(1, calls + (1 if at_once == 1 else 9))
    for chosen in combinations(numbers, at_once):
        for afters in product((False, True), repeat=at_once):
            yield frozenset(zip(chosen, afters, strict=True))


def play_crashes(points: Points, policy: str, people: int) -> tuple[Points, Verdict]:
    """Play one set of crashes."""
    return points, play(crash_plot(people, policy, points))


def play_seed(seed: int, policy: str, assumptions: Assumptions) -> tuple[int, Verdict]:
    """Play the schedule of a seed."""
    return seed, play(random_plot(seed, policy, assumptions))


def play_outage(seed: int, policy: str) -> tuple[int, Verdict]:
    """Play the schedule of a seed while SES's events are not recorded for an hour, six windows."""
    return seed, play(replace(random_plot(seed, policy), outage=(0.0, 3_600.0)))


def story_plot(seed: int, policy: str) -> Plot:
    """Return the story of a seed, under the faults of that seed."""
    plot = random_plot(seed, policy)
    return replace(
        plot,
        people=0,
        announcements=[],
        refused=frozenset(),
        outage=(0.0, 0.0),
        dropped_at=0.0,
        story=told_story(random.Random(f"story {seed}/{policy}")),
    )


def play_reminders(seed: int, policy: str) -> tuple[int, Verdict]:
    """Play the story of a seed in which people are reminded."""
    story = reminded_story(random.Random(f"reminders {seed}/{policy}"))
    return seed, play(replace(story_plot(seed, policy), story=story))


def play_story(seed: int, policy: str) -> tuple[int, Verdict]:
    """Play the story of a seed."""
    return seed, play(story_plot(seed, policy))


def play(plot: Plot) -> Verdict:
    """Play the schedule, and check its result."""
    return judge(World(plot).play())
