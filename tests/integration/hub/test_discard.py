"""A revision that should never have been announced: void at the hub, and the change can go on."""

import json
from datetime import timedelta
from typing import Any

import pytest

from changecast.contract.change_announced import ChangeAnnounced, parse_announced
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Outcome, announce
from changecast.hub.announcing.discard import discard
from changecast.hub.announcing.reannounce import reannounce
from changecast.hub.tracking.queries import overdue, statuses
from changecast.hub.tracking.revisions import revisions
from changecast.hub.tracking.table import apply_report, open_status_rows
from changecast_cli.customers.open_changes import open_changes
from changecast_cli.main import run as run_command
from changecast_cli.watching.runs import run_of, strays
from tests.support.builders import NOW, announced, arrived, change, document, envelope, reported
from tests.support.fake_hub import FakeEvents, FakeHub, fake_hub

STRAY = 999_999


@pytest.fixture
def hub(table: Any) -> FakeHub:
    """The hub over moto's table."""
    fake = fake_hub()
    return FakeHub(table, FakeEvents(), fake.customers, fake.caller)  # type: ignore[arg-type]


def put_raw(table: Any, revision: int = STRAY, **fields: Any) -> None:
    """Somebody put an event by hand."""
    event = envelope(announced(change(revision=revision), **fields))
    open_status_rows(table, parse_announced(json.dumps(event)), NOW)


def details(hub: FakeHub) -> list[dict[str, Any]]:
    return [json.loads(entry["Detail"]) for entry in hub.events.entries]


def test_an_announcement_says_what_was_announced_before_it(hub: FakeHub) -> None:
    announce(document(), hub=hub)
    announce(document(customerImpact="None."), hub=hub)
    announce(document(customerImpact="None."), hub=hub)
    announce(document(version=202_701), hub=hub)
    assert [one["previous_revision"] for one in details(hub)] == [0, 1, 1, 2]


def test_a_discarded_stray_is_told_to_everybody_whom_the_change_names(hub: FakeHub) -> None:
    announce(document(), hub=hub)
    put_raw(hub.table, customers=["acme", "initech"])
    done = discard("CHG-1", STRAY, hub=hub)
    assert (done.told, done.untold) == (("acme", "globex"), ("initech",))
    again = details(hub)[-1]
    assert (again["revision"], again["discards"]) == (1, [STRAY])
    assert again["reannounces"] == details(hub)[0]["event_id"]


def test_each_customer_of_a_confidential_change_hears_of_a_discard_alone(hub: FakeHub) -> None:
    announce(document(), hub=hub, confidential=True)
    put_raw(hub.table)
    assert discard("CHG-1", STRAY, hub=hub).told == ("acme", "globex")
    heard = [(one["customers"], one["discards"]) for one in details(hub)[-2:]]
    assert heard == [(["acme"], [STRAY]), (["globex"], [STRAY])]


def test_a_discarded_revision_is_not_announced_again(hub: FakeHub) -> None:
    announce(document(), hub=hub)
    announce(document(changeTitle="Wrong"), hub=hub)
    discard("CHG-1", 2, hub=hub)
    assert reannounce("CHG-1", "acme", hub=hub).revision == 1
    again = details(hub)[-1]
    assert (again["customers"], again["discards"]) == (["acme"], [2])
    discard("CHG-1", 1, hub=hub)
    with pytest.raises(ContractError, match="every revision of 'CHG-1' is void"):
        reannounce("CHG-1", "acme", hub=hub)


def test_a_customer_that_leaves_is_withdrawn_from_the_revision_that_stands(hub: FakeHub) -> None:
    announce(document(), hub=hub)
    announce(document(changeTitle="Wrong"), hub=hub)
    discard("CHG-1", 2, hub=hub)
    for event in details(hub):
        row = envelope(ChangeAnnounced.model_validate(event))
        open_status_rows(hub.table, parse_announced(json.dumps(row)), NOW)
    assert [one.revision for one in open_changes(hub.table, "acme")] == [1]


def test_after_a_discard_the_same_document_is_the_next_revision(hub: FakeHub) -> None:
    announce(document(), hub=hub)
    put_raw(hub.table)
    discard("CHG-1", STRAY, hub=hub)
    again = announce(document(), hub=hub)
    assert (again.outcome, again.revision) == (Outcome.ANNOUNCED, 2)
    assert details(hub)[-1]["discards"] == [STRAY]
    assert announce(document(), hub=hub).revision == 2


def test_after_a_discard_a_document_with_a_version_wants_a_new_one(hub: FakeHub) -> None:
    announce(document(version=4), hub=hub)
    put_raw(hub.table)
    discard("CHG-1", STRAY, hub=hub)
    with pytest.raises(ContractError, match="set `version` to 5"):
        announce(document(version=4), hub=hub)
    assert announce(document(version=5), hub=hub).revision == 5


def test_a_number_that_was_discarded_is_never_used_again(hub: FakeHub) -> None:
    announce(document(), hub=hub)
    announce(document(customerImpact="None."), hub=hub)
    discard("CHG-1", 2, hub=hub)
    with pytest.raises(ContractError, match="revision 2 was discarded"):
        announce(document(version=2), hub=hub)
    assert announce(document(), hub=hub).revision == 3


def test_a_discarded_record_withdraws_nobody_and_is_no_older_revision(hub: FakeHub) -> None:
    announce(document(), hub=hub)
    announce(document(customers=["initech"], version=STRAY), hub=hub)
    discard("CHG-1", STRAY, hub=hub)
    again = announce(document(version=2), hub=hub)
    assert (again.revision, again.withdrawn) == (2, ())
    assert [one.revision for one in revisions(hub.table, "CHG-1")] == [1, 2, STRAY]


def test_nothing_above_the_last_revision_is_a_sentence_that_names_the_way_out(
    hub: FakeHub,
) -> None:
    announce(document(version=STRAY), hub=hub)
    with pytest.raises(ContractError, match=f"changecast discard CHG-1 --revision {STRAY}"):
        announce(document(customerImpact="None."), hub=hub)
    discard("CHG-1", STRAY, hub=hub)
    assert announce(document(customerImpact="None."), hub=hub).revision == 1


def test_what_nobody_knows_cannot_be_discarded(hub: FakeHub) -> None:
    announce(document(), hub=hub)
    with pytest.raises(ContractError, match="revision 7 of 'CHG-1' was never announced here"):
        discard("CHG-1", 7, hub=hub)
    assert len(hub.events.entries) == 1


def test_a_discard_of_a_change_without_a_record_waits_for_the_announcement(hub: FakeHub) -> None:
    put_raw(hub.table)
    assert discard("CHG-1", STRAY, hub=hub).untold == ("acme", "globex")
    announce(document(), hub=hub)
    (first,) = details(hub)
    assert (first["revision"], first["discards"]) == (1, [STRAY])


def test_status_shows_the_revision_that_stands(hub: FakeHub) -> None:
    announce(document(), hub=hub)
    open_status_rows(hub.table, parse_announced(json.dumps(envelope(announced()))), NOW)
    put_raw(hub.table)
    assert strays(statuses(hub.table, "CHG-1"), revisions(hub.table, "CHG-1")) == [STRAY]
    assert run_of("CHG-1", statuses(hub.table, "CHG-1"))["revision"] == STRAY
    discard("CHG-1", STRAY, hub=hub)
    apply_report(hub.table, arrived(reported(revision=STRAY, state="failed")), "acme", NOW)
    assert run_of("CHG-1", statuses(hub.table, "CHG-1"))["revision"] == 1
    assert strays(statuses(hub.table, "CHG-1"), revisions(hub.table, "CHG-1")) == []
    due = [key["sk"] for key in overdue(hub.table, NOW + timedelta(days=1))]
    assert not [one for one in due if one.startswith(str(STRAY))]


def test_status_expects_nothing_of_a_discarded_revision(
    hub: FakeHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    announce(document(), hub=hub)
    announce(document(changeTitle="Wrong"), hub=hub)
    for event in details(hub):
        row = envelope(ChangeAnnounced.model_validate(event))
        open_status_rows(hub.table, parse_announced(json.dumps(row)), NOW)
    for code in ("acme", "globex"):
        apply_report(hub.table, arrived(reported(customer=code, state="sent")), code, NOW)
    discard("CHG-1", 2, hub=hub)
    monkeypatch.setattr("sys.argv", ["changecast", "status", "CHG-1", "--json"])
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    with pytest.raises(SystemExit) as stopped:
        run_command()
    found = json.loads(capsys.readouterr().out)["customers"]
    assert not stopped.value.code
    assert {(one["revision"], one["state"]) for one in found.values()} == {(1, "sent")}


def test_status_shows_the_revision_that_stands_where_a_stray_was_parked(hub: FakeHub) -> None:
    announce(document(), hub=hub)
    open_status_rows(hub.table, parse_announced(json.dumps(envelope(announced()))), NOW)
    put_raw(hub.table, customers=["acme"])
    reason = {"class": "rejected", "code": "revision_jump", "message": "m", "at": NOW}
    parked = reported(revision=STRAY, state="rejected", reason=reason)
    apply_report(hub.table, arrived(parked), "acme", NOW)
    assert run_of("CHG-1", statuses(hub.table, "CHG-1"))["customers"]["acme"]["revision"] == 1
