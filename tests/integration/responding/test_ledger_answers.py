"""Answers in the ledger: one of two at once is refused, and each is to a page that was seen."""

from dataclasses import replace
from typing import Any

import pytest

from changecast.contract.response import Response
from changecast.customer.ledger.answers import (
    Answer,
    ChangeView,
    Moved,
    answers_to,
    keep_view,
    note_reported,
    read_answer,
    read_given,
    read_view,
    revoke,
    revoked_at,
    unreported,
    views,
    write_answer,
)
from changecast.customer.ledger.table import Ledger
from tests.integration.delivery.conftest import stores  # noqa: F401

NOW = 1_800_000_000.0
VIEW = ChangeView("CHG-1", 1, "run-1", "submitted", "Patch", "f" * 32, False, NOW)
ANSWER = Answer("CHG-1", "a" * 32, 1, Response.APPROVED, 1, "f" * 32, "r" * 16, 0, NOW)


@pytest.fixture
def ledger(stores: Any) -> Ledger:  # noqa: F811
    found = Ledger(stores[0], "ledger", 0.0, 0.0, wait=lambda _: None)
    assert keep_view(found, VIEW, [])
    return found


def test_the_last_answer_counts_and_each_is_kept(ledger: Ledger) -> None:
    first = write_answer(ledger, ANSWER, VIEW)
    windows = ((NOW + 60, NOW + 120.5),)
    asks = replace(
        ANSWER, version=2, response=Response.RESCHEDULE_REQUESTED, windows=windows, comment="é=cmd"
    )
    second = write_answer(ledger, asks, VIEW)
    assert (first.seq, second.seq) == (1, 2)
    assert read_answer(ledger, "CHG-1", "a" * 32) == second
    assert answers_to(ledger, "CHG-1") == [second]
    due = unreported(ledger, NOW + 1_000)
    assert [read_given(ledger, one) for one in due] == [first, second]
    note_reported(ledger, first)
    assert [one.version for one in unreported(ledger, NOW + 1_000)] == [2]
    assert unreported(ledger, NOW) == []


def test_of_two_answers_to_the_same_page_one_is_refused(ledger: Ledger) -> None:
    write_answer(ledger, ANSWER, VIEW)
    with pytest.raises(Moved):
        write_answer(ledger, replace(ANSWER, response=Response.REJECTED), VIEW)
    with pytest.raises(Moved):
        write_answer(ledger, replace(ANSWER, version=3), VIEW)
    assert [one.response for one in answers_to(ledger, "CHG-1")] == [Response.APPROVED]


def test_twenty_answers_to_one_page_leave_one(ledger: Ledger) -> None:
    def answer(number: int) -> bool:
        try:
            write_answer(ledger, replace(ANSWER, comment=str(number)), VIEW)
        except Moved:
            return False
        return True

    assert sum(map(answer, range(20))) == 1
    assert len(unreported(ledger, NOW + 1_000)) == 1


@pytest.mark.parametrize(
    "moved", [replace(VIEW, revision=2), replace(VIEW, status="approved", revision=2)]
)
def test_an_answer_to_what_has_moved_on_is_refused(ledger: Ledger, moved: ChangeView) -> None:
    assert keep_view(ledger, moved, [])
    with pytest.raises(Moved):
        write_answer(ledger, ANSWER, VIEW)
    assert answers_to(ledger, "CHG-1") == []


def test_everybody_has_an_answer_of_their_own(ledger: Ledger) -> None:
    for person in ("a" * 32, "b" * 32):
        write_answer(ledger, replace(ANSWER, person=person), VIEW)
    other = replace(VIEW, change_id="CHG-10")
    keep_view(ledger, other, [])
    write_answer(ledger, replace(ANSWER, change_id="CHG-10"), other)
    assert len(answers_to(ledger, "CHG-1")) == 2
    assert sorted(view.change_id for view in views(ledger)) == ["CHG-1", "CHG-10"]


def test_an_older_revision_never_replaces_a_newer_unless_that_is_void(ledger: Ledger) -> None:
    newer = replace(VIEW, revision=99)
    assert keep_view(ledger, newer, [])
    assert not keep_view(ledger, replace(VIEW, revision=2), [])
    assert read_view(ledger, "CHG-1") == newer
    assert keep_view(ledger, replace(VIEW, revision=2), [5, 99])
    found = read_view(ledger, "CHG-1")
    assert found is not None
    assert found.revision == 2


def test_links_are_ended_for_one_person(ledger: Ledger) -> None:
    revoke(ledger, "a" * 32, NOW)
    assert (revoked_at(ledger, "a" * 32), revoked_at(ledger, "b" * 32)) == (NOW, 0.0)
