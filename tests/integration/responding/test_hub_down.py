"""Answers while the hub cannot be reached, and while functions die: none is lost or invented."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from changecast.contract.errors import Retry
from changecast.customer.ledger.answers import answers_to
from testbed.doubles.account import REPORTS, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.visitor import Visitor
from tests.integration.responding.conftest import ANA, BOB, EVA, visitor

EVERYBODY = (ANA, BOB, EVA)


def raising(error: Exception) -> Any:
    def put_events(**_: Any) -> Any:
        raise error

    return put_events


DOWN = [
    raising(EndpointConnectionError(endpoint_url="https://events.example")),
    raising(refusal("AccessDeniedException", 400)),
]


@contextmanager
def hub_down(account: Account, put_events: Any) -> Iterator[None]:
    was = account.events.put_events
    vars(account.events)["put_events"] = put_events
    try:
        yield
    finally:
        vars(account.events)["put_events"] = was


def heard(account: Account) -> list[dict[str, Any]]:
    """Return every answer that reached the hub, in the order of its numbers, each once."""
    found = {one["event_id"]: one for one in account.events.reports() if "response" in one}
    return sorted(found.values(), key=lambda one: int(one["response_seq"]))


def acknowledge(account: Account, address: str) -> Visitor:
    who = visitor(account, address)
    assert who.confirm(who.choose("acknowledged"), "SEEN").status == 200
    return who


@pytest.mark.parametrize("down", DOWN)
def test_answers_wait_while_the_hub_is_down_and_arrive_when_it_is_back(
    account: Account, down: Any
) -> None:
    with hub_down(account, down):
        for address in EVERYBODY:
            acknowledge(account, address)
        account.settle(minutes=15)
        assert heard(account) == []
        assert "Acknowledged on" in visitor(account, ANA).open().text
    account.settle(minutes=40)
    found = heard(account)
    assert [one["response"] for one in found] == ["acknowledged"] * 3
    assert len({one["responder"] for one in found}) == 3
    last = max(account.events.reports(), key=lambda one: int(one["report_seq"]))
    assert last["counts"]["acknowledged"] == 3


def test_hints_that_are_lost_are_found_by_the_sweep(account: Account) -> None:
    for address in EVERYBODY:
        acknowledge(account, address)
        account.sqs.queue(REPORTS).clear()
    account.settle(minutes=10)
    assert len(heard(account)) == 3


CALLS = ("put_item", "get_item", "update_item", "transact_write_items", "query")


class Flaky:
    """A table of which a third of the calls fail, before or after they were done."""

    def __init__(self, table: Any, chance: random.Random) -> None:
        self.table, self.chance, self.faults = table, chance, 0

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.table, name)
        if name not in CALLS or self.chance.random() > 0.12:
            return call
        self.faults += 1
        is_done = self.chance.random() < 0.5

        def failing(**arguments: Any) -> Any:
            if is_done:
                call(**arguments)
            raise refusal("InternalServerError", 500)

        return failing


@pytest.mark.parametrize("seed", range(5))
def test_in_any_order_of_faults_what_a_page_confirmed_is_what_the_hub_hears(
    account: Account, seed: int
) -> None:
    """People answer and answer again; calls fail, a revision arrives, hints vanish."""
    chance = random.Random(seed)
    real = account.table
    flaky = Flaky(real, chance)
    confirmed: Counter[tuple[str, str]] = Counter()
    tried: set[tuple[str, str]] = set()
    for turn in range(12):
        who = visitor(account, chance.choice(EVERYBODY))
        vars(who)["responder"] = _with_table(who, flaky)
        comment = f"turn {turn}"
        try:
            asked = who.choose("acknowledged", comment=comment)
            tried.add((who.link, comment))
            done = who.confirm(asked, "SEEN")
        except (ClientError, Retry):
            continue  # the browser shows an error, and nothing was confirmed
        if "Your answer is recorded." in done.text:
            confirmed[(who.link, comment)] += 1
        if chance.random() < 0.2:
            account.sqs.queue(REPORTS).clear()
        if turn == 6:
            account.announce(envelope(2, status="submitted", impact="The shop is down."))
        account.settle(1)
    with hub_down(account, DOWN[0]):
        account.settle(5)
    account.settle(40)
    assert flaky.faults > 0
    said = Counter(one["comment"] for one in heard(account))
    assert {comment for _, comment in confirmed} <= set(said), "an answer is lost"
    assert set(said) <= {comment for _, comment in tried}, "an answer is invented"
    assert set(said.values()) <= {1}
    numbers = [int(one["response_seq"]) for one in heard(account)]
    assert len(numbers) == len(set(numbers))
    last = {one.person: one.comment for one in answers_to(account.ledger, "CHG1")}
    newest = {one["responder"]: one["comment"] for one in heard(account)}
    assert sorted(last.values()) == sorted(newest.values())


def _with_table(who: Visitor, table: Any) -> Any:
    responder = who.responder
    return replace(responder, ledger=replace(responder.ledger, client=table, wait=lambda _: None))
