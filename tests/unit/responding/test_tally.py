"""The effect of answers: an approval is for what was seen, and a rejection stays."""

import pytest

from changecast.contract.differences import material_fingerprint
from changecast.contract.response import Response
from changecast.customer.ledger.answers import Answer
from changecast.customer.responding.tally import summary_of
from tests.support.builders import change

NOW, OLD, NEW = 1_800_000_000.0, "old", "new"


def answer(who: str, response: str, fingerprint: str = NEW) -> Answer:
    return Answer("CHG-1", who, 1, Response(response), 1, fingerprint, who, 1, NOW, mailbox=who)


def approval(needed: str, *answers: Answer, approvers: tuple[str, ...] = ("a", "b")) -> str:
    found = summary_of(answers, NEW, asked=5, needed=needed, approvers=approvers)
    return f"{found.approval} {found.counts.approved}/{found.counts.needed}"


A, B = answer("a", "approved"), answer("b", "approved")


@pytest.mark.parametrize(
    ("needed", "answers", "said"),
    [
        ("0", (), "none 0/0"),
        ("0", (A, answer("b", "rejected")), "none 1/0"),
        ("1", (), "pending 0/1"),
        ("1", (A,), "approved 1/1"),
        ("2", (A,), "pending 1/2"),
        ("2", (A, B), "approved 2/2"),
        ("1", (A, answer("b", "rejected")), "rejected 1/1"),
        ("1", (answer("a", "rejected", OLD),), "rejected 0/1"),  # until its author changes it
        ("1", (answer("a", "approved", OLD),), "pending 0/1"),  # of what is no longer planned
        ("1", (answer("a", "acknowledged"),), "pending 0/1"),
        ("all", (A,), "pending 1/2"),
        ("all", (A, B), "approved 2/2"),
        ("all", (A, answer("c", "approved")), "pending 2/2"),  # c was not asked
        ("all", (A, B, answer("c", "rejected")), "rejected 2/2"),
    ],
)
def test_an_approval_is_what_the_policy_says(
    needed: str, answers: tuple[Answer, ...], said: str
) -> None:
    assert approval(needed, *answers) == said


def test_where_nobody_was_asked_all_is_nobody() -> None:
    assert approval("all", approvers=()) == "none 0/0"


def test_counts_are_of_the_answers_that_count() -> None:
    given = [A, answer("b", "acknowledged"), answer("c", "reschedule_requested")]
    counts = summary_of(given, NEW, asked=5, needed="0", approvers=()).counts
    assert (counts.asked, counts.acknowledged, counts.approved, counts.reschedule_requested) == (
        5, 1, 1, 1,
    )  # fmt: skip


def test_what_readers_would_not_notice_voids_no_approval() -> None:
    base = change(status="submitted", customer_impact="Sessions drop.")
    same = [
        base.model_copy(update={"revision": 7}),
        base.model_copy(update={"status": "approved"}),
        base.model_copy(update={"customer_impact": " Sessions  drop"}),
    ]
    assert {material_fingerprint(one) for one in same} == {material_fingerprint(base)}
    for other in ({"title": "Patch other hosts"}, {"customer_impact": "All is down."}):
        assert material_fingerprint(base.model_copy(update=other)) != material_fingerprint(base)
