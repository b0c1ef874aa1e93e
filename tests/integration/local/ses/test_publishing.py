"""Events that arrive late, or never."""

import time
from collections.abc import Callable
from typing import Any

from changecast_local import faults
from changecast_local import ses as cloud_ses
from tests.integration.local.ses.given import ANN, send

Heard = Callable[[], list[dict[str, Any]]]


def kinds(heard: Heard) -> list[str]:
    return [event["detail"]["eventType"] for event in heard()]


def test_every_nth_event_is_lost(sender: Any, heard: Heard, account: str) -> None:
    faults.add({"account": account, "kind": "lose_events", "every": 2})
    for _ in range(3):
        send(sender)
    assert kinds(heard) == ["Send", "Send", "Send"]


def test_a_fraction_of_the_events_is_lost_evenly(sender: Any, heard: Heard, account: str) -> None:
    faults.add({"account": account, "kind": "lose_events", "fraction": 0.25})
    for _ in range(4):
        send(sender)
    assert len(kinds(heard)) == 6


def test_all_events_about_one_address_are_lost(sender: Any, heard: Heard, account: str) -> None:
    faults.add({"account": account, "kind": "lose_events", "address": "ann@*"})
    send(sender)
    send(sender, "bob@acme.example")
    assert [event["detail"]["mail"]["destination"] for event in heard()] == [
        ["bob@acme.example"]
    ] * 2
    assert [mail["to"] for mail in cloud_ses.mails(account)] == [ANN, "bob@acme.example"]


def test_late_events_come_after_those_that_are_not(sender: Any, heard: Heard, account: str) -> None:
    faults.add({"account": account, "kind": "delay_events", "seconds": 0.5, "times": 2})
    started = time.monotonic()
    send(sender)
    send(sender, "bob@acme.example")
    told = [event["detail"]["mail"]["destination"][0] for event in heard()]
    assert told == ["bob@acme.example"] * 2 + [ANN] * 2
    assert time.monotonic() - started >= 0.5


def test_the_answer_does_not_wait_for_the_events(sender: Any, heard: Heard, account: str) -> None:
    faults.add({"account": account, "kind": "delay_events", "seconds": 0.3})
    send(sender)
    assert not cloud_ses.settle(0.05)
    assert kinds(heard) == ["Send", "Delivery"]
