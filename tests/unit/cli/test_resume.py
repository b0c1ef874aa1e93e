"""What a person is told before a paused run goes on."""

import pytest

from changecast import runs
from changecast.ledger_items import Run
from changecast_cli.repair.resume import plan_for


def _plan(code: str, message: str) -> str:
    run = Run(
        "r", "CHG-1", 2, "event-1", "f", "update", "announcements", True, 0.0, "",
        planned=40, complete=True, paused=True, reason_code=code, reason_message=message,
    )  # fmt: skip
    return " ".join(plan_for(run, "acme"))


@pytest.mark.parametrize("code", sorted(runs.LIMITS))
def test_what_a_limit_stopped_is_said_and_how_many_it_reaches(code: str) -> None:
    said = _plan(code, "it leads to evil.example")
    assert "CHG-1 revision 2 at acme" in said
    assert "it leads to evil.example" in said
    assert "40 recipients" in said
    assert "limit of acme's own account" in said


def test_a_run_that_no_limit_stopped_names_none() -> None:
    assert "limit of" not in _plan("daily_quota", "the quota is used up")
