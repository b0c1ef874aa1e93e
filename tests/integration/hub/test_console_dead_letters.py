"""The console's buttons for dead letters: each is sent again once, and refused ones stay."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3
import pytest
from starlette.testclient import TestClient

from changecast.hub.tracking.operator_actions import actions_on
from changecast_cli.console import inside, repairing
from changecast_cli.console.application import application
from changecast_cli.console.aws import Aws
from changecast_cli.console.guard import Door
from changecast_cli.console.state import Console, console_of
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.repair import route_dead_letters
from tests.support.builders import announced, envelope
from tests.support.consoles import OWN, PORT, PREFIX, TOKEN
from tests.support.fake_hub import FakeEvents, FakeHub, fake_hub
from tests.support.seen import filled, seen

ACME: Any = type("Stack", (), {"code": "acme"})()
REDRIVE = {"verb": "redrive", "customer": "acme"}
REPLAY = {"verb": "replay", "customer": "acme"}


@dataclass
class Queues:
    """The queues of acme's account and route, and the hub that puts again."""

    account: str
    live: str
    route: str
    hub: FakeHub
    way: str = "by the profile"

    @property
    def session(self) -> Any:
        return boto3.Session()

    def output(self, name: str) -> str:
        return {"DeadLetters": self.account, "AnnouncementsQueue": self.live}[name]

    def bury(self, url: str, **attributes: str) -> None:
        named: Any = {
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        }
        body = json.dumps(envelope(announced()))
        boto3.client("sqs").send_message(QueueUrl=url, MessageBody=body, MessageAttributes=named)

    def left(self, url: str) -> int:
        answer = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])


@pytest.fixture
def queues(table: Any, monkeypatch: pytest.MonkeyPatch) -> Queues:
    sqs = boto3.client("sqs")
    account, live, route = (
        sqs.create_queue(QueueName=f"q-{uuid4()}")["QueueUrl"] for _ in range(3)
    )
    fake = fake_hub()
    events: Any = FakeEvents()
    found = Queues(account, live, route, FakeHub(table, events, fake.customers, fake.caller))
    for module in (inside, repairing):
        monkeypatch.setattr(module, "enter", lambda *_: found)
    monkeypatch.setattr(route_dead_letters, "_url", lambda *_: route)
    monkeypatch.setattr(Aws, "hub", lambda _: found.hub)
    return found


@pytest.fixture
def console() -> Console:
    return console_of(Aws(boto3.Session()), Door(PORT, TOKEN, PREFIX), read_only=False)


@pytest.fixture
def browser(console: Console) -> TestClient:
    app = application(console, Door(PORT, TOKEN, PREFIX))
    return TestClient(app, base_url=OWN, headers={"Origin": OWN}, follow_redirects=False)


def confirm(browser: TestClient, sent: dict[str, str]) -> Any:
    """Do what a page has shown."""
    return browser.post(f"/{PREFIX}/repair/do", data=sent)


def letters(console: Console) -> list[inside.Buried]:
    stack: CustomerStack = ACME
    return inside.dead_letters_of(console.aws, stack)


def test_both_kinds_are_listed_and_stay_where_they_are(queues: Queues, console: Console) -> None:
    queues.bury(queues.account)
    queues.bury(queues.account, code="schema", reason="it breaks the contract")
    queues.bury(queues.route, ERROR_MESSAGE="no permission")
    for _ in range(2):
        assert {(one.where, one.verb) for one in letters(console)} == {
            ("its account", "redrive"), ("its account", ""), ("its route", "replay"),
        }  # fmt: skip
    assert (queues.left(queues.account), queues.left(queues.route)) == (2, 1)


def test_what_an_account_could_not_plan_is_planned_again(
    queues: Queues, browser: TestClient
) -> None:
    queues.bury(queues.account)
    queues.bury(queues.account, code="schema", reason="it breaks the contract")
    shown = seen(browser, f"{PREFIX}/repair", **REDRIVE)
    assert "Send 1 dead letter of acme back to its announcements queue" in shown.text
    sent = filled(browser, REDRIVE, f"{PREFIX}/repair")
    done = confirm(browser, sent)
    assert done.headers["location"].endswith("/customers/customer?code=acme")
    assert (queues.left(queues.live), queues.left(queues.account)) == (1, 1)
    (noted,) = actions_on(queues.hub.table, "CHG-1")
    assert (noted.action.value, noted.to) == ("redriven", "acme")
    assert browser.get(f"{PREFIX}/repair", params=REDRIVE).status_code == 400
    assert confirm(browser, sent).status_code == 400
    assert queues.left(queues.live) == 1


def test_what_a_route_could_not_deliver_is_announced_again_to_that_customer(
    queues: Queues, browser: TestClient
) -> None:
    queues.bury(queues.route)
    shown = seen(browser, f"{PREFIX}/repair", **REPLAY)
    assert "of the route again, to acme only" in shown.text
    done = confirm(browser, filled(browser, REPLAY, f"{PREFIX}/repair"))
    assert done.status_code == 303
    (put,) = queues.hub.events.entries
    assert json.loads(put["Detail"])["customers"] == ["acme"]
    assert queues.left(queues.route) == 0


@pytest.mark.parametrize("asked", [REDRIVE, REPLAY], ids=lambda asked: asked["verb"])
def test_a_letter_that_came_since_the_page_was_shown_stays_where_it_is(
    queues: Queues, browser: TestClient, asked: dict[str, str]
) -> None:
    queue = queues.account if asked == REDRIVE else queues.route
    queues.bury(queue)
    sent = filled(browser, asked, f"{PREFIX}/repair")
    queues.bury(queue)
    for given in (sent, asked):
        refused = confirm(browser, given)
        assert refused.status_code == 400
        assert "acme has changed since this page was shown" in refused.text
    assert queues.left(queue) == 2
    assert (queues.left(queues.live), queues.hub.events.entries) == (0, [])
