"""announce(): what is checked, what is reserved, what is put, and what happens when it fails."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.envelope import EVENT_LIMIT, entry_size
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Announcement, Outcome, announce
from changecast.hub.announcing.metadata import MetadataFault
from changecast.hub.tracking.revisions import Record, revisions
from changecast.lambdas.bus import NotPut
from tests.support.builders import NOW, document, registered, sample
from tests.support.fake_hub import FakeHub, fake_hub


def put_on(hub: FakeHub, what: Any, **options: Any) -> Announcement:
    return announce(what, hub=hub, now=lambda: NOW, **options)


def details(hub: FakeHub) -> list[ChangeAnnounced]:
    return [ChangeAnnounced.model_validate_json(entry["Detail"]) for entry in hub.events.entries]


def records(hub: FakeHub) -> list[Record]:
    return revisions(hub.table, "CHG-1")


def test_one_event_goes_to_the_hub_bus_with_the_whole_document() -> None:
    hub = fake_hub()
    what = document(version=3, unknownKey={"kept": [1, None]})
    told = put_on(hub, what)
    (entry,) = hub.events.entries
    (detail,) = details(hub)
    assert (entry["Source"], entry["DetailType"]) == ("changecast.changes", "ChangeAnnounced")
    assert entry["EventBusName"] == "changecast-hub"
    assert (told.outcome, told.revision) == (Outcome.ANNOUNCED, 3)
    assert told.event_ids == (str(detail.event_id),)
    assert (told.customers, told.withdrawn) == (("acme", "globex"), ())
    assert (detail.customers, detail.withdrawn) == (("acme", "globex"), ())
    assert detail.metadata == what
    assert detail.announced_by == "arn:aws:iam::111111111111:user/maria"
    assert (detail.announced_at, detail.correlation_id) == (NOW, "CHG-1/3")
    assert (detail.test, detail.reannounces) == (False, None)


def test_the_trace_header_is_the_traceparent_in_x_rays_words() -> None:
    hub = fake_hub()
    told = put_on(hub, document())
    (detail,) = details(hub)
    version, trace, parent, flags = str(detail.traceparent).split("-")
    assert (version, flags, len(trace), len(parent)) == ("00", "01", 32, 16)
    assert int(trace[:8], 16) == int(NOW.timestamp())
    root = f"1-{trace[:8]}-{trace[8:]}"
    assert hub.events.entries[0]["TraceHeader"] == f"Root={root};Parent={parent};Sampled=1"
    assert told.trace_id == root


def test_the_record_says_who_was_told_what_by_whom() -> None:
    hub = fake_hub()
    told = put_on(hub, document(version=3), announced_by="maria@provider.example")
    (record,) = records(hub)
    assert (record.revision, record.customers, record.withdrawn) == (3, ("acme", "globex"), ())
    assert (record.announced_by, record.title) == ("maria@provider.example", "Patch the hosts")
    assert (record.status, record.versioned) == ("approved", True)
    assert (record.announced_at, record.put_at) == ("2027-01-16T08:05:00Z",) * 2
    assert record.event_id == told.event_ids[0]


def test_unknown_customers_are_all_named_with_their_paths_before_anything_is_put() -> None:
    hub = fake_hub(registered("acme"))
    with pytest.raises(MetadataFault) as refused:
        put_on(hub, document(customers=["globex", "acme", "umbrella"]))
    assert [fault.path for fault in refused.value.faults] == ["$.customers[0]", "$.customers[2]"]
    assert "'umbrella' is not registered (known: acme)" in refused.value.faults[1].message
    assert (hub.events.calls, hub.table.items) == (0, {})


def test_names_become_codes_by_the_registry() -> None:
    hub = fake_hub()
    assert put_on(hub, sample("c-names-only")).customers == ("acme",)


@pytest.mark.parametrize(
    ("options", "outcome"), [({"dry_run": True}, Outcome.DRY_RUN), ({}, "draft")]
)
def test_a_dry_run_and_a_draft_leave_nothing_behind(options: Any, outcome: str) -> None:
    hub = fake_hub()
    status = "draft" if outcome == "draft" else "approved"
    told = put_on(hub, document(version=2, status=status), **options)
    assert (told.outcome, told.revision, told.event_ids) == (outcome, 2, ())
    assert (hub.events.calls, hub.table.items) == (0, {})


def test_the_same_document_again_is_the_same_revision_and_refers_to_its_first_event() -> None:
    for version in (None, 7):
        hub = fake_hub()
        first = put_on(hub, document(version=version))
        again = put_on(hub, document(version=version, modifications=[]))
        assert (first.outcome, again.outcome) == (Outcome.ANNOUNCED, Outcome.ANNOUNCED_AGAIN)
        assert again.revision == first.revision
        assert again.event_ids != first.event_ids
        assert str(details(hub)[1].reannounces) == first.event_ids[0]
        assert len(records(hub)) == 1


def test_other_content_without_a_version_is_the_next_revision() -> None:
    hub = fake_hub()
    titles = ["One", "Two", "Two", "Three"]
    assert [put_on(hub, document(changeTitle=title)).revision for title in titles] == [1, 2, 2, 3]


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_old_file_without_a_version_does_not_take_a_change_back(dry_run: bool) -> None:
    hub = fake_hub()
    for title in ("One", "Two", "Three"):
        put_on(hub, document(changeTitle=title))
    for title, revision in (("One", 1), ("Two", 2)):
        told = put_on(hub, document(changeTitle=title), dry_run=dry_run)
        assert (told.revision, told.newer, told.event_ids) == (revision, 3, ())
        advice = "Check whether this is an old file. To announce it anyway, set `version` to 4"
        assert advice in str(told.warnings)
    assert (len(hub.events.entries), len(records(hub))) == (3, 3)


def test_who_wants_the_old_content_back_gives_it_a_version() -> None:
    hub = fake_hub()
    for title in ("One", "Two"):
        put_on(hub, document(changeTitle=title))
    told = put_on(hub, document(changeTitle="One", version=3))
    assert (told.outcome, told.revision) == (Outcome.ANNOUNCED, 3)
    assert put_on(hub, document(changeTitle="One")).revision == 3


def test_another_customer_is_other_content() -> None:
    hub = fake_hub()
    put_on(hub, document(customers=["acme"]))
    told = put_on(hub, document(customers=["globex", "acme"]))
    assert (told.revision, told.withdrawn) == (2, ())
    assert put_on(hub, document(customers=["acme", "globex"])).revision == 2


@pytest.mark.parametrize(
    ("version", "code", "words"),
    [
        (3, "other_content", "3 was announced with other content or to .* set `version` to 4$"),
        (2, "older_revision", "2 is older than 3, .* If this is an old file, .* to 4$"),
    ],
)
def test_a_version_that_says_something_else_is_refused(version: int, code: str, words: str) -> None:
    hub = fake_hub()
    put_on(hub, document(version=3))
    with pytest.raises(ContractError, match=words) as refused:
        put_on(hub, document(version=version, changeTitle="Other"))
    assert (refused.value.code, refused.value.path) == (code, "$.version")
    assert (len(hub.events.entries), len(records(hub))) == (1, 1)


@pytest.mark.parametrize("dry_run", [True, False])
def test_an_older_revision_that_was_announced_is_not_put_again(dry_run: bool) -> None:
    hub = fake_hub()
    put_on(hub, document(version=3, customers=["acme", "globex"]))
    put_on(hub, document(version=4, customers=["acme"]))
    told = put_on(hub, document(version=3, customers=["acme", "globex"]), dry_run=dry_run)
    outcome = Outcome.DRY_RUN if dry_run else Outcome.OLDER
    assert (told.outcome, told.revision, told.newer) == (outcome, 3, 4)
    assert told.warnings[-1].startswith("revision 4 is newer, so nothing is sent")
    assert (told.event_ids, len(hub.events.entries)) == ((), 2)


def test_who_is_dropped_is_withdrawn_once_and_hears_of_it_again_only_with_that_revision() -> None:
    hub = fake_hub()
    put_on(hub, document(version=1, customers=["acme", "globex", "initech"]))
    dropped = put_on(hub, document(version=2, customers=["acme"]))
    later = put_on(hub, document(version=3, customers=["acme"], changeTitle="Later"))
    back = put_on(hub, document(version=4, customers=["acme", "globex"]))
    assert dropped.withdrawn == ("globex", "initech")
    assert (later.withdrawn, back.withdrawn) == ((), ())
    assert put_on(hub, document(version=2, customers=["acme"])).withdrawn == ("globex", "initech")


def test_after_a_failed_put_anybody_can_announce_the_revision_again() -> None:
    hub = fake_hub()
    hub.events.answers = ["MalformedDetail"]
    with pytest.raises(NotPut, match="MalformedDetail"):
        put_on(hub, document())
    assert [record.put_at for record in records(hub)] == [""]
    told = put_on(hub, document())
    assert (told.outcome, told.revision) == (Outcome.ANNOUNCED, 1)
    assert told.event_ids == (records(hub)[0].event_id,)
    assert details(hub)[0].reannounces is None
    assert records(hub)[0].put_at


def test_who_was_dropped_by_a_revision_that_never_went_out_is_dropped_by_the_next() -> None:
    hub = fake_hub()
    put_on(hub, document(version=1, customers=["acme", "globex"]))
    hub.events.answers = ["MalformedDetail"]
    with pytest.raises(NotPut):
        put_on(hub, document(version=2, customers=["acme", "initech"]))
    told = put_on(hub, document(version=3, customers=["acme"]))
    assert set(told.withdrawn) == {"globex", "initech"}


def test_two_at_once_with_other_content_get_different_revisions() -> None:
    hub = fake_hub()
    hub.table.before_put = [lambda: put_on(hub, document(changeTitle="Theirs"))]
    mine = put_on(hub, document(changeTitle="Mine"))
    assert mine.revision == 2
    assert [(one.revision, one.change.title) for one in details(hub)] == [
        (1, "Theirs"),
        (2, "Mine"),
    ]


def test_two_at_once_with_the_same_content_are_one_revision() -> None:
    hub = fake_hub()
    hub.table.before_put = [lambda: put_on(hub, document())]
    assert put_on(hub, document()).outcome is Outcome.ANNOUNCED_AGAIN
    assert {one.revision for one in details(hub)} == {1}


def test_two_at_once_with_one_version_and_other_content_the_second_is_refused() -> None:
    hub = fake_hub()
    hub.table.before_put = [lambda: put_on(hub, document(version=1, changeTitle="Theirs"))]
    with pytest.raises(ContractError) as refused:
        put_on(hub, document(version=1, changeTitle="Mine"))
    assert refused.value.code == "other_content"
    assert [one.change.title for one in details(hub)] == ["Theirs"]


def test_who_never_gets_a_revision_gives_up_with_a_reason() -> None:
    hub = fake_hub()

    def someone(number: int) -> Any:
        return lambda: put_on(hub, document(changeTitle=f"Theirs {number}"))

    hub.table.before_put = [step for number in range(5) for step in (someone(number), lambda: None)]
    with pytest.raises(ContractError, match="try again") as refused:
        put_on(hub, document(changeTitle="Mine"))
    assert refused.value.code == "busy"


def test_a_document_just_over_the_limit_is_refused_with_its_size_and_one_just_under_goes() -> None:
    hub = fake_hub()
    told = put_on(hub, document(note="x", changeId="CHG-0"))
    room = EVENT_LIMIT - entry_size(hub.events.entries[0])
    assert put_on(hub, document(note="x" * (room + 1))).revision == told.revision
    assert entry_size(hub.events.entries[1]) == EVENT_LIMIT
    with pytest.raises(ContractError, match=r"900,001 bytes, but the limit is 900,000") as refused:
        put_on(hub, document(note="x" * (room + 2), changeId="CHG-2"))
    assert refused.value.code == "too_large"
    assert len(hub.events.entries) == 2
    assert revisions(hub.table, "CHG-2") == []


def test_a_test_uses_up_no_revision_of_the_change() -> None:
    hub = fake_hub()
    trial = put_on(hub, document(version=3), test=True)
    assert (trial.change_id, trial.revision) == ("CHG-1:test", 3)
    assert details(hub)[0].test is True
    real = put_on(hub, document(version=3))
    assert (real.change_id, real.outcome) == ("CHG-1", Outcome.ANNOUNCED)
    assert details(hub)[1].test is False


def test_a_document_that_says_test_run_is_a_test() -> None:
    hub = fake_hub()
    assert put_on(hub, document(testRun=True)).change_id == "CHG-1:test"
    assert details(hub)[0].test is True


def test_a_test_of_a_test_is_the_same_test() -> None:
    hub = fake_hub()
    assert put_on(hub, document(changeId="CHG-1:test"), test=True).change_id == "CHG-1:test"
    assert put_on(hub, document(testRun=True), test=True).revision == 1


def test_a_real_change_cannot_be_announced_under_the_id_of_a_test() -> None:
    hub = fake_hub()
    with pytest.raises(ContractError, match="the id of a test") as refused:
        put_on(hub, document(changeId="CHG-1:test"))
    assert refused.value.code == "change_id"
    assert (hub.table.items, hub.events.entries) == ({}, [])


@pytest.mark.parametrize(
    ("who", "why"),
    [
        ("maria\nBcc: eve", "must be on one line, but contains U+000A"),
        ("x" * 2_001, "must have at most 2000 characters"),
        ("\ud800", "must be a valid string"),
    ],
)
def test_who_announces_is_one_line(who: str, why: str) -> None:
    hub = fake_hub()
    with pytest.raises(ContractError) as refused:
        put_on(hub, document(), announced_by=who)
    assert refused.value.code == "announced_by"
    assert f"the name in `announced_by` {why}" in str(refused.value)
    assert hub.table.items == {}


def test_times_are_those_of_the_clock_that_is_given() -> None:
    hub = fake_hub()
    announce(document(), hub=hub, now=lambda: datetime(2028, 1, 1, tzinfo=UTC))
    assert json.loads(hub.events.entries[0]["Detail"])["announced_at"] == "2028-01-01T00:00:00Z"
