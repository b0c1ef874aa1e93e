"""What the hub knows of a weekly digest: a row of its own, under an id that no change has."""

import json
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from changecast_cli.main import app
from changecast_cli.watching import status as status_module
from tests.integration.hub.conftest import Tracker
from tests.integration.hub.test_reminder_status import PAUSED, SENT, watched
from tests.support.builders import announced, envelope, reported

DIGEST = "digest:2027-01-18"


def report(seq: int, **fields: Any) -> dict[str, Any]:
    whole = {"change_id": DIGEST, "revision": 1, "counts": SENT, **fields, "report_seq": seq}
    return envelope(reported(**whole)) | {"id": f"report-{seq}"}


@pytest.fixture
def told(tracker: Tracker) -> Tracker:
    """An announcement that was sent to five people."""
    tracker.handle(
        envelope(announced(customers=["acme"])), report(1, change_id="CHG-1", counts=SENT)
    )
    return tracker


def test_status_shows_it_by_its_id(told: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
    told.handle(report(2))
    monkeypatch.setattr(status_module, "out", Console(width=220))
    assert "3/3" in CliRunner().invoke(app, ["status", DIGEST]).output
    plain = json.loads(CliRunner().invoke(app, ["status", DIGEST, "--json"]).output)
    assert plain["customers"]["acme"]["state"] == "sent"
    assert DIGEST not in CliRunner().invoke(app, ["status", "CHG-1"]).output
    assert told.parked() == []


def test_one_in_trouble_is_alerted_with_the_command_that_repairs_it(told: Tracker) -> None:
    told.handle(report(2, state="paused", reason=PAUSED))
    (alert,) = watched(told)
    assert f"changecast resume {DIGEST} --customer acme" in alert["Message"]
    told.handle(report(3))
    (alert,) = watched(told)
    assert "resolved" in alert["Subject"]


def test_one_for_nobody_is_no_trouble(told: Tracker) -> None:
    nothing = {**PAUSED, "class": "nothing_to_send", "code": "nothing_ahead"}
    told.handle(report(2, state="nothing_to_send", reason=nothing, counts={}))
    assert watched(told) == []
