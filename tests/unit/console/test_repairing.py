"""Repairs on a page: what they would do first, and then they do it."""

import json
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from changecast.contract.change_announced import REVISION_JUMP
from changecast.contract.errors import PauseRun
from changecast.contract.pause_code import PauseCode
from changecast.customer.ledger.held import held
from changecast.customer.ledger.runs import pause
from changecast.customer.ledger.table import runs_of
from changecast.hub.announcing.announce import announce
from changecast.hub.tracking.discards import discards
from changecast.hub.tracking.revisions import reannouncements, revisions
from changecast_cli.console import repairing
from changecast_cli.doctor.verdicts import broken
from testbed.doubles.account import Account
from testbed.doubles.ses import Ses
from tests.integration.delivery.test_send_mail import raises, timeout
from tests.support.builders import announced, change, document, envelope
from tests.support.consoles import PREFIX, FakeBoard, report, standing
from tests.support.fake_hub import FakeHub
from tests.support.seen import filled, seen
from tests.unit.console.test_overview import in_days

pytestmark = pytest.mark.usefixtures("when_samples_were_written")

AGAIN = {"verb": "reannounce", "id": "CHG-1", "customer": "acme"}
RESUME = AGAIN | {"verb": "resume"}
PEOPLE = ["ana@acme.example", "ben@acme.example"]


@pytest.fixture
def noted(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> FakeHub:
    """A hub that knows CHG-1."""
    monkeypatch.setattr(repairing, "bus_causes", lambda *_: {})
    announce(document(), hub=hub)
    return hub


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """acme's account, in which CHG-1 is paused before anybody is mailed."""
    made = Account(ses=Ses(contacts={"announcements": PEOPLE}))
    made.announce(envelope(announced(change())))
    made.plan()
    pause(made.ledger, made.run("CHG-1").run, PauseRun(PauseCode.LIST_GROWTH, "it grew"), 1.0)
    opened: Any = SimpleNamespace(
        customer=SimpleNamespace(code="acme"), outputs={}, ledger=lambda: made.ledger
    )
    monkeypatch.setattr(repairing, "enter", lambda *_: opened)
    return made


def test_a_customer_that_heard_nothing_is_announced_to_again(
    browser: TestClient, board: FakeBoard, noted: FakeHub
) -> None:
    board.shown = [standing(states={"acme": "no_route", "globex": "sent"})]
    assert any("/repair?verb=reannounce" in href for href in seen(browser).values("href"))
    assert "announced again to acme alone" in seen(browser, "repair", **AGAIN).text
    assert len(noted.events.entries) == 1
    assert browser.post("repair/do", data=filled(browser, AGAIN)).url.path == f"/{PREFIX}/change"
    assert len(noted.events.entries) == 2
    assert [one["to"] for one in reannouncements(noted.table, "CHG-1")] == ["acme"]


def test_a_paused_run_goes_on_and_everybody_gets_the_mail(
    browser: TestClient, board: FakeBoard, noted: FakeHub, account: Account
) -> None:
    board.shown = [standing(states={"acme": "paused"})]
    assert any("/repair?verb=resume" in href for href in seen(browser).values("href"))
    text = seen(browser, "repair", **RESUME).text
    assert "Reason for the pause: it grew" in text
    account.settle()
    assert account.ses.mails == []
    browser.post("repair/do", data=filled(browser, RESUME))
    account.settle()
    assert sorted(mail.to for mail in account.ses.mails) == PEOPLE


@pytest.mark.usefixtures("noted", "account")
@pytest.mark.parametrize(
    ("fix", "offered"), [("changecast repair acme", 1), ("changecast repair acme2", 0)]
)
def test_where_a_repair_must_come_first_it_has_a_button(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch, fix: str, offered: int
) -> None:
    gone = broken("identity", "SES has no identity", fix)
    monkeypatch.setattr(repairing, "remaining_causes", lambda *_: [gone])
    page = seen(browser, "repair", **RESUME)
    assert f"Repair it first: {fix}" in page.text
    actions = [one for one in page.values("action") if one.endswith("/customers/repair/compare")]
    assert len(actions) == offered


def test_the_doctor_is_asked_with_a_button_where_it_knows_the_cause(
    browser: TestClient, board: FakeBoard
) -> None:
    board.shown = [standing(states={"acme": "paused", "globex": "failed"})]
    links = [one for one in seen(browser).values("href") if "look=1" in one]
    assert [one.rpartition("?")[2] for one in links] == ["code=acme&look=1"]


def test_a_run_that_is_not_paused_is_left_alone(
    browser: TestClient, noted: FakeHub, account: Account
) -> None:
    sent = filled(browser, RESUME)
    browser.post("repair/do", data=sent)
    again = browser.post("repair/do", data=sent)
    assert again.status_code == 400
    assert "is not paused at acme" in again.text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (AGAIN | {"verb": "repair"}, "no such repair"),
        (AGAIN | {"customer": "initech"}, "does not name initech (known: acme, globex)"),
        (AGAIN | {"customer": "amce"}, "does not name amce (did you mean &#39;acme&#39;? known"),
        (AGAIN | {"id": "CHG-9"}, "was announced from this hub"),
        ({}, "no such repair"),
    ],
)
def test_what_cannot_be_repaired_is_said(
    browser: TestClient, noted: FakeHub, asked: dict[str, str], said: str
) -> None:
    for answer in (browser.get("repair", params=asked), browser.post("repair/do", data=asked)):
        assert answer.status_code == 400
        assert said in answer.text
    assert len(noted.events.entries) == 1


def test_a_change_is_started_and_completed_without_a_document(
    browser: TestClient, noted: FakeHub
) -> None:
    def standing_of() -> str:
        return revisions(noted.table, "CHG-1")[-1].status

    first = seen(browser, "change", id="CHG-1")
    assert any("/repair?verb=start" in href for href in first.values("href"))
    assert (
        "revision 2 (Patch the hosts), in progress"
        in seen(browser, "repair", verb="start", id="CHG-1").text
    )
    assert standing_of() == "approved"
    browser.post("repair/do", data=filled(browser, {"verb": "start", "id": "CHG-1"}))
    assert standing_of() == "in_progress"
    assert "How it went" in seen(browser, "repair", verb="complete", id="CHG-1").text
    ended = filled(browser, {"verb": "complete", "id": "CHG-1"})
    browser.post("repair/do", data=ended | {"outcome": "All hosts are patched."})
    assert standing_of() == "completed"
    put = json.loads(noted.events.entries[-1]["Detail"])
    assert put["change"]["outcome"] == "All hosts are patched."


DISCARD = {"verb": "discard", "id": "CHG-1", "revision": "50"}


@pytest.mark.parametrize(
    ("fields", "chip"),
    [
        ({"state": "planned"}, "not announced here revision 50"),
        ({"state": "rejected", "reason": {"code": REVISION_JUMP, "message": "a jump"}},
         "parked revision 50"),
    ],
)  # fmt: skip
def test_a_revision_that_nobody_announced_is_discarded_after_its_change_is_typed(
    browser: TestClient,
    noted: FakeHub,
    monkeypatch: pytest.MonkeyPatch,
    fields: dict[str, Any],
    chip: str,
) -> None:
    monkeypatch.setattr("changecast.hub.tracking.discards.void_statuses", lambda *_: None)
    report(noted, "CHG-1", "acme", 50, updated_at="2027-01-16T08:06:00Z", **fields)
    page = seen(browser, "change", id="CHG-1")
    assert chip in page.text
    (button,) = (one for one in page.values("href") if "verb=discard" in one)
    assert button.endswith("id=CHG-1&revision=50")
    shown = seen(browser, "repair", **DISCARD).text
    assert "CHG-1 revision 50 becomes void. Customers told of this now: acme, globex" in shown
    for typed in ("", "CHG-11", "50"):
        refused = browser.post("repair/do", data=DISCARD | {"confirmed": typed})
        assert refused.status_code == 400
        assert "nothing was done" in refused.text
    assert discards(noted.table, "CHG-1") == []
    done = browser.post("repair/do", data=filled(browser, DISCARD) | {"confirmed": " CHG-1 "})
    assert done.url.path == f"/{PREFIX}/change"
    assert [one.revision for one in discards(noted.table, "CHG-1")] == [50]
    assert json.loads(noted.events.entries[-1]["Detail"])["discards"] == [50]


@pytest.mark.parametrize("revision", ["", "9", "-1", "1e3", "99999999", "²"])
def test_a_revision_that_nobody_knows_is_not_discarded(
    browser: TestClient, noted: FakeHub, revision: str
) -> None:
    asked = DISCARD | {"revision": revision, "confirmed": "CHG-1"}
    assert browser.get("repair", params=asked).status_code == 400
    assert browser.post("repair/do", data=asked).status_code == 400
    assert discards(noted.table, "CHG-1") == []


@pytest.fixture
def holding(monkeypatch: pytest.MonkeyPatch) -> Account:
    """acme's account, in which nobody knows whether CHG-1's mails went out."""
    made = Account(
        ses=Ses(contacts={"announcements": PEOPLE}), environment={"UNKNOWN_POLICY": "hold"}
    )
    made.announce(envelope(announced(change())))
    made.plan()
    made.ses.answer = raises(timeout())
    made.send()
    made.settle(65)
    made.ses.answer = lambda _: None
    opened: Any = SimpleNamespace(
        customer=SimpleNamespace(code="acme"), outputs={}, ledger=lambda: made.ledger
    )
    monkeypatch.setattr(repairing, "enter", lambda *_: opened)
    return made


@pytest.mark.parametrize(
    ("verb", "says", "state"),
    [("release", "get it twice", "SENT"), ("drop", "count as failed", "FAILED")],
)
def test_a_person_decides_about_held_recipients(
    browser: TestClient,
    board: FakeBoard,
    noted: FakeHub,
    holding: Account,
    verb: str,
    says: str,
    state: str,
) -> None:
    board.shown = [standing(states={"acme": "held"}, **in_days(3))]
    links = [one for one in seen(browser).values("href") if "/repair?" in one]
    assert [one.partition("verb=")[2][:7] for one in links] == ["release", "drop&id"]
    asked = AGAIN | {"verb": verb}
    shown = seen(browser, "repair", **asked).text
    assert "2 held recipients of CHG-1 revision 1 at acme" in shown
    assert says in shown
    assert "ana@" not in shown, "addresses are masked"
    assert set(holding.states("CHG-1").values()) == {"HELD"}
    sent = filled(browser, asked)
    browser.post("repair/do", data=sent)
    holding.settle()
    assert set(holding.states("CHG-1").values()) == {state}
    again = browser.post("repair/do", data=sent)
    assert again.status_code == 400
    assert "no recipient is held" in again.text


@pytest.mark.parametrize("verb", ["release", "drop"])
def test_who_is_held_since_the_page_was_shown_is_not_decided_about(
    browser: TestClient,
    noted: FakeHub,
    holding: Account,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
) -> None:
    asked = AGAIN | {"verb": verb}
    first = held(holding.ledger, holding.run("CHG-1"))[:1]
    with monkeypatch.context() as before:
        before.setattr(repairing, "held", lambda *_: first)
        sent = filled(browser, asked)
    for given in (sent, asked, asked | {"mark": "0123456789abcdef"}):
        refused = browser.post("repair/do", data=given)
        assert refused.status_code == 400
        assert "has changed since this page was shown" in refused.text
    holding.settle()
    assert set(holding.states("CHG-1").values()) == {"HELD"}


@pytest.mark.parametrize("verb", ["resume", "release"])
def test_a_revision_that_came_since_the_page_was_shown_is_left_alone(
    browser: TestClient, noted: FakeHub, request: pytest.FixtureRequest, verb: str
) -> None:
    paused = verb == "resume"
    made: Account = request.getfixturevalue("account" if paused else "holding")
    asked = AGAIN | {"verb": verb}
    sent = filled(browser, asked)
    made.ses.answer = raises(timeout())
    second = change(revision=2, customer_impact="The shop is down.", impact_level="outage")
    made.announce(envelope(announced(second, event_id=uuid4())))
    made.plan()
    if paused:
        newest = runs_of(made.ledger, "CHG-1")[-1]
        pause(made.ledger, newest.run, PauseRun(PauseCode.LIST_GROWTH, "again"), 1.0)
    else:
        made.send()
        made.settle(65)
    made.ses.answer = lambda _: None
    assert "revision 2" in seen(browser, "repair", **asked).text
    mails = len(made.ses.mails)
    refused = browser.post("repair/do", data=sent)
    assert refused.status_code == 400
    assert "has changed since this page was shown" in refused.text
    made.settle()
    assert len(made.ses.mails) == mails


@pytest.mark.parametrize(
    "asked",
    [AGAIN, {"verb": "start", "id": "CHG-1"}, {"verb": "complete", "id": "CHG-1"},
     {"verb": "discard", "id": "CHG-1", "revision": "1", "confirmed": "CHG-1"}],
    ids=lambda asked: asked["verb"],
)  # fmt: skip
def test_a_click_on_a_page_from_before_the_newest_revision_does_nothing(
    browser: TestClient, noted: FakeHub, asked: dict[str, str]
) -> None:
    sent = filled(browser, asked)
    announce(document(changeTitle="Patch the gateways"), hub=noted)
    for given in (sent, asked):
        refused = browser.post("repair/do", data=given)
        assert refused.status_code == 400
        assert "CHG-1" in refused.text
        assert "has changed since this page was shown" in refused.text
    assert len(noted.events.entries) == 2
    assert discards(noted.table, "CHG-1") == []
    assert browser.post("repair/do", data=filled(browser, asked)).status_code == 200
    assert len(noted.events.entries) == 3
