"""What counts say about a run."""

from collections import Counter

import pytest

from changecast.contract.delivery_reported import RunState
from changecast.customer.ledger.schema import Run
from changecast.customer.ledger.states import State
from changecast.customer.reporting.report import counts_of, report_of, state_of
from changecast.customer.reporting.reputation import RateLimits, stop_of

EVENT = "aaaaaaaa-0000-4000-8000-000000000001"


def run(planned: int = 4, *, complete: bool = True, **more: bool | str) -> Run:
    return Run(
        "r", "CHG1", 1, EVENT, "f", "announcement", "announcements", True, 1.0, "",
        batches=1, planned=planned, complete=complete, **more,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("states", "more", "state"),
    [
        ({"PLANNED": 4}, {}, RunState.PLANNED),
        ({"PLANNED": 4}, {"complete": False}, RunState.PLANNED),
        ({}, {"complete": False, "paused": True}, RunState.PAUSED),
        ({"PLANNED": 3, "SENDING": 1}, {}, RunState.SENDING),
        ({"SENT": 3, "UNKNOWN": 1}, {}, RunState.SENDING),
        ({"SENT": 3, "PLANNED": 1}, {"paused": True}, RunState.PAUSED),
        ({"SENT": 1, "DELIVERED": 1, "BOUNCED": 1, "COMPLAINED": 1}, {}, RunState.SENT),
        ({"SENT": 2, "SUPPRESSED": 1, "SOFT_BOUNCED": 1}, {"paused": True}, RunState.SENT),
        ({"SENT": 3, "HELD": 1}, {}, RunState.HELD),
        ({"SENT": 3, "FAILED": 1}, {}, RunState.PARTIAL),
        ({"FAILED": 4}, {}, RunState.FAILED),
        ({"SENT": 1, "SUPERSEDED": 3}, {"superseded": True}, RunState.SUPERSEDED),
        ({"SENT": 4}, {"superseded": True}, RunState.SENT),
    ],
)
def test_a_run_stands_where_its_recipients_stand(
    states: dict[str, int], more: dict[str, bool], state: RunState
) -> None:
    assert state_of(run(**more), counter(states)) is state


def test_a_run_for_nobody_has_nothing_to_send() -> None:
    assert state_of(run(0), Counter()) is RunState.NOTHING_TO_SEND
    assert state_of(run(0, superseded=True), Counter()) is RunState.SUPERSEDED


def test_every_recipient_is_counted_once() -> None:
    every = counter(dict.fromkeys([state.value for state in State], 1))
    counts = counts_of(run(len(State)), every)
    waiting = every[State.PLANNED] + every[State.SENDING] + every[State.SUPERSEDED]
    assert counts.planned == counts.sent + counts.failed + counts.unknown + counts.held + waiting


def test_a_held_run_says_why() -> None:
    held = counter({"SENT": 3, "HELD": 1})
    report = report_of(run(), held, customer="acme", seq=7, ended_at=9.0)
    assert report.reason is not None
    assert report.reason.code == "no_evidence"
    assert report.report_seq == 7


@pytest.mark.parametrize(
    ("states", "more", "code"),
    [
        ({"SENT": 100, "BOUNCED": 10, "PLANNED": 5}, {}, "bounce_rate"),
        ({"SENT": 1_000, "COMPLAINED": 3, "PLANNED": 5}, {}, "complaint_rate"),
        ({"SENT": 100, "BOUNCED": 9, "PLANNED": 5}, {}, None),
        ({"SENT": 900, "BOUNCED": 10, "PLANNED": 5}, {}, None),
        ({"SENT": 100, "BOUNCED": 10}, {}, None),
        ({"SENT": 100, "BOUNCED": 10, "PLANNED": 5}, {"tolerant": True}, None),
        ({"SENT": 100, "BOUNCED": 10, "PLANNED": 5}, {"paused": True}, None),
    ],
)
def test_too_many_bounces_or_complaints_stop_what_still_waits(
    states: dict[str, int], more: dict[str, bool], code: str | None
) -> None:
    stop = stop_of(run(**more), counter(states), RateLimits(5.0, 0.1))
    assert (stop.code if stop else None) == code


def counter(states: dict[str, int]) -> Counter[State]:
    return Counter({State(state): number for state, number in states.items()})
