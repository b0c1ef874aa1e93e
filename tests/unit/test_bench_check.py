from pathlib import Path
from typing import Any

import pytest

from benchmarks import check
from benchmarks.check import losses


def line(**fields: Any) -> dict[str, Any]:
    return {
        "measure": "cost", "value": 1.0, "unit": "ms CPU", "peer": 1.0, "ratio": 1.0,
        "goal": "<= 2 x peer", "met": True,
    } | fields  # fmt: skip


def test_a_seventh_more_is_no_loss_and_a_fifth_more_is_one() -> None:
    assert losses([line(ratio=1.14)], [line()]) == []
    assert losses([line(ratio=1.2)], [line()]) == ["cost is 20% worse: 1.2 now, 1 before"]


def test_where_more_is_better_a_fall_is_the_loss() -> None:
    rate = line(goal=">= 22 x peer")

    assert losses([rate | {"ratio": 2.0}], [rate]) == []
    assert losses([rate | {"ratio": 0.8}], [rate]) == ["cost is 25% worse: 0.8 now, 1 before"]


def test_another_machine_is_no_loss() -> None:
    slower = {"value": 9.0, "peer": 9.0}

    assert losses([line(**slower)], [line()]) == []
    assert losses([line(value=9.0, peer=None, ratio=None)], [line(peer=None, ratio=None)]) == []


def test_what_is_counted_is_compared_without_a_peer() -> None:
    size = line(unit="MB", peer=None, ratio=None)

    assert losses([size | {"value": 1.2}], [size]) == ["cost is 20% worse: 1.2 now, 1 before"]


def test_a_baseline_keeps_what_can_be_compared_on_another_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "BASELINE", tmp_path / "baseline.json")
    check.keep([line(measure="before")])
    check.keep([line(), line(measure="wall", unit="s"), line(measure="alone", ratio=None)])
    assert [one["measure"] for one in check.baseline()] == ["before", "cost"]


def test_what_nobody_measured_is_a_loss() -> None:
    assert losses([], [line()]) == ["cost was not measured"]
