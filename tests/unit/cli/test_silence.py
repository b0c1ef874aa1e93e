"""What a status says of customers that have not reported yet."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast.contract.change import utc
from changecast.hub.routes import Route, RouteFailure
from changecast.hub.tracking.operator_actions import Action, OperatorAction
from changecast_cli.doctor.hub import expected_hub_policy
from changecast_cli.watching import silence
from changecast_cli.watching.advice import refused_steps
from changecast_cli.watching.runs import run_of
from changecast_cli.watching.silence import MOST_LOOKED_AT, with_refusals, with_silence
from tests.support.builders import registered

NOW = datetime(2027, 1, 20, 22, 0, tzinfo=UTC)
TABLE: Any = None
HUB: Any = SimpleNamespace(client=lambda _: None)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The customers whose routes were looked at; every route has a disabled rule."""
    looked: list[str] = []

    def look_at(_: Any, __: Any, customer: Any) -> Route:
        looked.append(customer.code)
        return Route(f"the rule changecast-route-{customer.code} is disabled")

    acme = registered()["acme"]
    names = [f"c{number:03}" for number in range(100)]
    known = {name: replace(acme, code=name) for name in names}
    monkeypatch.setattr(
        silence, "read_customers", lambda _, codes: {code: known[code] for code in codes}
    )
    monkeypatch.setattr(silence, "look_at", look_at)
    return looked


def announced(count: int, ago: timedelta) -> Any:
    at = utc(NOW - ago)
    rows = [
        {"change_id": "CHG-1", "customer": f"c{number:03}", "revision": 1, "state": "announced",
         "announced_at": at}
        for number in range(count)
    ]  # fmt: skip
    return run_of("CHG-1", rows)


def test_a_status_knows_of_a_disabled_rule_as_early_as_a_wait(looked_at: list[str]) -> None:
    run = with_silence(HUB, announced(1, timedelta(seconds=6)), NOW)
    assert (
        "the rule changecast-route-c000 is disabled"
        in run["customers"]["c000"]["reason"]["message"]
    )


@pytest.mark.parametrize(
    ("ago", "looks"), [(1, 0), (6, MOST_LOOKED_AT), (59, MOST_LOOKED_AT), (61, 100)]
)
def test_of_many_customers_a_few_are_looked_at_early_and_all_after_a_minute(
    looked_at: list[str], ago: int, looks: int
) -> None:
    with_silence(HUB, announced(100, timedelta(seconds=ago)), NOW)
    assert len(looked_at) == looks


REPAIRED = OperatorAction("CHG-1", 1, "c000", Action.REPAIRED, "maria", "2027-01-20T21:59:40Z")


@pytest.mark.parametrize(
    ("put_at", "actions", "is_stale"),
    [
        ("2027-01-20T21:59:00Z", [REPAIRED], True),
        ("2027-01-20T21:59:00Z", [], False),
        ("2027-01-20T21:59:50Z", [REPAIRED], False),
        ("", [REPAIRED], False),
        ("2027-01-20T21:59:00Z", [replace(REPAIRED, to="c0000")], False),
        ("2027-01-20T21:59:00Z", [replace(REPAIRED, action=Action.REPLAYED)], False),
    ],
)
def test_a_dead_letter_from_before_a_repair_says_nothing_about_the_bus_of_now(
    looked_at: list[str],
    monkeypatch: pytest.MonkeyPatch,
    put_at: str,
    actions: list[OperatorAction],
    is_stale: bool,
) -> None:
    letter = RouteFailure("NO_PERMISSIONS", "the policy does not let the route put", put_at)
    monkeypatch.setattr(silence, "look_at", lambda *_: Route("", "q", {("CHG-1", 1): letter}))
    monkeypatch.setattr(silence, "actions_on", lambda *_: actions)
    tables = SimpleNamespace(Table=lambda _: None)
    hub: Any = SimpleNamespace(client=lambda _: None, resource=lambda _: tables)
    reason = with_silence(hub, announced(1, timedelta(minutes=1)), NOW)["customers"]["c000"][
        "reason"
    ]
    assert ("does not let" in reason["message"]) is not is_stale
    assert (reason["code"] == "repaired") is is_stale
    assert reason["message"].startswith("repaired at 21:59 UTC") is is_stale


class Bus:
    """The hub's bus, whose policy names these accounts; None refuses to show it."""

    def __init__(self, *accounts: str | None) -> None:
        self.accounts, self.looks = accounts, 0

    def client(self, _: str) -> "Bus":
        return self

    def describe_event_bus(self, Name: str) -> dict[str, str]:  # noqa: N803
        self.looks += 1
        if None in self.accounts:
            denied: Any = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
            raise ClientError(denied, "DescribeEventBus")
        arn = f"arn:aws:events:eu-central-1:111111111111:event-bus/{Name}"
        if not self.accounts:
            return {"Name": Name, "Arn": arn}
        arns = [f"arn:aws:iam::{account}:root" for account in self.accounts]
        allow = expected_hub_policy() | {"Principal": {"AWS": arns}}
        return {"Name": Name, "Arn": arn, "Policy": json.dumps({"Statement": [allow]})}


@pytest.fixture
def forwarded(looked_at: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every route works."""
    monkeypatch.setattr(silence, "look_at", lambda *_: Route(""))


def reasons(bus: Bus, run: Any) -> list[str]:
    found: Any = with_silence(bus, run, NOW)  # type: ignore[arg-type]
    return [one["reason"] and one["reason"]["message"] for one in found["customers"].values()]


@pytest.mark.usefixtures("forwarded")
@pytest.mark.parametrize("state", ["announced", "planned", "sending", "forwarded_no_report",
                                   "stalled"])  # fmt: skip
def test_a_status_knows_that_the_hub_refuses_the_reports(state: str) -> None:
    run = announced(3, timedelta(seconds=90))
    for one in run["customers"].values():
        one |= {"state": state, "reported_at": one["announced_at"]}
    account = registered()["acme"].account
    said = (
        "the hub refuses its reports: the policy of the bus changecast-hub does not allow "
        f"account {account}"
    )
    for bus in (Bus(), Bus("999999999999")):
        assert reasons(bus, run) == [said] * 3
        assert bus.looks == 1
    assert reasons(Bus(account), run) == [None] * 3
    assert reasons(Bus(None), run) == [None] * 3


@pytest.mark.usefixtures("forwarded")
@pytest.mark.parametrize("state", ["sent", "nothing_to_send", "paused", "unknown_customer"])
def test_where_no_report_is_late_nobody_looks_at_the_hubs_bus(state: str) -> None:
    run = announced(3, timedelta(seconds=90))
    for one in run["customers"].values():
        one |= {"state": state, "reported_at": one["announced_at"]}
    bus = Bus()
    assert reasons(bus, run) == [None] * 3
    assert bus.looks == 0


def two_changes(state: str, ago: timedelta) -> list[Any]:
    runs = [announced(2, ago), {**announced(2, ago), "change_id": "CHG-2"}]
    for run in runs:
        for one in run["customers"].values():
            one |= {"state": state, "reported_at": one["announced_at"]}
    return runs


@pytest.mark.usefixtures("forwarded")
@pytest.mark.parametrize("state", ["announced", "planned", "sending", "forwarded_no_report",
                                   "stalled"])  # fmt: skip
def test_the_overview_knows_it_too_and_looks_at_each_bus_once(state: str) -> None:
    account, bus = registered()["acme"].account, Bus()
    runs = with_refusals(bus, TABLE, two_changes(state, timedelta(seconds=90)), NOW)  # type: ignore[arg-type]
    codes = [one["reason"]["code"] for run in runs for one in run["customers"].values()]
    assert codes == ["reports_refused"] * 4
    assert bus.looks == 1
    (step,) = refused_steps(runs)
    assert step.startswith("c000, c001: changecast repair hub; late reports then arrive")
    for other in (Bus(account), Bus(None)):
        same = with_refusals(other, TABLE, two_changes(state, timedelta(seconds=90)), NOW)  # type: ignore[arg-type]
        assert [one["reason"] for run in same for one in run["customers"].values()] == [None] * 4
        assert list(refused_steps(same)) == []


@pytest.mark.usefixtures("forwarded")
@pytest.mark.parametrize(("state", "seconds"), [("sent", 900), ("announced", 30), ("paused", 900)])
def test_the_overview_asks_nothing_while_no_report_is_late(state: str, seconds: int) -> None:
    runs = two_changes(state, timedelta(seconds=seconds))
    assert with_refusals(None, TABLE, runs, NOW) == runs  # type: ignore[arg-type]


@pytest.mark.usefixtures("forwarded")
def test_the_overview_of_many_late_customers_reads_the_copy_of_the_registry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    acme = registered()["acme"]
    known = {f"c{number:03}": replace(acme, code=f"c{number:03}") for number in range(100)}
    monkeypatch.setattr(silence, "registered", lambda *_: known)
    monkeypatch.setattr(silence, "read_customers", None)
    bus = Bus()
    (run,) = with_refusals(bus, TABLE, [announced(100, timedelta(seconds=90))], NOW)  # type: ignore[arg-type]
    assert sum(bool(one["reason"]) for one in run["customers"].values()) == 100
    assert bus.looks == 1
    (step,) = refused_steps([run])
    assert "c004 and 95 more: changecast repair hub" in step
