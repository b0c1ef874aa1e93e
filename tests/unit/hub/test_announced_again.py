"""What an account makes of the same file announced again: already done, and never a rejection."""

import json
from typing import Any

import pytest

from changecast.contract.change_announced import ChangeAnnounced, parse_announced
from changecast.customer.ledger.schema import Run, run_id
from changecast.customer.mailing import Mailing
from changecast.customer.planning.decision import AlreadyDone, Superseded, decide, fingerprint_for
from changecast.hub.announcing.announce import announce
from changecast.hub.tracking.completeness import fact_of
from changecast.hub.tracking.findings import Cause
from changecast.hub.tracking.revisions import revisions
from changecast.lambdas.bus import NotPut
from tests.support.builders import SAMPLES, document, envelope, registered, sample
from tests.support.fake_hub import FakeHub, fake_hub


def received(hub: FakeHub) -> list[ChangeAnnounced]:
    """What the accounts read, in the order in which it was put."""
    found = [ChangeAnnounced.model_validate_json(one["Detail"]) for one in hub.events.entries]
    return [parse_announced(json.dumps(envelope(detail))).detail for detail in found]


def done(detail: ChangeAnnounced, code: str) -> Run:
    """The run of an announcement that an account has planned."""
    return Run(
        run=run_id(detail.change_id, detail.revision),
        change_id=detail.change_id,
        revision=detail.revision,
        event_id=str(detail.event_id),
        fingerprint=fingerprint_for(detail, code),
        kind="announcement",
        topic="announcements",
        material=True,
        started_at=1.0,
        trace_id="",
        complete=True,
    )


def decisions(hub: FakeHub, code: str) -> list[type]:
    runs: list[Run] = []
    found: list[type] = []
    for detail in received(hub):
        if code not in (*detail.customers, *detail.withdrawn):
            continue
        decision = decide(detail, code, runs, None)
        found.append(type(decision))
        if not isinstance(decision, AlreadyDone):
            runs = sorted([*runs, done(detail, code)], key=lambda run: run.revision)
    return found


@pytest.mark.parametrize("name", [path.stem for path in sorted(SAMPLES.glob("*.json"))])
@pytest.mark.parametrize("ways", [(False, False), (False, True), (True, False), (True, True)])
def test_every_sample_announced_twice_in_any_way_is_done_once(
    name: str, ways: tuple[bool, bool]
) -> None:
    hub = fake_hub()
    for confidential in ways:
        told = announce(sample(name), hub=hub, confidential=confidential)
    for code in told.customers:
        first, second = decisions(hub, code)
        assert (first, second) == (Mailing, AlreadyDone)


def test_all_files_in_order_and_again_mail_nobody_the_second_time() -> None:
    hub = fake_hub()
    names = [path.stem for path in sorted(SAMPLES.glob("*.json"))]
    for name in names:
        announce(sample(name), hub=hub)
    once = [*hub.events.entries]
    for name in names:
        announce(sample(name), hub=hub)
    assert len(hub.events.entries) > len(once)
    for change_id in {detail.change_id for detail in received(hub)}:
        for code in registered():
            first = decisions(_of_change(once, change_id), code)
            both = decisions(_of_change(hub.events.entries, change_id), code)
            assert set(both[len(first) :]) <= {AlreadyDone}


def _of_change(entries: list[dict[str, Any]], change_id: str) -> FakeHub:
    of_one = fake_hub()
    of_one.events.entries = [
        one for one in entries if f'"change_id":"{change_id}"' in one["Detail"]
    ]
    return of_one


def test_a_put_that_failed_and_was_tried_again_is_the_same_event() -> None:
    hub = fake_hub()
    hub.events.answers = ["MalformedDetail"]
    with pytest.raises(NotPut):
        announce(document(), hub=hub)
    announce(document(), hub=hub)
    announce(document(), hub=hub)
    assert decisions(hub, "acme") == [Mailing, AlreadyDone]


def test_an_older_file_announced_after_a_newer_one_is_superseded_where_it_never_came() -> None:
    hub = fake_hub()
    announce(document(version=1), hub=hub)
    announce(document(version=2, changeTitle="Two"), hub=hub)
    hub.events.entries.reverse()
    assert decisions(hub, "acme") == [Mailing, Superseded]


def before_an_upgrade(monkeypatch: pytest.MonkeyPatch, what: dict[str, object]) -> FakeHub:
    """A hub on which a version of ours that kept trailing blanks has announced a document."""
    hub = fake_hub()
    with monkeypatch.context() as then:
        then.setattr("changecast.hub.announcing.metadata.document.tidy", lambda text: text)
        then.setattr("changecast.hub.tracking.revisions.HASH_VERSION", 1)
        announce(what, hub=hub)
    for key, item in hub.table.items.items():
        if key[1].startswith("record#"):
            item["hash_version"] = 1
    return hub


@pytest.mark.parametrize("version", [None, 3, "7.0"])
def test_a_document_announced_before_an_upgrade_stays_its_revision(
    monkeypatch: pytest.MonkeyPatch, version: object
) -> None:
    what = document(version=version, customerImpact="Sessions drop.  \n")
    hub = before_an_upgrade(monkeypatch, what)
    first = received(hub)[0]
    told = announce(dict(reversed(what.items())), hub=hub)
    assert (told.outcome, told.revision) == ("announced_again", first.revision)
    assert decisions(hub, "acme") == [Mailing, AlreadyDone]
    assert fact_of(received(hub)[1], revisions(hub.table, "CHG-1")) is None


def test_another_document_after_an_upgrade_is_another_revision(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub = before_an_upgrade(monkeypatch, document(customerImpact="Sessions drop.  \n"))
    told = announce(document(customerImpact="Sessions stay."), hub=hub)
    assert (told.outcome, told.revision) == ("announced", 2)


def test_a_forged_event_of_a_revision_from_before_an_upgrade_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub = before_an_upgrade(monkeypatch, document())
    forged = received(hub)[0].model_copy(update={"metadata": document(changeTitle="Pay here")})
    fact = fact_of(forged, revisions(hub.table, "CHG-1"))
    assert fact is not None
    assert fact.cause is Cause.OTHER_CONTENT
