"""What the hub knows of reminders: their own row, beside the announcement's."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from rich.console import Console
from typer.testing import CliRunner

from changecast.hub.settings import WatchSettings
from changecast.hub.tracking import watching
from changecast.hub.tracking.queries import reminders, statuses
from changecast_cli.evidence.collecting import files_of
from changecast_cli.evidence.verifying import _faults_of_content as faults_of_content
from changecast_cli.main import app
from changecast_cli.watching import history as history_module
from changecast_cli.watching import status as status_module
from tests.integration.hub.conftest import Tracker
from tests.integration.hub.test_overdue import Alerts
from tests.support.builders import ACCOUNTS, announced, envelope, reported

DAY = {"window_start": "2027-01-20T22:00:00Z", "before": "24h"}
HOUR = {"window_start": "2027-01-20T22:00:00Z", "before": "1h"}
SENT = {"planned": 3, "sent": 3}
PAUSED = {
    "class": "paused",
    "code": "BounceRate",
    "message": "too many bounces",
    "at": "2027-01-16T08:00:00Z",
}


def report(seq: int, reminder: Any = None, **fields: Any) -> dict[str, Any]:
    detail = {"counts": SENT, **fields, "report_seq": seq, "reminder": reminder}
    return envelope(reported(**detail)) | {"id": f"report-{seq}"}


@pytest.fixture
def told(tracker: Tracker) -> Tracker:
    """An announcement that was sent to five people."""
    tracker.handle(
        envelope(announced(customers=["acme"])), report(1, counts={"planned": 5, "sent": 5})
    )
    return tracker


def test_the_counts_of_an_announcement_stay_its_own(told: Tracker) -> None:
    before = told.row()
    paused = report(3, HOUR, state="paused", reason=PAUSED)
    assert told.handle(report(2, DAY), paused) == []
    assert told.row() == before
    assert len(statuses(told.table, "CHG-1")) == 1
    states = {row["reminder"]["before"]: row["state"] for row in reminders(told.table, "CHG-1")}
    assert states == {"24h": "sent", "1h": "paused"}
    assert told.parked() == []


def test_the_reminders_of_two_windows_are_two(told: Tracker) -> None:
    moved = {"window_start": "2027-01-25T22:00:00Z", "before": "24h"}
    told.handle(report(2, DAY, state="superseded"), report(3, moved))
    assert [row["state"] for row in reminders(told.table, "CHG-1")] == ["superseded", "sent"]


def test_reports_of_a_reminder_may_come_in_any_order(told: Tracker) -> None:
    told.handle(report(5, DAY), report(4, DAY, state="sending", counts={"planned": 3}))
    (row,) = reminders(told.table, "CHG-1")
    assert (row["state"], int(row["counts"]["sent"])) == ("sent", 3)


def test_nobody_reports_of_anothers_reminder(told: Tracker) -> None:
    forged = report(2, DAY) | {"account": ACCOUNTS["globex"]}
    told.handle(forged)
    assert told.parked() == ["forged"]
    assert reminders(told.table, "CHG-1") == []


def watched(told: Tracker) -> list[dict[str, Any]]:
    alerts = Alerts()
    watcher = watching.Watcher(
        told.table, boto3.client("events"), boto3.client("sqs"), alerts,  # type: ignore[arg-type]
        boto3.client("ssm"), WatchSettings("changecast-status", 15, "topic"),
    )  # fmt: skip
    now = datetime.now(UTC)
    until = now + timedelta(hours=1)
    assert watching.watch_overdue(watcher, now, until.timestamp()).failures == []
    return [one for one in alerts.sent if "bypassed" not in one["Subject"]]


def test_a_reminder_in_trouble_is_alerted_with_the_command_that_repairs_it(told: Tracker) -> None:
    told.handle(report(2, DAY, state="paused", reason=PAUSED))
    (alert,) = watched(told)
    assert "Change:    CHG-1 revision 1, reminder 24h" in alert["Message"]
    assert "changecast resume CHG-1 --customer acme --reminder 24h" in alert["Message"]
    assert watched(told) == []
    told.handle(report(3, DAY))
    (alert,) = watched(told)
    assert alert["Subject"] == "Changecast: resolved, paused: CHG-1 for acme"


def test_a_reminder_for_nobody_is_no_trouble(told: Tracker) -> None:
    nobody = {**PAUSED, "class": "nothing_to_send", "code": "nobody_to_remind"}
    told.handle(report(2, DAY, state="nothing_to_send", reason=nobody, counts={}))
    assert watched(told) == []


def test_status_and_history_show_reminders(told: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    told.handle(
        report(2, DAY), report(3, HOUR, state="held", counts={"planned": 3, "sent": 2, "held": 1})
    )
    for module in (status_module, history_module):
        monkeypatch.setattr(module, "out", Console(width=220))
    shown = CliRunner().invoke(app, ["status", "CHG-1"]).output
    assert "5/5" in shown
    assert "reminder 1h held 2/3, reminder 24h sent 3/3" in shown
    assert "changecast held CHG-1 --customer acme --reminder 1h" in shown
    plain = json.loads(CliRunner().invoke(app, ["status", "CHG-1", "--json"]).output)
    found = plain["customers"]["acme"]["reminders"]
    assert [(one["before"], one["counts"]["sent"]) for one in found] == [("1h", 2), ("24h", 3)]
    told_of = CliRunner().invoke(app, ["history", "CHG-1"]).output
    assert "reminder 24h sent" in told_of


def test_evidence_holds_the_chain_of_each_reminder(told: Tracker) -> None:
    told.handle(report(2, DAY, state="sending", counts={"planned": 3}), report(3, HOUR))
    told.handle(report(4, DAY), report(5, counts={"planned": 5, "sent": 5, "delivered": 5}))
    files, codes = files_of(told.table, "CHG-1", addresses=False)
    assert codes == ["acme"]
    assert [*faults_of_content(files)] == []
    name = "history/acme.json"
    files[name] = files[name].replace(b'"before": "1h"', b'"before": "2h"')
    assert [*faults_of_content(files)] != [], "a reminder was changed"
