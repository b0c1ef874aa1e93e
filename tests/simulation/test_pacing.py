"""The account's rate is used and not overrun, and changes share it."""

import pytest

from testbed.simulation.pacing import behind_a_large_one, measure


@pytest.mark.parametrize(("rate", "mails"), [(14.0, 400), (100.0, 1_500), (500.0, 3_000)])
def test_at_least_95_percent_of_the_rate_is_used_and_under_half_a_percent_throttled(
    rate: float, mails: int
) -> None:
    figures = measure(rate, mails)
    assert figures.mails == 2 * mails
    assert figures.used >= 0.95
    assert figures.throttled < 0.005


def test_two_changes_share_the_rate() -> None:
    assert measure(14.0, 2_000).largest_share < 0.6


def test_a_small_change_does_not_wait_for_a_large_one() -> None:
    assert behind_a_large_one(14.0, large=16_000, small=2_500, later=300.0) < 1.3
