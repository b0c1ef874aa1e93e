"""A test under a real change's id: it never takes a mail, a revision or a limit from the change."""

import json
from typing import Any

import pytest

from testbed.doubles.account import DEAD_LETTERS, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import Ses

PEOPLE = [f"p{number}@acme.example" for number in range(1, 6)]
FIRST, SECOND = (f"aaaaaaaa-0000-4000-8000-00000000000{number}" for number in (1, 2))


def of_event(trial: dict[str, Any]) -> dict[str, Any]:
    """A test by the event's own flag."""
    trial["detail"]["test"] = True
    return trial


def of_document(trial: dict[str, Any]) -> dict[str, Any]:
    """A test by what the document says only."""
    trial["detail"]["change"]["test_run"] = True
    return trial


both_ways = pytest.mark.parametrize("as_test", [of_event, of_document])


@pytest.fixture
def account() -> Account:
    """Five subscribers, one of whom is mailed tests."""
    contacts = {"announcements": [*PEOPLE]}
    return Account(ses=Ses(contacts=contacts), environment={"ALLOWED_RECIPIENTS": PEOPLE[0]})


def last(account: Account, change_id: str, revision: int | None = None) -> dict[str, Any]:
    reports = [json.loads(entry["Detail"]) for entry in account.events.entries]
    mine = [
        report
        for report in reports
        if report["change_id"] == change_id and revision in (None, report["revision"])
    ]
    found: dict[str, Any] = max(mine, key=lambda report: int(report["report_seq"]))
    return found


@both_ways
def test_nobody_loses_the_mail_of_a_change_to_a_test_of_its_next_revision(
    account: Account, as_test: Any
) -> None:
    account.announce(envelope(1))
    account.announce(as_test(envelope(2, impact="A trial.", event_id=FIRST)))
    account.settle()
    assert last(account, "CHG1")["state"] == "sent"
    assert last(account, "CHG1")["counts"]["sent"] == 5
    assert last(account, "CHG1:test")["counts"]["sent"] == 1


@both_ways
def test_a_test_is_no_base_of_comparison(account: Account, as_test: Any) -> None:
    account.announce(envelope(1))
    account.settle()
    account.announce(as_test(envelope(2, impact="A trial.", event_id=FIRST)))
    account.settle()
    account.announce(envelope(3, event_id=SECOND))
    account.settle()
    assert last(account, "CHG1", 3)["reason"]["code"] == "minor_revision"
    assert len(account.ses.mails) == 6


@both_ways
def test_a_test_uses_up_no_revision(account: Account, as_test: Any) -> None:
    account.announce(as_test(envelope(1, impact="A trial.", event_id=FIRST)))
    account.settle()
    account.announce(envelope(1))
    account.settle()
    assert last(account, "CHG1")["counts"]["sent"] == 5


@both_ways
def test_a_test_uses_up_no_limit_of_the_account(as_test: Any) -> None:
    limits = {"MAX_MAILS_PER_DAY": "5", "MAX_ANNOUNCEMENTS_PER_HOUR": "1", "MAX_LIST_GROWTH": "2"}
    account = Account(
        ses=Ses(contacts={"announcements": [*PEOPLE]}),
        environment=limits | {"ALLOWED_RECIPIENTS": "@acme.example"},
    )
    account.announce(as_test(envelope(1, impact="A trial.", event_id=FIRST)))
    account.settle()
    account.announce(envelope(1))
    account.settle()
    assert last(account, "CHG1:test")["counts"]["sent"] == 5
    assert last(account, "CHG1")["state"] == "sent"


def test_a_test_that_says_so_in_its_id_is_the_same_test(account: Account) -> None:
    account.announce(of_event(envelope(1, change_id="CHG1:test")))
    account.settle()
    assert last(account, "CHG1:test")["counts"]["sent"] == 1


def test_a_real_change_cannot_have_the_id_of_a_test(account: Account) -> None:
    account.announce(envelope(1, change_id="CHG1:test"))
    account.settle()
    assert account.ses.mails == []
    assert len(account.sqs.queue(DEAD_LETTERS)) == 1
    assert "test" in last(account, "CHG1:test")["reason"]["message"]


@both_ways
def test_a_test_whose_id_is_too_long_is_refused(account: Account, as_test: Any) -> None:
    account.announce(as_test(envelope(1, change_id="C" * 124)))
    account.settle()
    assert account.ses.mails == []
    assert len(account.sqs.queue(DEAD_LETTERS)) == 1


@both_ways
def test_a_test_that_is_refused_says_nothing_of_the_change(account: Account, as_test: Any) -> None:
    account.announce(as_test(envelope(1, customers=("globex",))))
    account.settle()
    assert last(account, "CHG1:test")["state"] == "rejected"
