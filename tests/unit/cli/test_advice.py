"""What somebody is told to type next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from changecast.contract.pause_code import PauseCode
from changecast.hub.tracking.operator_actions import Action, OperatorAction
from changecast_cli.verbs import VERBS
from changecast_cli.watching.advice import next_steps
from changecast_cli.watching.runs import BAD_STATES, run_of

ROOT = Path(__file__).parents[3]


def steps(now: datetime | None = None, **row: object) -> list[str]:
    known = {"change_id": "CHG-1", "customer": "acme", "revision": 1, "state": "sent", **row}
    return list(next_steps(run_of("CHG-1", [known]), now=now or datetime.now(UTC)))


@pytest.mark.parametrize("state", sorted(BAD_STATES))
def test_every_trouble_has_a_verb_that_exists_and_a_page(state: str) -> None:
    (step,) = steps(state=state)
    who, _, rest = step.partition(": ")
    command, _, page = rest.partition("    (")
    assert who == "acme"
    assert command.split()[1] in VERBS
    assert command.endswith("--customer acme") == (state != "unknown_customer")
    assert (ROOT / page.removesuffix(")")).is_file()


def test_a_code_that_nobody_has_leads_to_those_that_there_are() -> None:
    """The doctor refuses a code that is not registered."""
    (step,) = steps(state="unknown_customer", customer="acmee")
    assert step.startswith("acmee: changecast customers list ")


def test_a_rejection_beside_a_good_delivery_is_told_too() -> None:
    (step,) = steps(rejection={"message": "other content"})
    assert "rejected.md" in step


@pytest.mark.parametrize(
    ("code", "page"),
    [("daily_quota", "quota.md"), ("bounce_rate", "bounce-rate.md"), ("all_refused", "paused.md"),
     ("of a later version", "paused.md")],
)  # fmt: skip
def test_a_pause_leads_to_the_page_of_its_cause(code: str, page: str) -> None:
    (step,) = steps(state="paused", reason={"class": "paused", "code": code, "message": "x"})
    assert step.endswith(f"(docs/runbook/{page})")


@pytest.mark.parametrize(("report_seq", "is_answered"), [(4, False), (5, True)])
def test_a_run_that_was_resumed_is_not_to_be_resumed_again_before_its_next_report(
    report_seq: int, is_answered: bool
) -> None:
    row = {"change_id": "CHG-1", "customer": "acme", "revision": 1, "state": "paused",
           "report_seq": report_seq}  # fmt: skip
    resumed = OperatorAction("CHG-1", 1, "acme", Action.RESUMED, "maria", "2027-01-02T03:01:00Z",
                             after_seq=4)  # fmt: skip
    (step,) = next_steps(run_of("CHG-1", [row]), [resumed])
    assert ("changecast resume CHG-1" in step) is is_answered
    assert ("resumed 03:01 UTC by maria" in step) is not is_answered
    first = "changecast doctor --customer acme" if is_answered else BOTH_SIDES
    assert first in step


@pytest.mark.parametrize("state", ["sent", "sending", "superseded", "announced"])
def test_where_all_is_well_nothing_is_to_be_done(state: str) -> None:
    assert steps(state=state) == []


BOTH_SIDES = "changecast doctor --hub --customer acme"
DOCTOR, RESUME = "changecast doctor --customer acme", "changecast resume CHG-1 --customer acme"


@pytest.mark.parametrize("code", sorted(PauseCode))
def test_a_cause_that_must_be_repaired_first_leads_to_the_doctor_and_then_to_resume(
    code: PauseCode,
) -> None:
    (step,) = steps(state="paused", reason={"class": "paused", "code": code, "message": "x"})
    first = RESUME if code.is_account_limit or code.is_rate else DOCTOR
    assert step.startswith(f"acme: {first}")
    assert (f"{DOCTOR}; when the cause is repaired: {RESUME}" in step) is (
        first == DOCTOR and code.needs_operator
    )
    assert ("resumes automatically" in step) is code.automatic


REPLAY = "changecast replay --from 14d --customer acme"


@pytest.mark.parametrize("state", ["no_route", "forwarded_no_report"])
def test_what_was_missed_is_announced_again_once_the_way_is_repaired(state: str) -> None:
    (step,) = steps(state=state)
    assert "changes missed in the meantime: changecast reannounce CHG-1 --customer acme" in step


def test_what_a_bus_refused_is_replayed_once_the_bus_is_repaired() -> None:
    (step,) = steps(state="refused_by_bus")
    assert f"changes missed in the meantime: {REPLAY}" in step


@pytest.mark.parametrize(
    ("state", "page"),
    [("announced", "forwarded-no-report"), ("planned", "stalled"), ("sending", "stalled")],
)
@pytest.mark.parametrize(("seconds", "is_told"), [(59, False), (61, True)])
def test_a_run_without_a_report_for_a_minute_leads_to_the_doctor(
    state: str, page: str, seconds: int, is_told: bool
) -> None:
    at = "2027-01-16T08:00:00Z"
    now = datetime.fromisoformat(at) + timedelta(seconds=seconds)
    found = steps(now=now, state=state, announced_at=at, reported_at=at,
                  counts={"planned": 3, "sent": 0})  # fmt: skip
    assert [BOTH_SIDES in step and f"{page}.md" in step for step in found] == [True] * is_told


@pytest.mark.parametrize(
    ("state", "page"),
    [("announced", "forwarded-no-report"), ("forwarded_no_report", "forwarded-no-report"),
     ("sending", "stalled"), ("stalled", "stalled")],
)  # fmt: skip
def test_reports_that_the_hub_refuses_are_cured_at_the_hub_and_nothing_was_missed(
    state: str, page: str
) -> None:
    reason = {"class": "hub", "code": "reports_refused", "message": "the hub refuses its reports"}
    (step,) = steps(state=state, reason=reason)
    assert step.startswith("acme: changecast repair hub; late reports then arrive automatically")
    assert f"{page}.md" in step
    assert "reannounce" not in step


REPAIRED = OperatorAction("CHG-1", 1, "acme", Action.REPAIRED, "maria", "2027-01-16T08:00:20Z")


def after_repair(*actions: OperatorAction, seconds: int = 30, **row: object) -> list[str]:
    at = "2027-01-16T08:00:00Z"
    known = {"change_id": "CHG-1", "customer": "acme", "revision": 1, "announced_at": at, **row}
    now = datetime.fromisoformat(at) + timedelta(seconds=seconds)
    return list(next_steps(run_of("CHG-1", [known]), actions, now))


REPLAYED = replace(REPAIRED, action=Action.REPLAYED, at="2027-01-16T08:01:00Z")
DEAD_LETTER = {"class": "hub", "code": "repaired", "message": "it is still a dead letter"}


def test_the_dead_letters_of_a_repaired_bus_are_replayed() -> None:
    (step,) = after_repair(REPAIRED, state="announced", reason=DEAD_LETTER)
    assert step.startswith(f"acme: repaired 08:00 UTC by maria, no report since: {REPLAY}; if no")
    assert "reannounce" not in step


def test_after_a_replay_the_doctor_is_next_and_nothing_is_announced_again() -> None:
    (step,) = after_repair(REPAIRED, REPLAYED, state="announced", seconds=90)
    said = "replayed 08:01 UTC by maria, no report since; if none arrives within 2 min: "
    assert step.startswith(f"acme: {said}{BOTH_SIDES}    (")
    assert "reannounce" not in step


@pytest.mark.parametrize("state", ["announced", "forwarded_no_report", "no_route"])
@pytest.mark.parametrize("seconds", [30, 300])
def test_what_was_announced_before_a_repair_is_announced_again_at_once(
    state: str, seconds: int
) -> None:
    (step,) = after_repair(REPAIRED, state=state, seconds=seconds)
    assert step.startswith(
        "acme: repaired 08:00 UTC by maria, no report since: "
        "changecast reannounce CHG-1 --customer acme; if no report follows within a minute: "
        f"{BOTH_SIDES}"
    )


@pytest.mark.parametrize(
    "other",
    [{"to": "acme-eu"}, {"revision": 2}, {"change_id": "CHG-1", "action": Action.REDRIVEN}],
)
def test_another_repair_says_nothing_of_a_run(other: dict[str, Any]) -> None:
    assert after_repair(replace(REPAIRED, **other), state="announced") == []


@pytest.mark.parametrize("state", ["planned", "sending", "sent"])
def test_a_run_that_reported_needs_nothing_after_a_repair(state: str) -> None:
    assert after_repair(REPAIRED, state=state) == []


def test_a_cause_that_is_still_there_after_a_repair_comes_first() -> None:
    reason = {"class": "hub", "code": "no_route", "message": "the rule is disabled"}
    (step,) = after_repair(REPAIRED, state="announced", reason=reason)
    assert step.startswith(f"acme: {DOCTOR}; ")


def test_a_run_that_reported_after_a_refusal_is_well() -> None:
    reason = {"class": "hub", "code": "reports_refused", "message": "the hub refuses its reports"}
    assert steps(state="sent", reason=reason) == []


def test_a_long_run_is_reported_less_often_and_one_that_waits_for_ses_is_not_stuck() -> None:
    now = datetime(2027, 1, 16, 8, 2, tzinfo=UTC)
    at = "2027-01-16T08:00:00Z"
    known = {"state": "sending", "announced_at": at, "reported_at": at}
    assert steps(now=now, **known, counts={"planned": 100_000, "sent": 5}) == []
    assert steps(now=now, **known, counts={"planned": 3, "sent": 2, "unknown": 1}) == []
    quota = {"class": "waiting", "code": "daily_quota", "message": "2 mails are still to go"}
    assert steps(now=now, **known, counts={"planned": 3, "sent": 1}, reason=quota) == []
