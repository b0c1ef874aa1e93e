"""The delivery guarantee, played: the real handlers under everything that may go wrong."""

from dataclasses import replace

import pytest

from testbed.simulation.outcomes import INTACT, Assumptions
from testbed.simulation.plots import play, play_seed, random_plot
from testbed.simulation.run import (
    PEOPLE,
    POLICIES,
    Result,
    crashes,
    digests,
    main,
    outages,
    reminders,
    seeds,
    stories,
)

SEEDS = 2_500


def assert_clean(result: Result) -> None:
    assert result.failing == []
    assert result.total.mails > 0


@pytest.mark.parametrize("policy", POLICIES)
def test_nobody_is_mailed_twice_lost_stuck_or_lied_about(policy: str) -> None:
    assert_clean(seeds(policy, 1, SEEDS))


@pytest.mark.parametrize("policy", POLICIES)
def test_in_every_story_those_and_only_those_are_told_whom_the_tables_name(policy: str) -> None:
    assert_clean(stories(policy, 1, 300))


@pytest.mark.parametrize("policy", POLICIES)
def test_in_every_story_people_are_reminded_once_of_the_time_that_holds(policy: str) -> None:
    assert_clean(reminders(policy, 1, 80))


@pytest.mark.parametrize("policy", POLICIES)
def test_in_every_story_each_subscriber_gets_one_digest_of_a_monday_with_changes(
    policy: str,
) -> None:
    assert_clean(digests(policy, 1, 150))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("people", PEOPLE)
def test_a_crash_at_any_call_breaks_nothing(policy: str, people: int) -> None:
    assert_clean(crashes(policy, people, 1))


def test_two_crashes_at_any_two_calls_break_nothing() -> None:
    assert_clean(crashes("resend", 1, 2))


# About one schedule in 300 has a crash at the call whose evidence is then lost.
@pytest.mark.parametrize(
    ("broken", "first"), [(Assumptions(lost=0.3), 301), (Assumptions(late=0.3), 1)]
)
def test_without_evidence_resend_mails_twice_and_hold_does_not(
    broken: Assumptions, first: int
) -> None:
    assert seeds("resend", first, 300, broken).total.twice > 0
    held = seeds("hold", first, 300, broken).total
    assert (held.twice, held.lost, held.stuck) == (0, 0, 0)
    assert held.held > 0


def test_an_outage_of_the_recorder_mails_nobody_twice_and_holds() -> None:
    result = outages("resend", 640, 300)  # about one schedule in 150 holds somebody
    assert_clean(result)
    assert result.total.held > 0


def test_who_was_dropped_and_went_out_counts_as_sent_once_ses_says_so() -> None:
    late = Assumptions(late=0.5)
    plots = [random_plot(seed, "hold", late) for seed in range(1, 201)]
    verdicts = [play(replace(plot, dropped_at=790.0)) for plot in plots]
    assert [verdict for verdict in verdicts if not verdict.is_clean] == []


def test_a_seed_plays_the_same_each_time() -> None:
    assert play_seed(7, "resend", INTACT) == play_seed(7, "resend", INTACT)


def test_one_line_is_printed_for_each_policy(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["1", "7"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert '"policy": "resend", "schedules": 4, "seed": 7' in first  # and its three stories
    assert '"twice": 0, "lost": 0, "stuck": 0' in second
