"""What customers answer, and how the hub keeps it, counts it and passes it on."""

from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from changecast.hub.tracking.queries import overdue
from changecast.hub.tracking.responses import answers, last_answers
from tests.integration.hub.conftest import Bus, Tracker
from tests.support.builders import ACCOUNTS, NOW, announced, change, envelope, recorded

WINDOW = {"start": "2027-01-21T21:00:00Z", "end": "2027-01-21T22:30:00Z"}


@pytest.fixture(autouse=True)
def announced_to_both(tracker: Tracker) -> None:
    tracker.handle(envelope(announced(change(status="submitted"))))


def facts(tracker: Tracker) -> list[dict[str, Any]]:
    keys = list(overdue(tracker.table, NOW + timedelta(days=400)))
    items = [tracker.table.get_item(Key=key)["Item"] for key in keys]
    # The event was put without `announce` here, which is a fact of its own.
    return [item for item in items if item.get("cause", "bypassed") != "bypassed"]


def test_an_answer_is_kept_counted_and_passed_on(tracker: Tracker, bus: Bus) -> None:
    assert tracker.handle(envelope(recorded())) == []
    (kept,) = answers(tracker.table, "CHG-1", "acme")
    assert (kept["response"], kept["responder"]) == ("acknowledged", "6f1d0c2b9a8e4f7d")
    assert tracker.row()["responses"]["counts"]["acknowledged"] == 1
    (told,) = bus.put
    assert (told["title"], told["customer"], told["response"]) == (
        "Patch the hosts", "acme", "acknowledged",
    )  # fmt: skip
    assert tracker.row("globex").get("responses") is None


def test_an_answer_that_comes_twice_is_kept_once_under_one_event_id(
    tracker: Tracker,
    bus: Bus,
) -> None:
    rejected = recorded(response="rejected", comment="We close the month.")
    for report_seq in (1, 2):
        again = rejected.model_copy(update={"report_seq": report_seq})
        tracker.handle(envelope(again, event=f"event-{report_seq}"))
    assert len(answers(tracker.table, "CHG-1", "acme")) == 1
    assert len(facts(tracker)) == 1
    assert len({told["event_id"] for told in bus.put}) == 1


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_the_sequence_orders_answers_and_counts_however_they_arrive(
    tracker: Tracker,
    bus: Bus,
    order: tuple[int, ...],
) -> None:
    said = ["acknowledged", "rejected", "approved"]
    events = [
        envelope(
            recorded(
                event_id=UUID(int=number),
                response=response,
                response_seq=number,
                report_seq=10 + number,
                counts={"asked": 1, response: 1},
                recorded_at=NOW - timedelta(hours=number),  # the clock runs backwards
            ),
            event=f"event-{number}",
        )
        for number, response in enumerate(said)
    ]
    for number in order:
        tracker.handle(events[number])
    found = answers(tracker.table, "CHG-1", "acme")
    assert [row["response"] for row in found] == said
    assert [row["response"] for row in last_answers(found)] == ["approved"]
    assert tracker.row()["responses"]["counts"]["approved"] == 1
    assert tracker.row()["responses"]["counts"]["rejected"] == 0


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (envelope(recorded(), account=ACCOUNTS["globex"]), "forged"),
        (envelope(recorded(customer="globex")), "forged"),
        (envelope(recorded(customer="initech")), "forged"),
        (envelope(recorded()) | {"source": "changecast.delivery.333333333333"}, "forged"),
        (envelope(recorded(change_id="CHG-2")), "unknown_change"),
        (envelope(recorded(change_id="CHG-1:test")), "unknown_change"),
        (envelope(recorded(revision=2)), "unknown_change"),
    ],
)
def test_a_forged_answer_changes_nothing_and_is_parked(
    tracker: Tracker,
    bus: Bus,
    event: dict[str, Any],
    code: str,
) -> None:
    assert tracker.handle(event) == []
    assert tracker.parked() == [code]
    for customer in ("acme", "globex"):
        assert answers(tracker.table, "CHG-1", customer) == []
        assert "responses" not in tracker.row(customer)
    assert bus.put == []
    told = [fact["cause"] for fact in facts(tracker)]
    assert told == (["forged"] if code == "forged" else [])


def test_watch_has_to_tell_of_rejections_and_wishes_at_once(tracker: Tracker, bus: Bus) -> None:
    comment = "We close\nthe month."
    tracker.handle(
        envelope(recorded()),
        envelope(
            recorded(
                event_id=uuid4(),
                response="reschedule_requested",
                windows=[WINDOW],
                comment=comment,
                response_seq=2,
                report_seq=2,
            ),
            event="event-2",
        ),
    )
    (fact,) = facts(tracker)
    assert fact["cause"] == "reschedule_requested"
    assert fact["message"] == (
        f'acme asks for another time: 2027-01-21 21:00 - 2027-01-21 22:30 UTC: "{comment}"'
    )
    assert tracker.row()["responses"]["wanted"] == ["2027-01-21T21:00:00Z"]
