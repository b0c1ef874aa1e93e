"""Starting, completing and discarding where two persons announce: what the function does."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import announce
from changecast.hub.announcing.progress import progress
from changecast.hub.announcing.proposed import (
    STATUSES,
    Verb,
    announce_proposed,
    document_of,
    proposed_discard,
    proposed_status,
)
from changecast.hub.announcing.publish_approved import publish_approved
from changecast.hub.announcing.two_persons import (
    Proposal,
    approval_body,
    approval_key,
    digest,
    proposal_key,
    published_key,
    repeat_body,
    repeat_key,
)
from changecast.hub.tracking.discards import discards
from changecast.hub.tracking.revisions import reannouncements, revisions
from changecast.lambdas.bus import NotPut
from changecast_cli.announcing.proposing import verb_lines
from tests.support.builders import NOW, document
from tests.support.fake_hub import FakeHub
from tests.support.proposals import Bucket, two_person_hub

ALICE, BOB = "alice", "bob"


@pytest.fixture
def hub() -> FakeHub:
    """A hub where two persons announce, and where CHG-1 was announced before."""
    made = two_person_hub()
    announced(made, document())
    return made


def announced(hub: FakeHub, change: dict[str, Any], **options: Any) -> None:
    announce(change, hub=replace(hub, two_persons=None), now=lambda: NOW, **options)


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture(autouse=True)
def no_freezes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "changecast.hub.announcing.publish_approved.kept_objections", lambda _: lambda *_: ()
    )


def to_status(hub: FakeHub, verb: Verb, **given: Any) -> Proposal:
    known = progress("CHG-1", STATUSES[verb], hub=hub, given=given, dry_run=True)
    return proposed_status(verb, known, hub=hub, given=given, now=NOW)


def approved(bucket: Bucket, hub: FakeHub, proposal: Proposal) -> dict[str, Any]:
    bucket.put(proposal_key(ALICE, proposal.change_id), proposal.body)
    key = approval_key(ALICE, BOB, proposal.change_id)
    bucket.put(key, approval_body(digest(proposal.body), NOW))
    return publish_approved(cast(Any, bucket), "bucket", hub, {"key": key})


def waiting(bucket: Bucket) -> list[str]:
    """What lies in the bucket beside what was published."""
    return [key for key in bucket.objects if not key.startswith("published/")]


def put(hub: FakeHub) -> list[Any]:
    return [json.loads(entry["Detail"]) for entry in hub.events.entries]


def test_a_change_starts_and_completes_after_a_second_person_approves(
    hub: FakeHub, bucket: Bucket
) -> None:
    assert approved(bucket, hub, to_status(hub, Verb.START))["outcome"] == "announced"
    ending = to_status(hub, Verb.COMPLETE, outcome="All hosts are patched.", actual_end=NOW)
    assert approved(bucket, hub, ending)["revision"] == 3
    first, started, completed = put(hub)
    assert [one["change"]["status"] for one in (started, completed)] == ["in_progress", "completed"]
    assert completed["change"]["outcome"] == "All hosts are patched."
    assert completed["customers"] == first["customers"]
    assert completed["metadata"] == first["metadata"]
    record = revisions(hub.table, "CHG-1")[-1]
    assert (record.announced_by, record.approved_by) == (ALICE, BOB)
    assert record.approved_hash == digest(ending.body)
    assert waiting(bucket) == []


def test_two_approvals_complete_it_once(hub: FakeHub, bucket: Bucket) -> None:
    proposal = to_status(hub, Verb.COMPLETE)
    approved(bucket, hub, proposal)
    again = approved(bucket, hub, proposal)
    assert again["outcome"] == "announced_again"
    assert len(put(hub)) == 2


def test_a_function_that_failed_before_it_put_goes_on(hub: FakeHub, bucket: Bucket) -> None:
    proposal = to_status(hub, Verb.COMPLETE)
    hub.events.answers = ["NotAuthorized"]
    with pytest.raises(NotPut):
        approved(bucket, hub, proposal)
    assert len(put(hub)) == 1
    assert approved(bucket, hub, proposal)["revision"] == 2
    assert [one["revision"] for one in put(hub)] == [1, 2]


def test_the_same_status_proposed_again_is_the_same_revision(hub: FakeHub, bucket: Bucket) -> None:
    for _ in range(2):
        approved(bucket, hub, to_status(hub, Verb.START))
    assert {one["revision"] for one in put(hub)} == {1, 2}


def test_a_confidential_change_stays_one(bucket: Bucket) -> None:
    hub = two_person_hub()
    announced(hub, document(), confidential=True)
    proposal = to_status(hub, Verb.COMPLETE)
    assert proposal.confidential
    approved(bucket, hub, proposal)
    told = [one["customers"] for one in put(hub) if one["revision"] == 2]
    assert sorted(told) == [["acme"], ["globex"]]
    refused = approved(bucket, hub, replace(proposal, confidential=False))
    assert refused["refused"]["code"] == "other_effect"


Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["change"].update(title="Another title"),
        lambda content: content["change"].update(status="cancelled"),
        lambda content: content["change"].update(revision=7),
        lambda content: content["change"]["window"].update(end="2031-01-01T00:00:00Z"),
        lambda content: content["metadata"].update(changeTitle="Another title"),
    ],
)
def test_a_proposal_tells_nothing_but_the_status_and_how_it_ended(
    hub: FakeHub, bucket: Bucket, change: Change
) -> None:
    proposal = to_status(hub, Verb.COMPLETE)
    content = json.loads(proposal.document)
    change(content)
    changed = replace(proposal, document=json.dumps(content))
    assert approved(bucket, hub, changed)["refused"]["code"] == "other_effect"
    assert len(put(hub)) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"customers": ("acme",)},
        {"verb": "start"},
        {"revision": 3},
        {"test": True},
        {"verb": "discard"},
        {"verb": "nothing"},
        {"document": "{}"},
        {"document": "[]"},
        {"document": '{"change": 1, "metadata": {}, "void": []}'},
    ],
)
def test_what_is_not_what_the_hub_would_do_is_refused(
    hub: FakeHub, bucket: Bucket, changed: dict[str, Any]
) -> None:
    proposal = replace(to_status(hub, Verb.COMPLETE), **changed)
    said = approved(bucket, hub, proposal)
    assert said["refused"]["code"] in {"other_effect", "proposal", "unknown_revision"}
    assert len(put(hub)) == 1


def test_what_was_announced_since_is_proposed_again(hub: FakeHub, bucket: Bucket) -> None:
    proposals = [to_status(hub, Verb.COMPLETE), proposed_discard("CHG-1", 1, hub=hub, now=NOW)]
    announced(hub, document(changeTitle="Another title"))
    for proposal in proposals:
        assert approved(bucket, hub, proposal)["refused"]["code"] == "other_effect"
    assert len(put(hub)) == 2


def test_a_revision_becomes_void_after_a_second_person_approves(
    hub: FakeHub, bucket: Bucket
) -> None:
    announced(hub, document(changeTitle="Never meant", customers=["acme"]))
    proposal = proposed_discard("CHG-1", 2, hub=hub, now=NOW)
    assert [*verb_lines(proposal)] == ["discard: revision 2 becomes void, revision 1 applies again"]
    assert document_of(proposal, hub).change.title != "Never meant"
    assert discards(hub.table, "CHG-1") == []
    said = approved(bucket, hub, proposal)
    assert (said["outcome"], said["revision"]) == ("discarded", 2)
    (note,) = discards(hub.table, "CHG-1")
    assert (note.revision, note.discarded_by, note.approved_by) == (2, ALICE, BOB)
    assert note.approved_hash == digest(proposal.body)
    *_, last = put(hub)
    assert (last["revision"], last["discards"]) == (1, [2])
    assert last["customers"] == ["acme", "globex"]


def test_another_revision_than_both_saw_does_not_stand(hub: FakeHub, bucket: Bucket) -> None:
    announced(hub, document(changeTitle="Never meant"))
    proposal = proposed_discard("CHG-1", 2, hub=hub, now=NOW)
    announced(hub, document(changeTitle="By one person"))
    assert approved(bucket, hub, proposal)["refused"]["code"] == "other_effect"
    assert discards(hub.table, "CHG-1") == []


def test_the_only_revision_becomes_void_and_nobody_is_told(hub: FakeHub, bucket: Bucket) -> None:
    proposal = proposed_discard("CHG-1", 1, hub=hub, now=NOW)
    assert "no other revision applies" in " ".join(verb_lines(proposal))
    with pytest.raises(ContractError) as error:
        document_of(proposal, hub)
    assert error.value.code == "nothing_stands"
    assert approved(bucket, hub, proposal)["customers"] == ()
    assert [one.revision for one in discards(hub.table, "CHG-1")] == [1]
    assert len(put(hub)) == 1


def test_without_an_approval_nothing_is_done(hub: FakeHub) -> None:
    announced(hub, document(changeTitle="Another title"))
    for proposal in (
        to_status(hub, Verb.COMPLETE),
        proposed_discard("CHG-1", 2, hub=hub, now=NOW),
    ):
        with pytest.raises(ContractError) as error:
            announce_proposed(proposal, hub=hub)
        assert error.value.code == "two_persons"
    assert discards(hub.table, "CHG-1") == []
    assert len(put(hub)) == 2


def repeated(bucket: Bucket, hub: FakeHub, code: str, body: bytes | None = None) -> dict[str, Any]:
    key = repeat_key("carol", "CHG-1")
    bucket.put(key, repeat_body("CHG-1", code) if body is None else body)
    said = publish_approved(cast(Any, bucket), "bucket", hub, {"key": key})
    assert key not in bucket.objects
    return said


@pytest.mark.parametrize("confidential", [True, False])
def test_one_person_announces_again_what_two_approved_to_whom_it_names(
    bucket: Bucket, *, confidential: bool
) -> None:
    hub = two_person_hub()
    announced(hub, document(), confidential=confidential)
    approved(bucket, hub, to_status(hub, Verb.COMPLETE, outcome="Done."))
    before = [one for one in put(hub) if "globex" in one["customers"]][-1]
    said = repeated(bucket, hub, "globex")
    assert (said["outcome"], said["revision"]) == ("announced_again", 2)
    again = put(hub)[-1]
    assert again["customers"] == ["globex"]
    assert again["change"] == before["change"]
    assert again["reannounces"] == before["event_id"]
    assert again["announced_by"] == "carol"
    assert said["event_ids"] == (again["event_id"],)
    (note,) = reannouncements(hub.table, "CHG-1")
    assert (note["to"], note["announced_by"]) == ("globex", "carol")


def test_nobody_else_is_told_again(hub: FakeHub, bucket: Bucket) -> None:
    approved(bucket, hub, to_status(hub, Verb.START))
    told = len(put(hub))
    assert repeated(bucket, hub, "initech")["refused"]["code"] == "out_of_scope"
    for body in (b"", b"{}", b"[]", b"null", b'{"change_id": "CHG-1", "customer": 1}'):
        assert "refused" in repeated(bucket, hub, "", body), body
    assert len(put(hub)) == told


def test_what_the_table_says_now_is_not_announced_again(hub: FakeHub, bucket: Bucket) -> None:
    """A person who may write the hub's table does not choose what is repeated."""
    approved(bucket, hub, to_status(hub, Verb.START))
    announced(hub, document(changeTitle="By one person"))
    told = len(put(hub))
    assert repeated(bucket, hub, "acme")["refused"]["code"] == "not_published"
    other = bucket.objects[published_key("CHG-1", 2)]
    bucket.put(published_key("CHG-1", 3), other)
    assert repeated(bucket, hub, "acme")["refused"]["code"] == "other_effect"
    assert len(put(hub)) == told


def test_a_change_from_before_two_persons_is_proposed_again(hub: FakeHub, bucket: Bucket) -> None:
    said = repeated(bucket, hub, "acme")["refused"]
    assert said["code"] == "not_published"
    assert "changecast propose FILE" in said["message"]


def test_a_discard_keeps_nothing_to_announce_again(hub: FakeHub, bucket: Bucket) -> None:
    announced(hub, document(changeTitle="Never meant"))
    approved(bucket, hub, proposed_discard("CHG-1", 2, hub=hub, now=NOW))
    assert bucket.objects == {}
