"""Replays: what they would do, said before, and how they are followed."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from changecast_cli.asking import go_on
from changecast_cli.failures import Failed, Refused
from changecast_cli.repair.replay import before_moves, plan_for
from changecast_cli.repair.replays import Replay, progress, replays_for, start
from tests.support.builders import registered

FIRST, LAST = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
BUS = "arn:aws:events:eu-central-1:111111111111:event-bus/changecast-hub"


class FakeEvents:
    """EventBridge with one bus and archive, routes by name, and replays that take some looks."""

    def __init__(self, states: list[str] | None = None, archives: int = 1) -> None:
        self.states = states or ["COMPLETED"]
        self.archives = [{"ArchiveName": "changecast-announcements"}] * archives
        self.started: dict[str, Any] = {}

    def describe_event_bus(self, Name: str) -> dict[str, str]:  # noqa: N803
        return {"Arn": BUS.replace("changecast-hub", Name)}

    def list_archives(self, EventSourceArn: str) -> dict[str, Any]:  # noqa: N803
        return {"Archives": self.archives}

    def describe_archive(self, ArchiveName: str) -> dict[str, str]:  # noqa: N803
        return {"ArchiveArn": f"arn:archive/{ArchiveName}"}

    def describe_rule(self, Name: str, EventBusName: str) -> dict[str, str]:  # noqa: N803
        return {"Arn": f"arn:rule/{EventBusName}/{Name}"}

    def start_replay(self, **request: Any) -> None:
        self.started = request

    def describe_replay(self, ReplayName: str) -> dict[str, str]:  # noqa: N803
        return {"State": self.states.pop(0) if len(self.states) > 1 else self.states[0]}


def test_a_replay_goes_through_the_routes_of_these_customers_and_no_other_rule() -> None:
    events: Any = FakeEvents()
    (replay,) = replays_for(events, [registered("acme")["acme"]])
    start(events, replay, FIRST, LAST)
    assert events.started["Destination"] == {
        "Arn": BUS,
        "FilterArns": ["arn:rule/changecast-hub/changecast-route-acme"],
    }
    assert (events.started["EventStartTime"], events.started["EventEndTime"]) == (FIRST, LAST)


def test_each_hub_bus_has_a_replay_of_its_own() -> None:
    first, second = registered("acme")["acme"], registered("globex")["globex"]
    second = replace(second, hub_bus="changecast-hub-2")
    events: Any = FakeEvents()
    replays = replays_for(events, [first, second])
    assert [replay.bus_arn.rsplit("/")[-1] for replay in replays] == [
        "changecast-hub",
        "changecast-hub-2",
    ]
    assert len({replay.name for replay in replays}) == 2
    assert replays[1].rules == ("arn:rule/changecast-hub-2/changecast-route-globex.2",)


def test_a_hub_without_an_archive_says_so() -> None:
    events: Any = FakeEvents(archives=0)
    with pytest.raises(Refused, match="has no archive"):
        replays_for(events, [registered("acme")["acme"]])


REPLAY = Replay("changecast-acme-1", "archive", BUS, ())


def test_a_replay_is_followed_to_its_end() -> None:
    events: Any = FakeEvents(["STARTING", "RUNNING", "COMPLETED"])
    states = progress(events, REPLAY, 60, sleep=lambda _: None, clock=lambda: 0.0)
    assert list(states) == ["STARTING", "RUNNING", "COMPLETED"]


def test_a_replay_that_takes_longer_than_we_wait_is_left_to_aws() -> None:
    now = iter(range(10))
    events: Any = FakeEvents(["RUNNING"])
    states = progress(events, REPLAY, 3, sleep=lambda _: None, clock=lambda: next(now))
    assert set(states) == {"RUNNING"}


def test_a_replay_that_failed_is_an_error() -> None:
    events: Any = FakeEvents(["FAILED"])
    with pytest.raises(Failed, match="changecast-acme-1 failed"):
        list(progress(events, REPLAY, 60))


def test_the_plan_names_what_is_known_of_that_time_and_who_gets_it() -> None:
    rows = [{"change_id": f"CHG-{n}", "revision": 2, "customer": "acme"} for n in range(12)]
    first, *_ = plan_for([registered("acme")["acme"]], FIRST, LAST, rows, [])
    assert first.startswith("Announcements from 2027-01-01T00:00:00Z to 2027-01-02T00:00:00Z")
    assert "replayed to acme (12 in the hub's records: CHG-0 revision 2 (acme)" in first
    assert first.endswith(", ...)")


def test_where_nobody_can_be_asked_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(Refused, match="add --yes"):
        go_on(["x"], yes=False, dry_run=False)
    assert not go_on(["x"], yes=True, dry_run=True)
    assert go_on(["x"], yes=True, dry_run=False)


def test_what_was_announced_before_a_move_is_announced_again() -> None:
    acme, globex = registered("acme")["acme"], registered("globex")["globex"]
    acme = replace(acme, hub_bus="changecast-hub-2", hub_bus_since="2027-01-01T12:00:00Z")
    rows = [
        {"change_id": change, "revision": revision, "customer": code, "announced_at": at}
        for change, revision, code, at in (
            ("CHG-1", 2, "acme", "2027-01-01T11:00:00Z"),
            ("CHG-1", 1, "acme", "2027-01-01T10:00:00Z"),
            ("CHG-2", 1, "acme", "2027-01-01T13:00:00Z"),
            ("CHG-1", 2, "globex", "2027-01-01T11:00:00Z"),
        )
    ]
    elsewhere = before_moves([acme, globex], rows)
    assert elsewhere == [("CHG-1", "acme")]
    said = plan_for([acme, globex], FIRST, LAST, rows, [], elsewhere)
    assert said[2].endswith("another bus then; each to its own customer only: 1 change")
    assert before_moves([globex], rows) == []
