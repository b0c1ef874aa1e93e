"""A customer's freeze and notice hold, unless somebody says why they do not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from changecast.contract.change import Window
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Announcement, announce
from changecast.hub.tracking.freezes import (
    CustomerFreezes,
    FrozenTime,
    in_freeze,
    objections_to,
)
from changecast.hub.tracking.revisions import revisions
from tests.support.builders import document
from tests.support.fake_hub import FakeHub, fake_hub

FROZEN = datetime(2027, 1, 20, tzinfo=UTC)
MOVED = {
    "implementationStart": "2027-01-20T20:00:00Z",
    "implementationEnd": "2027-01-20T21:00:00Z",
}


def acme_objects(code: str, window: Window) -> list[str]:
    """Acme is frozen on one day; acme2 and globex are not."""
    frozen = code == "acme" and window.start.date() == FROZEN.date()
    return ["in the freeze 'Stocktaking'"] if frozen else []


def put(hub: FakeHub, what: dict[str, Any], **options: Any) -> Announcement:
    return announce(what, hub=hub, objections=acme_objects, **options)


def refused(hub: FakeHub, what: dict[str, Any], **options: Any) -> str:
    """The sentence; nothing was put, and nothing was reserved."""
    before = len(hub.events.entries), len(hub.table.items)
    with pytest.raises(ContractError) as found:
        put(hub, what, **options)
    assert (len(hub.events.entries), len(hub.table.items)) == before
    assert found.value.code == "not_wanted"
    return found.value.message


def test_a_first_announcement_into_a_freeze_is_refused() -> None:
    message = refused(fake_hub(), document())
    assert message.startswith("acme: in the freeze 'Stocktaking'. Move the window")
    assert "--despite" in message


def test_a_window_that_moves_into_a_freeze_is_refused() -> None:
    hub = fake_hub()
    put(hub, document(implementationStart="2027-01-18T22:00:00Z",
                      implementationEnd="2027-01-18T23:00:00Z"))  # fmt: skip
    refused(hub, document(**MOVED))


def test_a_customer_that_is_added_later_hears_of_it_for_the_first_time() -> None:
    hub = fake_hub()
    put(hub, document(customers=["globex"]))
    refused(hub, document(customers=["acme", "globex"]))


def test_who_does_not_object_is_no_obstacle() -> None:
    assert put(fake_hub(), document(customers=["globex", "initech"])).revision == 1


def test_a_reason_lets_it_through_and_stands_in_the_record() -> None:
    hub = fake_hub()
    put(hub, document(), despite="The vendor withdraws the certificate.")
    (record,) = revisions(hub.table, "CHG-1")
    assert record.despite == "The vendor withdraws the certificate."


def test_a_reason_in_the_document_is_as_good() -> None:
    hub = fake_hub()
    put(hub, document(despite="Certificates end."))
    assert revisions(hub.table, "CHG-1")[0].despite == "Certificates end."


@pytest.mark.parametrize("reason", ["", " ", None])
def test_no_reason_is_no_reason(reason: str | None) -> None:
    refused(fake_hub(), document(despite=reason))


@pytest.mark.parametrize("reason", [7, True, ["x"], "two\nlines"])
def test_a_reason_that_is_no_line_is_refused(reason: Any) -> None:
    with pytest.raises(ContractError, match="a single line of text"):
        put(fake_hub(), document(despite=reason))


@pytest.mark.parametrize("status", ["in_progress", "completed", "cancelled", "draft"])
def test_what_goes_on_or_ends_is_never_refused(status: str) -> None:
    put(fake_hub(), document(status=status))


def test_a_test_is_never_refused() -> None:
    put(fake_hub(), document(), test=True)
    put(fake_hub(), document(testRun=True))


def test_the_same_window_was_allowed_before() -> None:
    hub = fake_hub()
    put(hub, document(), despite="Certificates end.")
    assert put(hub, document(customerImpact="Longer.")).revision == 2
    assert put(hub, document(customerImpact="Longer.")).revision == 2
    refused(hub, document(**MOVED))


def test_a_withdrawal_is_never_refused() -> None:
    hub = fake_hub()
    put(hub, document(customers=["acme", "globex"]), despite="Certificates end.")
    assert put(hub, document(customers=["globex"])).withdrawn == ("acme",)


YEAR_END = FrozenTime("Year end", "2027-01-20T00:00:00Z", "2027-01-21T00:00:00Z")
NOTICE = CustomerFreezes((YEAR_END,), 72)


@pytest.mark.parametrize(
    ("start", "objections"),
    [
        ("2027-01-20T23:30:00+00:00", ["in the freeze 'Year end' (2027-01-20)"]),
        ("2027-01-21T00:00:00+00:00", []),
        ("2027-01-19T23:00:00+00:00", []),
        ("2027-01-19T23:00:01+00:00", ["in the freeze 'Year end' (2027-01-20)"]),
        (
            "2027-01-12T12:00:00+00:00",
            ["it requires 3 days of notice, but the window begins in 2 days"],
        ),
        ("2027-01-13T12:00:00+00:00", []),
    ],
)
def test_what_the_hub_keeps_of_a_customer(start: str, objections: list[str]) -> None:
    at = datetime.fromisoformat(start)
    window = Window(start=at, end=at + timedelta(hours=1))
    now = datetime(2027, 1, 10, 12, tzinfo=UTC)
    assert list(objections_to(NOTICE, window, now)) == objections


@pytest.mark.parametrize(
    ("start", "end", "timezone", "said"),
    [
        ("2026-12-19T23:00:00Z", "2027-01-06T23:00:00Z", "Europe/Madrid",
         "2026-12-20 to 2027-01-06"),
        ("2026-12-19T23:00:00Z", "2027-01-06T23:00:00Z", "UTC",
         "2026-12-19 23:00 to 2027-01-06 23:00, UTC"),
        ("2027-06-30T22:00:00Z", "2027-07-01T22:00:00Z", "Europe/Madrid", "2027-07-01"),
        ("2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z", "Europe/Madrid", "2027-03-28"),
        ("2026-12-20T17:00:00Z", "2026-12-21T05:00:00Z", "Asia/Tokyo",
         "2026-12-21 02:00 to 2026-12-21 14:00, Asia/Tokyo"),
    ],
)  # fmt: skip
def test_a_freeze_is_named_with_its_days_in_the_time_zone_of_the_change(
    start: str, end: str, timezone: str, said: str
) -> None:
    times = (datetime.fromisoformat(start), datetime.fromisoformat(end))
    assert in_freeze("Year end", *times, timezone) == f"in the freeze 'Year end' ({said})"


def test_a_refusal_says_where_all_freezes_are_listed() -> None:
    assert "changecast freeze list --hub" in refused(fake_hub(), document())
