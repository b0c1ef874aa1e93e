"""What the function publishes: what one proposed and another approved, and nothing else."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest

from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import announce
from changecast.hub.announcing.publish_approved import publish_approved
from changecast.hub.announcing.two_persons import (
    Proposal,
    approval_body,
    approval_key,
    break_glass_key,
    digest,
    persons_in,
    proposal_key,
    published_key,
    stored_in,
)
from changecast.hub.tracking import history
from changecast.hub.tracking.revisions import revisions
from changecast_cli.announcing.proposing import proposal_for
from tests.support.builders import NOW
from tests.support.fake_hub import FakeHub
from tests.support.proposals import Bucket, two_person_hub
from tests.support.provider import document

ALICE, BOB = "alice", "bob"


@pytest.fixture
def hub() -> FakeHub:
    """A hub where two persons announce."""
    return two_person_hub()


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture(autouse=True)
def no_freezes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "changecast.hub.announcing.publish_approved.kept_objections", lambda _: lambda *_: ()
    )


@pytest.fixture
def alerts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What people are alerted of."""
    noted: list[Any] = []
    monkeypatch.setattr(history, "written", lambda _table, item, _condition: noted.append(item))
    return noted


def proposed(hub: FakeHub, change: dict[str, Any], reason: str = "") -> Proposal:
    body = json.dumps(change).encode()
    known = announce(body, hub=hub, dry_run=True)
    return proposal_for(body, known, {}, reason=reason)


def approved(bucket: Bucket, proposal: Proposal, by: str = BOB, of: str = ALICE) -> str:
    """Propose and approve; the key of the approval."""
    bucket.put(proposal_key(of, proposal.change_id), proposal.body)
    key = approval_key(of, by, proposal.change_id)
    bucket.put(key, approval_body(digest(proposal.body), NOW))
    return key


def publish(bucket: Bucket, hub: FakeHub, key: str) -> dict[str, Any]:
    return publish_approved(cast(Any, bucket), "bucket", hub, {"key": key})


def put(hub: FakeHub) -> list[Any]:
    return [json.loads(entry["Detail"]) for entry in hub.events.entries]


def test_what_was_approved_is_announced_in_the_proposers_name(hub: FakeHub, bucket: Bucket) -> None:
    proposal = proposed(hub, document())
    said = publish(bucket, hub, approved(bucket, proposal))
    assert (said["outcome"], said["revision"]) == ("announced", 1)
    (event,) = put(hub)
    assert event["announced_by"] == ALICE
    assert event["metadata"] == json.loads(proposal.document)
    (record,) = revisions(hub.table, proposal.change_id)
    assert (record.approved_by, record.approved_hash) == (BOB, digest(proposal.body))
    assert [*bucket.objects] == [published_key(proposal.change_id, 1)]
    assert bucket.objects[published_key(proposal.change_id, 1)] == proposal.body


def test_two_approvals_announce_once(hub: FakeHub, bucket: Bucket) -> None:
    proposal = proposed(hub, document())
    key = approved(bucket, proposal)
    kept = dict(bucket.objects)
    publish(bucket, hub, key)
    bucket.objects = kept  # both approved before the first was published
    again = publish(bucket, hub, key)
    assert again["outcome"] == "announced_again"
    assert len(put(hub)) == 1
    assert publish(bucket, hub, key)["refused"]["code"] in ("no_approval", "no_proposal")


@pytest.mark.parametrize("by", [ALICE, "Alice", "ALICE"])
def test_nobody_approves_their_own(hub: FakeHub, bucket: Bucket, by: str) -> None:
    key = approved(bucket, proposed(hub, document()), by=by)
    assert publish(bucket, hub, key)["refused"]["code"] == "same_person"
    assert put(hub) == []
    assert key not in bucket.objects


def test_a_proposal_that_changed_since_is_refused(hub: FakeHub, bucket: Bucket) -> None:
    change = document(customers=["acme"])
    key = approved(bucket, proposed(hub, change))
    other = proposed(hub, {**change, "customers": ["acme", "globex"]})
    bucket.put(proposal_key(ALICE, other.change_id), other.body)
    assert publish(bucket, hub, key)["refused"]["code"] == "other_proposal"
    assert put(hub) == []


def test_a_changed_option_is_another_proposal(hub: FakeHub, bucket: Bucket) -> None:
    proposal = proposed(hub, document())
    key = approved(bucket, proposal)
    for changed in ({"despite": "now"}, {"confidential": True}, {"notify_all": "all"}):
        bucket.put(proposal_key(ALICE, proposal.change_id), replace(proposal, **changed).body)
        bucket.put(key, approval_body(digest(proposal.body), NOW))
        assert publish(bucket, hub, key)["refused"]["code"] == "other_proposal"
    assert put(hub) == []


def test_what_would_tell_others_than_both_saw_is_refused(hub: FakeHub, bucket: Bucket) -> None:
    first, change = document(customers=["acme"], version=None), {}
    change = {**first, "customers": ["acme", "globex"], "changeTitle": "Another title"}
    proposal = proposed(hub, change)
    publish(bucket, hub, approved(bucket, proposed(hub, first)))
    refused = publish(bucket, hub, approved(bucket, proposal))["refused"]
    assert refused["code"] == "other_effect"
    assert len(put(hub)) == 1


@pytest.mark.parametrize(
    "key",
    [
        "", "approvals/alice/bob.json", "approvals/alice/carol/bob/CHG-1.json", "incoming/a.json",
        "approvals//bob/CHG-1.json", "approvals/a/bob/CHG-1.json", "approvals/al ice/bob/C.json",
        "break-glass/CHG-1.json", "break-glass/alice/bob/CHG-1.json", "approvals/al*ce/bob/C.json",
        "proposals/alice/CHG-1.json", "approvals/alice/bob/CHG-1",
    ],
)  # fmt: skip
def test_a_key_of_another_form_publishes_nothing(hub: FakeHub, bucket: Bucket, key: str) -> None:
    proposal = proposed(hub, document())
    bucket.put(key, proposal.body)
    bucket.put("proposals/alice/CHG-1.json", proposal.body)
    assert publish(bucket, hub, key)["refused"]["code"] == "approval"
    assert put(hub) == []


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"\xff", b'{"sha256": 1}', b'{"sha256": "abc"}']
)
def test_an_approval_without_a_hash_publishes_nothing(
    hub: FakeHub, bucket: Bucket, body: bytes
) -> None:
    key = approved(bucket, proposed(hub, document()))
    bucket.put(key, body)
    assert "refused" in publish(bucket, hub, key)
    assert put(hub) == []


def spoilt(proposal: Proposal) -> Iterator[bytes]:
    """Bodies that are no proposal."""
    whole = json.loads(proposal.body)
    yield from (b"", b"[]", b"{}", b"null", b'{"document": 1}')
    yield json.dumps({**whole, "more": 1}).encode()
    yield json.dumps({**whole, "test": "no"}).encode()
    yield json.dumps({**whole, "revision": True}).encode()
    yield json.dumps({**whole, "customers": "acme"}).encode()
    yield json.dumps({**whole, "customers": [1]}).encode()
    yield json.dumps({name: value for name, value in whole.items() if name != "past"}).encode()


def test_what_is_no_proposal_is_refused(hub: FakeHub, bucket: Bucket) -> None:
    proposal = proposed(hub, document())
    for body in spoilt(proposal):
        key = approved(bucket, proposal)
        bucket.put(proposal_key(ALICE, proposal.change_id), body)
        bucket.put(key, approval_body(digest(body), NOW))
        assert "refused" in publish(bucket, hub, key), body
    assert put(hub) == []


def test_a_proposal_is_read_as_it_was_written(hub: FakeHub, bucket: Bucket) -> None:
    proposal = replace(proposed(hub, document()), withdrawn=("globex",), past="é\u2028", test=True)
    key = proposal_key(ALICE, "CHG/1 ä")
    bucket.put(key, proposal.body)
    found = stored_in(cast(Any, bucket), "bucket", key)
    assert (found.proposal, found.person) == (proposal, ALICE)
    assert found.sha256 == digest(proposal.body)
    assert persons_in(approval_key(ALICE, BOB, "CHG/1 ä")) == (ALICE, BOB)


def test_an_invalid_document_is_refused_with_its_faults(hub: FakeHub, bucket: Bucket) -> None:
    proposal = proposed(hub, document())
    broken = replace(proposal, document=json.dumps(document(customers=["nobody"])))
    said = publish(bucket, hub, approved(bucket, broken))["refused"]
    ((path, message),) = said["faults"]
    assert path == "$.customers[0]"
    assert "customer 'nobody' is not registered" in message
    assert put(hub) == []


def test_one_person_announces_in_an_emergency_and_people_are_alerted(
    hub: FakeHub, bucket: Bucket, alerts: list[Any]
) -> None:
    proposal = proposed(hub, document(), reason=" The site\nis down. ")
    key = break_glass_key(ALICE, proposal.change_id)
    bucket.put(key, proposal.body)
    assert publish(bucket, hub, key)["outcome"] == "announced"
    (record,) = revisions(hub.table, proposal.change_id)
    assert (record.break_glass, record.approved_by) == ("The site is down.", "")
    (fact,) = alerts
    assert fact["cause"] == "break_glass"
    assert "alice announced the change alone" in fact["message"]
    assert [*bucket.objects] == [published_key(proposal.change_id, 1)]
    assert bucket.objects[published_key(proposal.change_id, 1)] == proposal.body


@pytest.mark.usefixtures("alerts")
def test_what_one_person_announced_alone_waits_for_no_approval_any_more(
    hub: FakeHub, bucket: Bucket
) -> None:
    change = document()
    open_, alone = proposed(hub, change), proposed(hub, change, reason="It is down.")
    bucket.put(proposal_key(ALICE, open_.change_id), open_.body)
    bucket.put(proposal_key(BOB, open_.change_id), open_.body)
    bucket.put(break_glass_key(ALICE, alone.change_id), alone.body)
    publish(bucket, hub, break_glass_key(ALICE, alone.change_id))
    assert len(put(hub)) == 1
    assert {*bucket.objects} == {
        published_key(alone.change_id, 1), proposal_key(BOB, open_.change_id)
    }  # fmt: skip


@pytest.mark.usefixtures("alerts")
@pytest.mark.parametrize("another", [{"verb": "discard"}, {"revision": 7}, {"verb": "start"}])
def test_another_proposal_of_that_person_still_waits(
    hub: FakeHub, bucket: Bucket, another: dict[str, Any]
) -> None:
    change = document()
    alone = proposed(hub, change, reason="It is down.")
    waits = replace(proposed(hub, change), **another).body
    bucket.put(proposal_key(ALICE, alone.change_id), waits)
    bucket.put(break_glass_key(ALICE, alone.change_id), alone.body)
    publish(bucket, hub, break_glass_key(ALICE, alone.change_id))
    assert bucket.objects[proposal_key(ALICE, alone.change_id)] == waits


@pytest.mark.usefixtures("alerts")
@pytest.mark.parametrize("body", [b"", b"{}", b"[]"])
def test_what_is_no_proposal_does_not_stop_an_emergency(
    hub: FakeHub, bucket: Bucket, body: bytes
) -> None:
    alone = proposed(hub, document(), reason="It is down.")
    bucket.put(proposal_key(ALICE, alone.change_id), body)
    bucket.put(break_glass_key(ALICE, alone.change_id), alone.body)
    assert publish(bucket, hub, break_glass_key(ALICE, alone.change_id))["outcome"] == "announced"


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 1_001])
def test_nobody_announces_alone_without_a_reason(hub: FakeHub, bucket: Bucket, reason: str) -> None:
    proposal = proposed(hub, document(), reason=reason)
    key = break_glass_key(ALICE, proposal.change_id)
    bucket.put(key, proposal.body)
    assert publish(bucket, hub, key)["refused"]["code"] == "break_glass"
    assert put(hub) == []


def test_nothing_else_puts_anything(hub: FakeHub) -> None:
    with pytest.raises(ContractError) as error:
        announce(document(), hub=hub)
    assert error.value.code == "two_persons"
    assert put(hub) == []
    assert hub.table.items == {}
    assert announce(document(), hub=hub, dry_run=True).revision == 1
