"""Which calls a fault strikes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from changecast_local import faults

A, B = "111111111111", "222222222222"
ANN = ["ann@acme.example"]


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    faults.clear()
    yield
    faults.clear()


def struck(calls: int, account: str = A, addresses: list[str] = ANN) -> list[bool]:
    return [bool(faults.strikes(account, "SendEmail", addresses)) for _ in range(calls)]


def test_a_fault_strikes_until_it_is_cleared() -> None:
    faults.add({"account": A, "kind": "error"})
    assert struck(3) == [True] * 3
    faults.clear(A)
    assert struck(1) == [False]


def test_a_fault_strikes_as_often_as_it_says() -> None:
    faults.add({"account": A, "kind": "error", "times": 2})
    assert struck(4) == [True, True, False, False]


def test_a_fault_strikes_every_nth_call() -> None:
    faults.add({"account": A, "kind": "error", "every": 3, "times": 2})
    assert struck(10) == [False, False, True, False, False, True] + [False] * 4


def test_a_fraction_of_the_calls_is_struck_evenly() -> None:
    faults.add({"account": A, "kind": "error", "fraction": 0.3})
    hits = struck(100)
    assert sum(hits) == 30
    assert max(sum(hits[start : start + 10]) for start in range(90)) <= 4


def test_a_fault_is_for_one_account_address_and_operation() -> None:
    faults.add({"account": A, "kind": "error", "address": "*@ACME.example"})
    assert struck(1) == [True]
    assert struck(1, account=B) == [False]
    assert struck(1, addresses=["bob@globex.example"]) == [False]
    assert faults.strikes(A, "ListContacts", ANN) == []


def test_faults_are_returned_as_json_with_what_they_did() -> None:
    faults.add({"account": A, "kind": "error", "every": 2})
    faults.add({"account": B, "kind": "slow", "seconds": 1.5})
    struck(5)
    (only,) = faults.listed(A)
    assert (only["kind"], only["calls"], only["struck"]) == ("error", 5, 2)
    assert [each["account"] for each in faults.listed()] == [A, B]


@pytest.mark.parametrize(
    "spec",
    [
        {"account": A},
        {"kind": "error"},
        {"account": A, "kind": "boredom"},
        {"account": A, "kind": "error", "colour": "red"},
        {"account": A, "kind": "error", "every": 0},
        {"account": A, "kind": "error", "fraction": 1.5},
        {"account": A, "kind": "outcome", "outcome": "a miracle"},
        {"account": A, "kind": "error", "times": "twice"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        faults.add(spec)
    assert faults.listed() == []


def test_limits_are_the_last_that_were_set() -> None:
    assert faults.limit(A, "max_send_rate", 200.0) == 200.0
    faults.add({"account": A, "kind": "limits", "max_send_rate": 14})
    faults.add({"account": A, "kind": "limits", "max_24_hour_send": 10})
    assert faults.limit(A, "max_send_rate", 200.0) == 14
    assert faults.limit(A, "max_24_hour_send", 50_000.0) == 10


def test_a_fault_that_may_pass_by_does_not_stand() -> None:
    faults.add({"account": A, "kind": "paused", "times": 5})
    assert not faults.is_set(A, "paused")
    faults.add({"account": A, "kind": "paused"})
    assert faults.is_set(A, "paused")


def test_many_threads_are_struck_as_often_as_one() -> None:
    faults.add({"account": A, "kind": "error", "times": 100})
    with ThreadPoolExecutor(8) as threads:
        hits = list(threads.map(lambda _: bool(faults.strikes(A, "SendEmail", ANN)), range(400)))
    assert sum(hits) == 100
