"""An account's own limits under everything that may go wrong: counted exactly, nobody lost."""

from collections import Counter
from dataclasses import replace

import pytest

from changecast.customer.planning.account_limits import AccountLimits
from testbed.simulation.plots import crash_plot, crash_points, crash_sets, random_plot
from testbed.simulation.world import Plot, World, judge

WIDE = AccountLimits(1_000_000, 100, 10, frozenset({"acme.example"}))
SEEDS = 150


def tallies(world: World, kind: str) -> int:
    """What is counted in all hours or days together."""
    items = world.table.items.items()
    return sum(int(item["tallied"]["N"]) for key, item in items if key[1].startswith(f"{kind}#"))


def assert_exact(plot: Plot) -> None:
    """Every mail is counted, once; a plan that a newer revision cut short may count for nothing."""
    world = World(plot).play()
    assert judge(world).is_clean
    runs = world.runs()
    for run in runs:
        assert run.planned - len(plot.refused) <= run.counted <= plot.people
    assert tallies(world, "mails") == sum(run.counted for run in runs)
    assert tallies(world, "announcements") == sum(run.counted > 0 for run in runs)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_is_below_the_limits_is_counted_once_and_sent_once(seed: int) -> None:
    assert_exact(replace(random_plot(seed, "resend"), limits=WIDE))


def test_a_crash_at_any_call_of_a_limited_account_breaks_nothing() -> None:
    for points in crash_sets(crash_points(2, "resend") + 6, 1):
        assert_exact(replace(crash_plot(2, "resend", points), limits=WIDE))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_is_beyond_the_limits_is_never_sent(seed: int) -> None:
    plot = random_plot(seed, "resend")
    world = World(replace(plot, limits=AccountLimits(plot.people, 0, 0, frozenset()))).play()
    mails = Counter((mail.tags["r"].partition("-")[0], mail.to) for mail in world.ses.mails)
    assert max(mails.values(), default=0) <= 1
    assert len(mails) <= tallies(world, "mails") <= plot.people
