"""People answer among faults: what they were told counts at the hub, once, and nothing else."""

from typing import Any

import pytest

from changecast.customer.ledger import answers
from testbed.simulation.answering import Kept, judge_answers, play_answers
from testbed.simulation.run import POLICIES, answering
from testbed.simulation.world import judge

SCHEDULES = 80


@pytest.mark.parametrize("policy", POLICIES)
def test_no_answer_is_lost_or_invented_whatever_fails(policy: str) -> None:
    result = answering(policy, 1, SCHEDULES)
    assert result.failing == []
    assert result.given > SCHEDULES


def test_mails_are_told_as_before_while_people_answer() -> None:
    for seed in range(1, 16):
        assert judge(play_answers(seed, "resend")).is_clean


def played(seeds: int = 60) -> list[Kept]:
    return [judge_answers(play_answers(seed, "resend")) for seed in range(1, seeds)]


def test_answers_that_the_sweep_never_looks_at_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint alone is not enough: it may never be sent."""
    writes = answers._writes

    def without_due(*arguments: Any) -> Any:
        made = writes(*arguments)
        for name in ("due", "due_at"):
            made[1]["Put"]["Item"].pop(name)
        return made

    monkeypatch.setattr(answers, "_writes", without_due)
    assert sum(kept.lost for kept in played()) > 0


def test_an_answer_that_is_written_without_looking_counts_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of two windows of one person, the second does not know what the first one said."""
    writes = answers._writes

    def whatever_was_before(*arguments: Any) -> Any:
        made = writes(*arguments)
        for name in ("ConditionExpression", "ExpressionAttributeValues"):
            made[0]["Put"].pop(name, None)
        return made

    monkeypatch.setattr(answers, "_writes", whatever_was_before)
    assert sum(kept.lost + kept.untrue for kept in played()) > 0
