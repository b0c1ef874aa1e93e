"""Operators' actions are kept with the change, with the report that followed each."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from changecast.contract.change import utc
from changecast.hub.tracking.items import put_row
from changecast.hub.tracking.operator_actions import Action, actions_on
from changecast.hub.tracking.schema import status_key
from changecast_cli.main import app
from changecast_cli.repair.command import Plan, repaired
from changecast_cli.repair.drift import ChangeSet
from changecast_cli.repair.fixes import Fix
from changecast_cli.repair.noting import note
from tests.integration.hub.conftest import Register

SESSION = boto3.Session(region_name="eu-central-1")


def status_row(table: Any, code: str, **values: Any) -> None:
    row = {"customer": code, "change_id": "CHG-1", "revision": 2, "state": "paused", "counts": {},
           "announced_at": "2026-11-01T10:00:00Z", "updated_at": "2026-11-01T10:00:00Z",
           **values}  # fmt: skip
    assert put_row(table, status_key("CHG-1", 2, code), row, None)


def test_an_action_is_kept_with_who_did_it_and_the_report_that_it_came_after(table: Any) -> None:
    status_row(table, "acme", report_seq=7)
    note(SESSION, Action.RESUMED, "acme", [("CHG-1", 2), ("CHG-1", 2)], "the quota is used up")
    (done,) = actions_on(table, "CHG-1")
    assert (done.action, done.to, done.revision, done.after_seq) == ("resumed", "acme", 2, 7)
    assert done.by.startswith("arn:aws:")
    assert done.says == "the quota is used up"


def test_a_hub_that_takes_no_note_is_a_warning_and_no_failure(
    table: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("changecast_cli.repair.noting.STATUS_TABLE", "of-nobody")
    note(SESSION, Action.REDRIVEN, "acme", [("CHG-1", 2)])
    said = " ".join(capsys.readouterr().err.split())
    assert "this was done, but could not be added to the history" in said
    assert actions_on(table, "CHG-1") == []


@pytest.mark.parametrize("verb", ["status", "history"])
def test_a_customer_that_a_change_does_not_name_is_an_error_that_names_those_it_does(
    table: Any, verb: str
) -> None:
    status_row(table, "acme")
    result = CliRunner().invoke(app, [verb, "CHG-1", "--customer", "acmee"])
    assert result.exit_code
    assert "CHG-1 does not name 'acmee'" in str(result.exception)
    assert "acme" in str(result.exception).partition("acmee")[2]


def test_a_code_that_nobody_has_is_an_error_of_status(table: Any, register: Register) -> None:
    register("acme", "globex")
    result = CliRunner().invoke(app, ["status", "--customer", "acmee"])
    assert "customer 'acmee' is not registered" in str(result.exception)
    assert CliRunner().invoke(app, ["status", "--customer", "acme"]).exit_code == 0


def test_status_says_what_the_hub_sees_of_a_silent_customer_before_its_deadline(
    table: Any, register: Register
) -> None:
    register("acme")
    status_row(table, "acme", state="announced", deadline="2099-01-01T10:15:00Z")
    result = CliRunner().invoke(app, ["status", "CHG-1"])
    said = " ".join(result.stdout.split())
    assert "no report for" in said
    assert "alert due at 10:15 UTC" in said
    assert "has no rule changecast-route-acme" in said
    assert "changecast doctor --customer acme" in said
    assert "docs/runbook/no-route.md" in said


def test_a_repair_stands_in_the_history_of_every_change_that_waited_for_it(table: Any) -> None:
    now = datetime.now(UTC)
    old, young = utc(now - timedelta(hours=1)), utc(now)
    for change_id, code, state, at in (
        ("CHG-1", "acme", "no_route", old),
        ("CHG-2", "acme", "paused", young),
        ("CHG-3", "acme", "sent", old),
        ("CHG-4", "globex", "paused", old),
        ("CHG-5", "acme", "announced", young),
    ):
        row = {"customer": code, "change_id": change_id, "revision": 2, "state": state,
               "counts": {}, "announced_at": at, "updated_at": at}  # fmt: skip
        assert put_row(table, status_key(change_id, 2, code), row, None)
    rule = Fix("a rule", "the rule changecast-route-acme is switched on", lambda: None)
    plan = Plan([rule], ChangeSet(SESSION.client("cloudformation"), "changecast", "", ()))
    repaired("acme", SESSION, [plan], done=False)
    assert actions_on(table, "CHG-1") == []
    repaired("acme", SESSION, [plan], done=True)
    noted = {change: actions_on(table, change) for change in (f"CHG-{n}" for n in range(1, 6))}
    assert [change for change, actions in noted.items() if actions] == ["CHG-1", "CHG-2", "CHG-5"]
    (done,) = noted["CHG-1"]
    assert (done.action, done.to, done.revision) == ("repaired", "acme", 2)
    assert done.says == "restored: the rule changecast-route-acme is switched on"
    shown = " ".join(CliRunner().invoke(app, ["history", "CHG-1"]).stdout.split())
    assert "repaired" in shown


def test_a_repair_names_the_replay_of_dead_letters_as_the_doctor_does(table: Any) -> None:
    at = utc(datetime.now(UTC) - timedelta(hours=1))
    row = {"customer": "acme", "change_id": "CHG-1", "revision": 1, "state": "refused_by_bus",
           "counts": {}, "announced_at": at, "updated_at": at}  # fmt: skip
    assert put_row(table, status_key("CHG-1", 1, "acme"), row, None)
    sqs = SESSION.client("sqs")
    for code in ("acme", "acme2"):
        sqs.create_queue(QueueName=f"changecast-route-{code}")
    url = sqs.get_queue_url(QueueName="changecast-route-acme2")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="of another customer")
    assert repaired("acme", SESSION, [], done=False).missed == [
        "changecast reannounce CHG-1 --customer acme"
    ]
    url = sqs.get_queue_url(QueueName="changecast-route-acme")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="of acme")
    assert repaired("acme", SESSION, [], done=False).missed == [
        "changecast replay --from 14d --customer acme"
    ]
