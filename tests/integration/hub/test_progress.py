"""Starting and completing a change without a document: the next revision, to the same people."""

from datetime import timedelta
from typing import Any

import pytest

from changecast.contract.change import Status
from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Announcement, Outcome, announce
from changecast.hub.announcing.discard import discard
from changecast.hub.announcing.progress import progress
from tests.support.builders import NOW, document
from tests.support.fake_hub import FakeHub, fake_hub


def put_on(hub: FakeHub, body: Any, **options: Any) -> Announcement:
    return announce(body, hub=hub, now=lambda: NOW, **options)


def moved(hub: FakeHub, status: Status, **given: Any) -> Announcement:
    return progress("CHG-1", status, hub=hub, given=given, now=lambda: NOW)


def events(hub: FakeHub) -> list[ChangeAnnounced]:
    return [ChangeAnnounced.model_validate_json(entry["Detail"]) for entry in hub.events.entries]


def test_the_same_customers_hear_that_it_has_started_and_how_it_ended() -> None:
    hub = fake_hub()
    put_on(hub, document())
    moved(hub, Status.IN_PROGRESS, actual_start=NOW)
    told = moved(
        hub, Status.COMPLETED, outcome="All hosts are patched.", actual_end=NOW + timedelta(hours=1)
    )
    first, started, completed = events(hub)
    assert [one.revision for one in events(hub)] == [1, 2, 3]
    assert started.customers == completed.customers == first.customers
    assert started.change.status is Status.IN_PROGRESS
    assert completed.change.model_dump() == first.change.model_dump() | {
        "revision": 3,
        "status": Status.COMPLETED,
        "prior_status": "in_progress",
        "outcome": "All hosts are patched.",
        "actual_start": NOW,
        "actual_end": NOW + timedelta(hours=1),
    }
    assert (told.outcome, told.revision) == (Outcome.ANNOUNCED, 3)


def test_typed_twice_it_is_the_same_revision() -> None:
    hub = fake_hub()
    put_on(hub, document())
    once = moved(hub, Status.COMPLETED, outcome="Done.")
    again = moved(hub, Status.COMPLETED, outcome="Done.")
    assert (once.revision, again.revision, again.outcome) == (2, 2, Outcome.ANNOUNCED_AGAIN)


def test_an_outcome_that_was_wrong_is_corrected_by_the_next_revision() -> None:
    hub = fake_hub()
    put_on(hub, document())
    moved(hub, Status.COMPLETED, outcome="Done.")
    corrected = moved(hub, Status.COMPLETED, outcome="Two hosts are still to do.")
    assert (corrected.revision, corrected.outcome) == (3, Outcome.ANNOUNCED)


def test_customers_with_an_event_each_keep_it() -> None:
    hub = fake_hub()
    put_on(hub, document(), confidential=True)
    moved(hub, Status.COMPLETED)
    completed = [one for one in events(hub) if one.revision == 2]
    assert sorted(one.customers for one in completed) == [("acme",), ("globex",)]


def test_a_revision_that_was_discarded_is_not_gone_on_from() -> None:
    hub = fake_hub()
    put_on(hub, document(version=1))
    put_on(hub, document(version=2, changeTitle="Never meant"))
    discard("CHG-1", 2, hub=hub)
    moved(hub, Status.COMPLETED)
    assert events(hub)[-1].change.title == events(hub)[0].change.title


def test_who_numbers_documents_elsewhere_is_warned() -> None:
    hub = fake_hub()
    put_on(hub, document(version=1))
    (warning,) = moved(hub, Status.COMPLETED).warnings
    assert "a higher version than" in warning


@pytest.mark.parametrize(
    ("before", "status", "code"),
    [
        ("cancelled", Status.COMPLETED, "status"),
        ("cancelled", Status.IN_PROGRESS, "status"),
        ("completed", Status.IN_PROGRESS, "status"),
        ("submitted", Status.COMPLETED, "status"),
    ],
)
def test_a_change_goes_on_only_from_where_it_can(before: str, status: Status, code: str) -> None:
    hub = fake_hub()
    put_on(hub, document(status=before))
    with pytest.raises(ContractError, match=before) as refused:
        moved(hub, status)
    assert refused.value.code == code
    assert len(events(hub)) == 1


def test_a_change_that_nobody_announced_is_refused() -> None:
    with pytest.raises(ContractError, match="no change 'CHG-1'"):
        moved(fake_hub(), Status.COMPLETED)


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"actual_start": NOW, "actual_end": NOW - timedelta(hours=1)}, "actual_end is before"),
        ({"outcome": "x" * 200_000}, "outcome"),
        ({"outcome": "\x00"}, "outcome"),
    ],
)
def test_what_cannot_stand_in_a_change_is_refused(given: dict[str, Any], path: str) -> None:
    hub = fake_hub()
    put_on(hub, document())
    with pytest.raises(ContractError) as refused:
        moved(hub, Status.COMPLETED, **given)
    assert path in f"{refused.value.path} {refused.value.message}"
    assert len(events(hub)) == 1


def test_a_change_without_a_valid_revision_is_not_called_unknown() -> None:
    hub = fake_hub()
    put_on(hub, document())
    discard("CHG-1", 1, hub=hub)
    with pytest.raises(ContractError, match="every revision of 'CHG-1' was discarded"):
        moved(hub, Status.IN_PROGRESS)
