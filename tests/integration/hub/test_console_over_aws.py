"""The console over an AWS account: what its own clients read and put."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from starlette.testclient import TestClient

from changecast.hub.tracking.revisions import revisions
from changecast_cli.console.application import application
from changecast_cli.console.aws import Aws
from changecast_cli.console.board import Board
from changecast_cli.console.guard import Door
from changecast_cli.console.state import console_of
from tests.integration.hub.conftest import Register, Tracker
from tests.support.builders import announced, document, envelope, reported
from tests.support.consoles import OWN, PORT, PREFIX, TOKEN
from tests.support.seen import seen

BUS = "changecast-hub"


@pytest.fixture
def browser(tracker: Tracker, register: Register, ssm: Any) -> TestClient:
    """A browser in a console of the account that moto plays."""
    value = ssm.get_parameter(Name="/changecast/customers/acme")["Parameter"]["Value"]
    assert json.loads(value)["code"] == "acme"
    register("globex")
    events = boto3.client("events")
    if BUS not in [bus["Name"] for bus in events.list_event_buses()["EventBuses"]]:
        events.create_event_bus(Name=BUS)
    door = Door(PORT, TOKEN, PREFIX)
    aws = Aws(boto3.Session())
    board = Board(lambda: aws.table, reach=timedelta(days=2))  # few days to ask for
    console = replace(console_of(aws, door, read_only=False), board=board)
    client = TestClient(application(console, door), base_url=OWN, headers={"Origin": OWN})
    client.base_url = client.base_url.join(f"/{PREFIX}/")
    return client


def test_what_is_announced_and_reported_is_on_every_page(
    browser: TestClient, tracker: Tracker
) -> None:
    assert "Nothing is open" in seen(browser).text
    checked = browser.post("announce/check", data={"document": json.dumps(document())})
    draft = checked.url.params["draft"]
    done = browser.post("announce/put", data={"draft": draft, "typed": "CHG-1"})
    assert done.status_code == 200, done.text
    (record,) = revisions(tracker.table, "CHG-1")
    assert record.put_at
    assert record.announced_by.startswith("arn:aws:")
    tracker.handle(envelope(announced()))
    tracker.handle(envelope(reported(state="paused")))
    assert "acme ! paused" in seen(browser, "change", id="CHG-1").text
    assert "acme CHG-1 ! paused" in " ".join(
        seen(browser, "customers", find="acme").text.replace("Acme Industries ", "")
        .replace("222222222222 eu-central-1 ", "").split()
    )  # fmt: skip
