"""A chat and a webhook under everything that may go wrong: nobody lost, stuck, or told wrongly."""

from dataclasses import replace

import pytest

from testbed.simulation.channels import ChannelWorld, Told, judge_endpoints, play_reminded
from testbed.simulation.plots import crash_plot, crash_sets, random_plot
from testbed.simulation.world import judge

SEEDS = 40
NOTHING_WRONG = Told(twice=0, lost=0, stuck=0, untrue=0, astray=0)


@pytest.mark.parametrize("policy", ["resend", "hold"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_endpoints_and_mails_are_told_under_random_faults(seed: int, policy: str) -> None:
    plot = replace(random_plot(seed, policy), channels=True, refused=frozenset())
    world = ChannelWorld(plot)
    world.play()
    assert judge_endpoints(world) == NOTHING_WRONG
    assert judge(world).is_clean


@pytest.mark.parametrize("policy", ["resend", "hold"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_reminders_reach_people_and_endpoints_whatever_moves_or_fails(
    seed: int, policy: str
) -> None:
    _, verdict = play_reminded(seed, policy)
    assert verdict.is_clean, verdict


def test_a_crash_at_any_call_of_an_account_with_channels_loses_nobody() -> None:
    for points in crash_sets(70, 1):
        world = ChannelWorld(replace(crash_plot(1, "hold", points), channels=True))
        world.play()
        assert judge_endpoints(world) == NOTHING_WRONG, points
        assert judge(world).is_clean, points
