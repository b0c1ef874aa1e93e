"""A chat and a webhook under everything that may go wrong: nobody lost, stuck, or told wrongly."""

from dataclasses import replace

import pytest

from testbed.simulation.channels import ChannelWorld, judge_endpoints
from testbed.simulation.plots import crash_plot, crash_sets, random_plot
from testbed.simulation.world import judge

SEEDS = 40


@pytest.mark.parametrize("policy", ["resend", "hold"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_endpoints_and_mails_are_told_under_random_faults(seed: int, policy: str) -> None:
    plot = replace(random_plot(seed, policy), channels=True, refused=frozenset())
    world = ChannelWorld(plot)
    world.play()
    assert judge_endpoints(world) == (0, 0, 0, 0)
    assert judge(world).is_clean


def test_a_crash_at_any_call_of_an_account_with_channels_loses_nobody() -> None:
    for points in crash_sets(70, 1):
        world = ChannelWorld(replace(crash_plot(1, "hold", points), channels=True))
        world.play()
        assert judge_endpoints(world) == (0, 0, 0, 0), points
        assert judge(world).is_clean, points
