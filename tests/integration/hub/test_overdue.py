"""A change that nobody ended, an hour after its window, is found, shown and alerted once.

The tracker and watch run as their functions do; the hub's table is moto's.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from rich.console import Console
from typer.testing import CliRunner

from changecast.hub.announcing.announce import announce
from changecast.hub.announcing.discard import discard
from changecast.hub.settings import WatchSettings
from changecast.hub.tracking import alerts, watching
from changecast.hub.tracking.open_windows import overdue_change, overdue_changes
from changecast.hub.tracking.queries import statuses_of_days
from changecast_cli.main import app
from changecast_cli.watching import agenda as agenda_module
from changecast_cli.watching import status as status_module
from tests.integration.hub.conftest import Tracker
from tests.support.builders import announced, change, document, envelope
from tests.support.fake_hub import FakeEvents, FakeHub, fake_hub

pytestmark = pytest.mark.usefixtures("when_samples_were_written")

END = datetime(2027, 1, 20, 23, 30, tzinfo=UTC)
BEFORE, AT_THE_HOUR = END + timedelta(minutes=59), END + timedelta(hours=1)
MOVED = {
    "start": "2027-01-25T22:00:00Z",
    "end": "2027-01-25T23:30:00Z",
    "timezone": "Europe/Madrid",
}


class Alerts:
    """Takes what watch publishes."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def publish(self, **message: Any) -> None:
        self.sent.append(message)

    def subjects(self) -> list[str]:
        found = [one["Subject"].removeprefix("Changecast: ") for one in self.sent]
        self.sent.clear()
        return found


class Hub:
    """The hub's tracker and watch over one table, at any time."""

    def __init__(self, tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
        self.table, self.alerts = tracker.table, Alerts()
        self._tracker, self._patch = tracker, monkeypatch

    def told(self, **fields: Any) -> None:
        """Let an announcement reach the hub, in time by default."""
        of_event = {name: fields.pop(name) for name in ("customers", "test") if name in fields}
        assert self._tracker.handle(envelope(announced(change(**fields), **of_event))) == []
        assert self._tracker.parked() == []

    def watch(self, now: datetime) -> list[str]:
        """Run watch once; return the subjects of alerts about windows."""
        watcher = watching.Watcher(
            self.table, boto3.client("events"), boto3.client("sqs"), self.alerts,  # type: ignore[arg-type]
            boto3.client("ssm"), WATCH,
        )  # fmt: skip
        until = datetime.now(UTC) + timedelta(hours=1)
        assert watching.watch_overdue(watcher, now, until.timestamp()).failures == []
        return [one for one in self.alerts.subjects() if "overdue" in one]


WATCH = WatchSettings("changecast-status", 15, "arn:aws:sns:eu-central-1:1:alerts")


@pytest.fixture
def hub(tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> Hub:
    return Hub(tracker, monkeypatch)


def test_a_window_is_overdue_an_hour_after_its_end_and_told_once(hub: Hub) -> None:
    hub.told()
    assert hub.watch(BEFORE) == []
    assert hub.watch(AT_THE_HOUR) == ["overdue: CHG-1"]
    assert [hub.watch(AT_THE_HOUR + timedelta(minutes=n)) for n in (1, 5, 60 * 24 * 30)] == [
        [], [], []
    ]  # fmt: skip


def test_the_alert_says_which_window_who_is_concerned_and_what_to_type(hub: Hub) -> None:
    hub.told()
    hub.watch(BEFORE)
    hub.alerts.sent.clear()
    watcher_now = AT_THE_HOUR
    hub.alerts.subjects = lambda: []  # type: ignore[method-assign]
    hub.watch(watcher_now)
    (alert,) = hub.alerts.sent
    for line in (
        "Change:    CHG-1 revision 1, Patch the hosts, until 2027-01-20T23:30:00Z",
        "Customers: acme, globex",
        "Repair:    changecast complete CHG-1",
        "Page:      docs/runbook/overdue.md",
    ):
        assert line in alert["Message"]
    values = {name: one["StringValue"] for name, one in alert["MessageAttributes"].items()}
    assert values == {
        "event": "found",
        "cause": "overdue",
        "change_id": "CHG-1",
        "customer": '["acme", "globex"]',
    }


@pytest.mark.parametrize("status", ["completed", "cancelled"])
def test_it_is_resolved_when_the_change_is_ended_and_never_by_itself(hub: Hub, status: str) -> None:
    hub.told()
    hub.watch(AT_THE_HOUR)
    hub.told(revision=2, status=status)
    assert hub.watch(AT_THE_HOUR + timedelta(days=3)) == ["resolved, overdue: CHG-1"]
    assert hub.watch(AT_THE_HOUR + timedelta(days=4)) == []
    assert overdue_change(hub.table, "CHG-1") is None


@pytest.mark.parametrize("status", ["completed", "cancelled"])
@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["in-order", "the-end-comes-first"])
def test_a_change_that_was_ended_in_time_is_never_overdue(
    hub: Hub, status: str, order: tuple[int, int]
) -> None:
    for revision in order:
        hub.told(revision=revision, status="approved" if revision == 1 else status)
    assert hub.watch(AT_THE_HOUR + timedelta(days=30)) == []


def test_a_start_does_not_end_a_change(hub: Hub) -> None:
    hub.told()
    hub.told(revision=2, status="in_progress")
    assert hub.watch(AT_THE_HOUR) == ["overdue: CHG-1"]
    hub.told(revision=3, status="in_progress", title="Patch all hosts")
    assert hub.watch(AT_THE_HOUR + timedelta(minutes=5)) == []


def test_a_moved_window_counts_from_its_new_end(hub: Hub) -> None:
    hub.told()
    hub.told(revision=2, window=MOVED)
    assert hub.watch(AT_THE_HOUR) == []
    assert hub.watch(AT_THE_HOUR + timedelta(days=5)) == ["overdue: CHG-1"]


def test_moving_a_window_that_was_overdue_resolves_it_until_the_new_end(hub: Hub) -> None:
    hub.told()
    hub.watch(AT_THE_HOUR)
    hub.told(revision=2, window=MOVED)
    assert hub.watch(AT_THE_HOUR + timedelta(minutes=9)) == ["resolved, overdue: CHG-1"]
    assert hub.watch(AT_THE_HOUR + timedelta(days=5)) == ["overdue: CHG-1"]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "draft"},
        {"change_id": "CHG-1:test", "test_run": True, "test": True},
        {"kind": "announcement", "content": "Read this."},
        {"customers": [], "withdrawn": ["acme"]},
    ],
    ids=["draft", "test", "announcement", "everybody withdrawn"],
)
def test_what_nobody_waits_for_is_never_overdue(hub: Hub, fields: dict[str, Any]) -> None:
    withdrawn = fields.pop("withdrawn", None)
    if withdrawn:
        hub.told()
        event = announced(change(revision=2), customers=[], withdrawn=["acme", "globex"])
        hub._tracker.handle(envelope(event))
    else:
        hub.told(**fields)
    assert hub.watch(AT_THE_HOUR + timedelta(days=30)) == []


def test_several_changes_of_one_night_are_one_alert(hub: Hub) -> None:
    for number in range(25):
        hub.told(change_id=f"CHG-{number}")
    assert hub.watch(AT_THE_HOUR) == ["overdue: 25 changes"]
    assert hub.watch(AT_THE_HOUR + timedelta(minutes=1)) == []
    assert len(list(overdue_changes(hub.table))) == 25


def test_an_alert_that_could_not_be_sent_is_sent_later(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.told()
    send = alerts.publish

    def dies(*_: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(alerts, "publish", dies)
    with pytest.raises(SystemExit):
        hub.watch(AT_THE_HOUR)
    monkeypatch.setattr(alerts, "publish", send)
    assert hub.watch(AT_THE_HOUR + timedelta(seconds=30)) == [], "somebody may be sending it"
    assert hub.watch(AT_THE_HOUR + timedelta(minutes=3)) == ["overdue: CHG-1"]


def test_a_discarded_end_leaves_the_change_open(hub: Hub, tracker: Tracker) -> None:
    provider = FakeHub(hub.table, FakeEvents(), fake_hub().customers, fake_hub().caller)  # type: ignore[arg-type]
    announce(document(), hub=provider)
    announce(document(status="completed"), hub=provider)
    for entry in provider.events.entries:
        tracker.handle(envelope_of(entry))
    discard("CHG-1", 2, hub=provider)
    assert hub.watch(AT_THE_HOUR) == ["overdue: CHG-1"]
    tracker.handle(envelope_of(provider.events.entries[-1]))
    assert hub.watch(AT_THE_HOUR + timedelta(minutes=9)) == []


def test_a_discarded_end_that_arrives_late_leaves_the_change_open(
    hub: Hub, tracker: Tracker
) -> None:
    provider = FakeHub(hub.table, FakeEvents(), fake_hub().customers, fake_hub().caller)  # type: ignore[arg-type]
    announce(document(), hub=provider)
    announce(document(status="completed"), hub=provider)
    discard("CHG-1", 2, hub=provider)
    for entry in provider.events.entries:
        tracker.handle(envelope_of(entry))
    assert hub.watch(AT_THE_HOUR) == ["overdue: CHG-1"]


def envelope_of(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry as the bus delivers it."""
    return envelope(announced()) | {"detail": json.loads(entry["Detail"])}


def test_the_row_is_in_no_list_of_deliveries(hub: Hub) -> None:
    hub.told()
    hub.watch(AT_THE_HOUR)
    days = [f"{END + timedelta(days=n):%Y-%m-%d}" for n in range(-30, 30)]
    days.append(f"{datetime.now(UTC):%Y-%m-%d}")
    rows = list(statuses_of_days(hub.table, days))
    assert {row["customer"] for row in rows} <= {"acme", "globex"}


def test_status_shows_what_is_overdue_and_what_to_type(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.told()
    hub.told(change_id="CHG-2", status="submitted", customers=["globex"])
    hub.watch(AT_THE_HOUR)
    monkeypatch.setattr(status_module, "out", Console(width=200))
    typed = CliRunner().invoke(app, ["status", "CHG-1"])
    line = "CHG-1: overdue since 2027-01-20T23:30:00Z: changecast complete CHG-1"
    assert line in typed.output, typed.output
    assert "CHG-2" not in typed.output
    every = CliRunner().invoke(app, ["status"]).output
    assert line in every
    assert "CHG-2: overdue since 2027-01-20T23:30:00Z: changecast announce" in every
    of_acme = json.loads(CliRunner().invoke(app, ["status", "-c", "acme", "--json"]).output)
    assert [one["change_id"] for one in of_acme["overdue"]] == ["CHG-1"]
    of_one = json.loads(CliRunner().invoke(app, ["status", "CHG-1", "--json"]).output)
    assert of_one["overdue"]["window_end"] == "2027-01-20T23:30:00Z"
    hub.told(revision=2, status="completed")
    hub.watch(AT_THE_HOUR + timedelta(minutes=1))
    assert json.loads(CliRunner().invoke(app, ["status", "CHG-1", "--json"]).output)[
        "overdue"
    ] is None  # fmt: skip


@pytest.mark.parametrize("end", ["cancelled", "completed"])
def test_status_shows_how_a_change_ended(
    hub: Hub, tracker: Tracker, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """The run that told people of the end looks like any other."""
    monkeypatch.setattr(status_module, "out", Console(width=200))
    provider = FakeHub(hub.table, FakeEvents(), fake_hub().customers, fake_hub().caller)  # type: ignore[arg-type]
    announce(document(), hub=provider)
    announce(document(changeId="CHG-2"), hub=provider)
    announce(document(changeId="CHG-2", status=end, version=2), hub=provider)
    for entry in provider.events.entries:
        tracker.handle(envelope_of(entry))
    for words in ((), ("-c", "acme"), ("CHG-2",)):
        typed = CliRunner().invoke(app, ["status", *words]).output
        (heading,) = [line for line in typed.splitlines() if line.startswith("CHG-2")]
        assert f"  {end}" in heading, typed
        assert not [line for line in typed.splitlines() if line.startswith("CHG-1") and end in line]
    told = json.loads(CliRunner().invoke(app, ["status", "--json"]).output)["runs"]
    assert {one["change_id"]: one["status"] for one in told} == {"CHG-1": "approved", "CHG-2": end}


def agenda(*words: str) -> str:
    typed = CliRunner().invoke(app, ["agenda", *words])
    assert typed.exit_code == 0, typed.output
    return typed.output


def soon(hours: float, length: float = 1) -> dict[str, str]:
    start = datetime.now(UTC) + timedelta(hours=hours)
    end = start + timedelta(hours=length)
    return {"start": start.isoformat(), "end": end.isoformat(), "timezone": "UTC"}


def test_the_agenda_shows_what_is_ahead_by_day(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agenda_module, "out", Console(width=200))
    assert "No open change starts in the next 14 days." in agenda()
    hub.told(change_id="CHG-1", window=soon(30), title="Patch")
    hub.told(change_id="CHG-2", window=soon(50), title="Move", customers=["globex"])
    hub.told(change_id="CHG-3", window=soon(24 * 20), title="Much later")
    hub.told(change_id="CHG-4", window=soon(40), status="cancelled", revision=2)
    hub.told(change_id="CHG-5:test", window=soon(40), test_run=True, test=True)
    hub.told(change_id="CHG-6", window=soon(-0.5), title="Under way", status="in_progress")
    shown = agenda()
    places = [shown.index(name) for name in ("CHG-6", "CHG-1", "CHG-2")]
    assert places == sorted(places)
    assert not {"CHG-3", "CHG-4", "CHG-5"} & set(shown.split())
    assert "in progress" in shown
    assert "CHG-3" in agenda("--days", "30")


def test_the_agenda_of_one_customer_names_no_other_change(hub: Hub) -> None:
    hub.told(change_id="CHG-1", window=soon(30), customers=["acme"])
    hub.told(change_id="CHG-2", window=soon(50), customers=["globex"])
    found = json.loads(agenda("--customer", "globex", "--json"))
    assert [one["change_id"] for one in found["changes"]] == ["CHG-2"]
    assert found["customer"] == "globex"


def test_a_customer_without_changes_is_told_so_and_an_unknown_one_is_refused(hub: Hub) -> None:
    assert "No open change of acme starts" in agenda("--customer", "acme")
    refused = CliRunner().invoke(app, ["agenda", "--customer", "acmee"])
    assert refused.exit_code != 0
    assert "acmee" in str(refused.exception or refused.output)


def test_what_is_overdue_stays_on_the_agenda_until_somebody_ends_it(hub: Hub) -> None:
    hub.told(window=soon(-30))
    hub.watch(datetime.now(UTC) + timedelta(hours=2))
    (one,) = json.loads(agenda("--json"))["changes"]
    assert one["overdue"] is True
    hub.told(window=soon(-30), revision=2, status="completed")
    assert json.loads(agenda("--json"))["changes"] == []


def test_the_agenda_counts_days_in_the_zone_that_is_asked_for(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agenda_module, "out", Console(width=200))
    year = datetime.now(UTC).year + 1
    late = {"start": f"{year}-01-20T22:30:00Z", "end": f"{year}-01-20T23:30:00Z", "timezone": "UTC"}
    hub.told(window=late)
    days = ("--days", "366")
    assert "20 Jan" in agenda(*days)
    tokyo = agenda(*days, "--timezone", "Asia/Tokyo")
    assert "21 Jan" in tokyo
    assert "07:30 to 08:30 JST" in tokyo
