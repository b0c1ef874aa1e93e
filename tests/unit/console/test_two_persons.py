"""Two persons in two consoles: one proposes, the other sees the hash and approves."""

import json
from dataclasses import replace
from typing import Any, cast

import pytest
from starlette.testclient import TestClient

from changecast.hub.announcing.announce import announce
from changecast.hub.announcing.proposed import proposed_discard
from changecast.hub.announcing.two_persons import proposal_key
from changecast.hub.tracking.discards import discards
from changecast.hub.tracking.revisions import revisions
from changecast_cli.console import repairing
from changecast_cli.console.application import application
from changecast_cli.console.guard import Door
from changecast_cli.console.state import Console
from tests.support.builders import NOW, document
from tests.support.consoles import OWN, PREFIX, FakeAws, FakeBoard
from tests.support.fake_hub import FakeHub
from tests.support.proposals import Publishing, two_person_hub
from tests.support.seen import Seen, filled


@pytest.fixture(autouse=True)
def no_freezes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "changecast.hub.announcing.publish_approved.kept_objections", lambda _: lambda *_: ()
    )
    monkeypatch.setattr(repairing, "bus_causes", lambda *_: {})


@pytest.fixture
def hub() -> FakeHub:
    return two_person_hub()


@pytest.fixture
def office(hub: FakeHub) -> Publishing:
    return Publishing(hub)


def desk(office: Publishing, door: Door, person: str, *, read_only: bool = False) -> TestClient:
    """A person's browser before their own console."""
    aws = FakeAws(replace(office.hub, caller=f"arn:aws:sts::1:assumed-role/any/{person}"), office)
    console = Console(cast(Any, aws), cast(Any, FakeBoard()), f"/{PREFIX}", read_only)
    client = TestClient(application(console, door), base_url=OWN, headers={"Origin": OWN})
    client.base_url = client.base_url.join(f"/{PREFIX}/")
    return client


def proposed(browser: TestClient, **fields: Any) -> Any:
    checked = browser.post("announce/check", data={"document": json.dumps(document(**fields))})
    draft = checked.url.params["draft"]
    assert "to propose revision 1" in Seen(checked.text).text
    return browser.post("announce/put", data={"draft": draft, "typed": "CHG-1"})


def test_one_proposes_and_another_approves_what_both_see(
    office: Publishing, door: Door, hub: FakeHub
) -> None:
    alice, bob = desk(office, door, "alice"), desk(office, door, "bob")
    page = Seen(proposed(alice).text)
    assert "nothing is announced yet" in page.text
    assert hub.events.entries == []
    (key,) = office.bucket.objects
    assert key == "proposals/alice/CHG-1.json"

    listed = bob.get("proposals")
    assert "alice" in Seen(listed.text).text
    plan = bob.get("proposals/proposal", params={"id": "CHG-1", "by": "alice"})
    seen = Seen(plan.text).text
    assert "Approving announces it" in seen
    (sha256,) = {word for word in seen.split() if len(word) == 64}
    assert sha256 in page.text

    draft = plan.url.params["draft"]
    done = bob.post("announce/put", data={"draft": draft, "typed": "CHG-1"})
    assert done.url.path == f"/{PREFIX}/change"
    assert len(hub.events.entries) == 1
    (record,) = revisions(hub.table, "CHG-1")
    assert (record.announced_by, record.approved_by) == ("alice", "bob")
    assert record.approved_hash == sha256
    bob.post("announce/put", data={"draft": draft, "typed": "CHG-1"})
    assert len(hub.events.entries) == 1, "a second click announces nothing"


def test_nobody_approves_their_own_and_a_second_click_proposes_once(
    office: Publishing, door: Door, hub: FakeHub
) -> None:
    alice = desk(office, door, "alice")
    first = proposed(alice)
    draft = first.url.params["draft"]
    again = alice.post("announce/put", data={"draft": draft, "typed": "CHG-1"})
    assert again.status_code == 200
    assert again.text == first.text
    plan = alice.get("proposals/proposal", params={"id": "CHG-1"})
    refused = alice.post("announce/put", data={"draft": plan.url.params["draft"], "typed": "CHG-1"})
    assert refused.status_code == 400
    assert "another person must approve it" in Seen(refused.text).text
    assert hub.events.entries == []


def test_a_proposal_that_changes_while_somebody_looks_is_refused(
    office: Publishing, door: Door, hub: FakeHub
) -> None:
    alice, bob = desk(office, door, "alice"), desk(office, door, "bob")
    proposed(alice)
    plan = bob.get("proposals/proposal", params={"id": "CHG-1"})
    proposed(alice, customers=["globex"])
    refused = bob.post("announce/put", data={"draft": plan.url.params["draft"], "typed": "CHG-1"})
    assert refused.status_code == 400
    assert "changed the proposal" in Seen(refused.text).text
    assert hub.events.entries == []


def test_a_console_that_reads_only_offers_no_approval(
    office: Publishing, door: Door, hub: FakeHub
) -> None:
    proposed(desk(office, door, "alice"))
    bob = desk(office, door, "bob", read_only=True)
    plan = bob.get("proposals/proposal", params={"id": "CHG-1"})
    assert "it cannot announce" in Seen(plan.text).text
    data = {"draft": plan.url.params["draft"], "typed": "CHG-1"}
    assert bob.post("announce/put", data=data).status_code == 403
    assert hub.events.entries == []


def test_the_approver_sees_every_option(office: Publishing, door: Door) -> None:
    alice, reason = desk(office, door, "alice"), "The freeze ends <soon>"
    data = {"document": json.dumps(document()), "despite": reason, "confidential": "on"}
    draft = alice.post("announce/check", data=data).url.params["draft"]
    alice.post("announce/put", data={"draft": draft, "typed": "CHG-1"})
    plan = desk(office, door, "bob").get("proposals/proposal", params={"id": "CHG-1"})
    seen = Seen(plan.text).text
    assert f"--despite: {reason}" in seen
    assert "--confidential" in seen


def test_without_proposals_the_page_says_how_to_make_one(office: Publishing, door: Door) -> None:
    page = Seen(desk(office, door, "alice").get("proposals").text)
    assert "No proposal is waiting" in page.text
    missing = desk(office, door, "bob").get("proposals/proposal", params={"id": "CHG-9"})
    assert missing.status_code == 400


def test_a_change_is_completed_by_two_persons(office: Publishing, door: Door, hub: FakeHub) -> None:
    announce(document(status="in_progress"), hub=replace(hub, two_persons=None))
    alice, bob = desk(office, door, "alice"), desk(office, door, "bob")
    asked = {"verb": "complete", "id": "CHG-1", "customer": ""}
    shown = alice.get("repair", params=asked)
    assert "nobody is told until another person approves it" in Seen(shown.text).text.lower()
    done = alice.post(
        "repair/do", data={**filled(alice, asked), "outcome": "All <b>hosts</b> are patched."}
    )
    assert done.url.path == f"/{PREFIX}/proposals"
    assert "complete" in Seen(done.text).text
    assert len(hub.events.entries) == 1

    plan = bob.get("proposals/proposal", params={"id": "CHG-1"})
    seen = Seen(plan.text).text
    assert "complete: the change becomes completed" in seen
    assert "outcome: All <b>hosts</b> are patched." in seen
    bob.post("announce/put", data={"draft": plan.url.params["draft"], "typed": "CHG-1"})
    (_, last) = hub.events.entries
    assert json.loads(last["Detail"])["change"]["status"] == "completed"
    assert [*office.bucket.objects] == ["published/CHG-1/2.json"]

    again = {"verb": "reannounce", "id": "CHG-1", "customer": "globex"}
    assert "globex alone" in Seen(alice.get("repair", params=again).text).text
    alice.post("repair/do", data=filled(alice, again))
    assert json.loads(hub.events.entries[-1]["Detail"])["customers"] == ["globex"]


def test_a_discard_is_proposed_with_a_typed_confirmation(
    office: Publishing, door: Door, hub: FakeHub
) -> None:
    alone = replace(hub, two_persons=None)
    announce(document(), hub=alone)
    announce(document(changeTitle="Never meant"), hub=alone)
    alice, asked = desk(office, door, "alice"), {"verb": "discard", "id": "CHG-1", "revision": "2"}
    shown = Seen(alice.get("repair", params=asked).text).text
    assert "Type CHG-1 to propose it" in shown
    assert "another person approves it" in shown
    assert alice.post("repair/do", data=asked).status_code == 400
    assert [*office.bucket.objects] == []
    done = alice.post("repair/do", data={**filled(alice, asked), "confirmed": "CHG-1"})
    assert done.url.path == f"/{PREFIX}/proposals"
    assert discards(hub.table, "CHG-1") == []
    bob = desk(office, door, "bob")
    plan = bob.get("proposals/proposal", params={"id": "CHG-1"})
    bob.post("announce/put", data={"draft": plan.url.params["draft"], "typed": "CHG-1"})
    assert [(one.revision, one.approved_by) for one in discards(hub.table, "CHG-1")] == [(2, "bob")]


def test_one_person_announces_alone_once_for_a_reason(
    office: Publishing, door: Door, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts: list[Any] = []
    monkeypatch.setattr(
        "changecast.hub.announcing.publish_approved.note_break_glass",
        lambda *_, **said: alerts.append((said["person"], said["reason"])),
    )
    carol = desk(office, door, "carol")
    checked = carol.post("announce/check", data={"document": json.dumps(document())})
    assert "announce it alone" in Seen(checked.text).text
    given = {"draft": checked.url.params["draft"], "typed": "CHG-1"}
    for wrong in ({"reason": " "}, {}, {"reason": "It burns.", "typed": "CHG-2"}):
        refused = carol.post("announce/alone", data=given | wrong)
        assert refused.status_code == 400
        assert "nothing was announced" in refused.text
    assert hub.events.entries == []
    for _ in range(2):
        done = carol.post("announce/alone", data=given | {"reason": "It <b>burns</b>."})
        assert done.url.path == f"/{PREFIX}/change"
    assert len(hub.events.entries) == 1
    (record,) = revisions(hub.table, "CHG-1")
    assert (record.announced_by, record.approved_by) == ("carol", "")
    assert alerts == [("carol", "It <b>burns</b>.")]
    text = Seen(carol.get("change", params={"id": "CHG-1"}).text).text
    assert "announced alone, without approval: It <b>burns</b>." in text


def test_nobody_announces_another_persons_proposal_alone_by_a_button(
    office: Publishing, door: Door
) -> None:
    own = proposed(desk(office, door, "alice"))
    assert "announce it alone" in Seen(own.text).text
    bob = desk(office, door, "bob").get("proposals/proposal", params={"id": "CHG-1"})
    assert "announce it alone" not in Seen(bob.text).text


def test_a_discard_shows_what_stands_again_before_it_is_approved(
    office: Publishing, door: Door, hub: FakeHub
) -> None:
    alone = replace(hub, two_persons=None)
    announce(document(), hub=alone)
    announce(document(changeTitle="Never meant"), hub=alone)
    made = proposed_discard("CHG-1", 2, hub=hub, now=NOW)
    office.bucket.put(proposal_key("alice", "CHG-1"), made.body)
    bob = desk(office, door, "bob")
    plan = bob.get("proposals/proposal", params={"id": "CHG-1"})
    assert "revision 2 becomes void, revision 1 applies again" in Seen(plan.text).text
    assert "Never meant" not in Seen(plan.text).text
    bob.post("announce/put", data={"draft": plan.url.params["draft"], "typed": "CHG-1"})
    assert [one.approved_by for one in discards(hub.table, "CHG-1")] == ["bob"]
