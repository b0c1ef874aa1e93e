"""A customer's own freeze keeps changes out of it, and nobody else can declare or remove it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

import pytest

from changecast.contract.change import utc
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import announce
from changecast.hub.announcing.freeze_gate import kept_objections
from changecast.hub.registry import Accounts
from changecast.hub.settings import TrackSettings
from changecast.hub.tracking.freezes import (
    CustomerFreezes,
    FrozenTime,
    keep_freezes,
    kept_freezes,
)
from changecast.hub.tracking.queries import overdue
from changecast.hub.tracking.tracker import Tracker, read_together, track
from changecast_cli.schemas import FOLDER
from testbed.doubles.clock import Clock
from testbed.doubles.sqs import Sqs
from tests.support.builders import ACCOUNTS, document
from tests.support.fake_hub import FakeEvents, fake_hub

DEAD_LETTERS = "status-dlq"
SAMPLE: dict[str, Any] = json.loads(
    (FOLDER.parent / "events" / "FreezeDeclared.v1.json").read_text("utf-8")
)
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=10)


class Hub:
    """The hub's tracker, and what it parked."""

    def __init__(self, table: Any, ssm: Any) -> None:
        self.sqs = Sqs(Clock())
        settings = TrackSettings("changecast-status", 15, DEAD_LETTERS, "changecast-hub")
        sqs, events = cast(Any, self.sqs), cast(Any, FakeEvents())
        self.tracker = Tracker(table, Accounts(ssm), sqs, events, settings)
        self.table = table

    def hears(self, *events: dict[str, Any]) -> None:
        for event in events:
            body = json.dumps(event)
            track(self.tracker, body, read_together(self.tracker, [body]))

    def parked(self) -> int:
        return len(self.sqs.queue(DEAD_LETTERS))

    def frozen(self, code: str = "acme") -> list[str]:
        return [one.name for one in kept_freezes(self.table).get(code, NOTHING).times]

    def announce(self, *customers: str, **more: Any) -> str:
        """Announce a change in the middle of the freeze; what refuses it, or nothing."""
        start = SOON + timedelta(hours=1)
        window = {"implementationStart": utc(start),
                  "implementationEnd": utc(start + timedelta(hours=1))}  # fmt: skip
        what = document(customers=[*customers], **window | more)
        try:
            announce(what, hub=fake_hub(), objections=kept_objections(self.table))
        except ContractError as refused:
            return refused.message
        return ""


NOTHING = CustomerFreezes((), 0)


@pytest.fixture
def hub(table: Any, ssm: Any, register: Any) -> Hub:
    register("acme", "globex")
    return Hub(table, ssm)


def declared(
    number: int = 1, *, by: str = "acme", customer: str = "acme", days: float = 1, **more: Any
) -> dict[str, Any]:
    """A freeze that an account declares, for itself unless another customer is named."""
    account = ACCOUNTS[by]
    said = {
        "event_id": str(uuid5(NAMESPACE_URL, f"{number} {sorted(more.items())}")),
        "freeze_id": str(uuid5(NAMESPACE_URL, str(number))),
        "customer": customer,
        "name": f"Freeze {number}",
        "start": utc(SOON),
        "end": utc(SOON + timedelta(days=days)),
    }
    return SAMPLE | {
        "id": f"event-{number}-{by}-{len(more)}",
        "account": account,
        "source": f"changecast.delivery.{account}",
        "detail": SAMPLE["detail"] | said | more,
    }


def removed(number: int = 1, **more: Any) -> dict[str, Any]:
    return declared(number, removed=True, **more)


def test_a_declared_freeze_refuses_a_change_and_only_of_its_customer(hub: Hub) -> None:
    hub.hears(declared())
    refused = hub.announce("acme")
    assert refused.startswith("acme: in the freeze 'Freeze 1' (")
    assert "). Move the window" in refused
    assert hub.announce("acme", despite="Certificates end.") == ""
    assert hub.announce("globex") == ""
    assert hub.announce("acme", status="completed") == ""


def test_a_freeze_that_was_taken_back_holds_nothing(hub: Hub) -> None:
    hub.hears(declared(1), declared(2), removed(1))
    assert hub.frozen() == ["Freeze 2"]
    hub.hears(removed(2))
    assert hub.announce("acme") == ""


@pytest.mark.parametrize("times", [1, 3])
def test_neither_order_nor_repetition_matters(hub: Hub, times: int) -> None:
    hub.hears(*[removed(1), declared(1)] * times)
    assert hub.frozen() == []
    hub.hears(*[declared(2)] * times)
    assert hub.frozen() == ["Freeze 2"]


def test_a_file_that_is_pushed_later_leaves_what_a_customer_declared(hub: Hub) -> None:
    hub.hears(declared())
    pushed = FrozenTime("By file", utc(SOON), utc(SOON + timedelta(hours=9)))
    other = {"acme": CustomerFreezes((pushed,), 24), "globex": CustomerFreezes((), 0)}
    keep_freezes(hub.table, other, "maria", datetime.now(UTC))
    assert hub.frozen() == ["By file", "Freeze 1"]
    assert kept_freezes(hub.table)["acme"].notice_hours == 24
    keep_freezes(hub.table, {}, "maria", datetime.now(UTC))
    assert hub.frozen() == ["Freeze 1"]


@pytest.mark.parametrize("event", [
    declared(by="globex", customer="acme"),
    removed(by="globex", customer="acme"),
    declared() | {"source": "changecast.delivery.333333333333"},
    declared() | {"source": "changecast.changes"},
    declared() | {"account": "444444444444", "source": "changecast.delivery.444444444444"},
    declared(customer="acme2"),
    declared(customer="acm"),
])  # fmt: skip
def test_a_forged_freeze_changes_nothing_and_somebody_is_told(
    hub: Hub, event: dict[str, Any]
) -> None:
    hub.hears(declared(7), event)
    assert {code: hub.frozen(code) for code in ("acme", "acme2", "globex", "acm")} == {
        "acme": ["Freeze 7"], "acme2": [], "globex": [], "acm": []
    }  # fmt: skip
    assert hub.parked() == 1
    assert len(list(overdue(hub.table, datetime.now(UTC) + timedelta(seconds=2)))) == 1


@pytest.mark.parametrize("fault", [
    {"end": utc(SOON)},
    {"end": utc(SOON - timedelta(days=1))},
    {"end": utc(SOON + timedelta(days=60, seconds=1))},
    {"name": ""},
    {"name": "two\nlines"},
    {"start": "soon"},
    {"freeze_id": "one"},
    {"removed": "yes"},
    {"schema_version": "2"},
])  # fmt: skip
def test_what_is_no_freeze_is_parked(hub: Hub, fault: dict[str, Any]) -> None:
    hub.hears(declared(1, **fault))
    assert (hub.frozen(), hub.parked()) == ([], 1)


def test_a_customer_may_have_twenty_and_one_that_ends_makes_room(hub: Hub) -> None:
    hub.hears(*(declared(number) for number in range(21)))
    assert (len(hub.frozen()), hub.parked()) == (20, 1)
    hub.hears(removed(3), declared(20))
    assert (len(hub.frozen()), hub.parked()) == (20, 1)
    assert "Freeze 20" in hub.frozen()
    hub.hears(declared(99, by="globex", customer="globex"))
    assert hub.frozen("globex") == ["Freeze 99"]


def test_the_longest_freeze_holds_to_its_last_second(hub: Hub) -> None:
    hub.hears(declared(days=60))
    last = SOON + timedelta(days=60)
    for start, refused in ((last - timedelta(seconds=1), True), (last, False)):
        end = start + timedelta(hours=1)
        window = {"implementationStart": utc(start), "implementationEnd": utc(end)}
        assert bool(hub.announce("acme", **window)) is refused


def test_a_freeze_that_is_over_is_not_kept(hub: Hub) -> None:
    past = datetime.now(UTC) - timedelta(days=3)
    hub.hears(declared(1, start=utc(past), end=utc(past + timedelta(days=1))))
    assert (hub.frozen(), hub.parked()) == ([], 0)
