"""The report says what was found, and does not look well where it is not."""

from dataclasses import replace

import pytest

from tests.isolation.findings import Findings, Rights
from tests.isolation.report import html, lines_of, markdown, sound

RIGHTS = Rights(
    {
        ("own", "Ledger"): ["dynamodb:GetItem"],
        ("at the hub", "Bus"): ["events:PutEvents"],
        ("own", "Key/sqs"): ["kms:Decrypt", "kms:GenerateDataKey"],
        ("own", "Key/dynamodb"): ["kms:Decrypt"],
    },
    7,
)
FINE = Findings(
    customers=["acme", "globex"],
    rights={"ReportDeliveryRole": RIGHTS},
    cases=[("acme <tries>", False, False)],
    bad_pairs=frozenset(),
    mutants={"a weakening": ["what it let through"]},
    wrong=[],
    asked=12_345,
    seconds=1.0,
)
BAD = replace(
    FINE,
    cases=[("acme <tries>", False, True)],
    bad_pairs=frozenset({("acme", "globex")}),
    mutants={"a weakening": []},
    wrong=["acme <tries>: allowed"],
)


@pytest.mark.parametrize("page", [markdown, html])
def test_what_is_fine_is_said_with_what_was_asked(page) -> None:  # type: ignore[no-untyped-def]
    text = page(FINE)

    for said in ("and nothing else.", "12,345 questions", "in the hub's account", "1 of 1 planted"):
        assert said in text.replace("&#39;", "'")
    assert "WRONG" not in text
    assert "NOT FOUND" not in text


@pytest.mark.parametrize("page", [markdown, html])
def test_what_is_wrong_cannot_be_overlooked(page) -> None:  # type: ignore[no-untyped-def]
    text = page(BAD)

    for said in ("Not as it should be: 1 wrong, 1 weakenings not found", "WRONG", "NOT FOUND"):
        assert said in text
    assert not sound(BAD)


def test_the_page_shows_names_as_they_are() -> None:
    assert "acme &lt;tries&gt;" in html(FINE)
    assert "<tries>" not in html(FINE)


def test_the_uses_of_one_key_are_one_line() -> None:
    *_, (_, thing, may) = lines_of(RIGHTS)

    assert thing == "the account's own key, where it has one"
    assert may == "kms:Decrypt (through sqs, dynamodb), kms:GenerateDataKey (through sqs)"
