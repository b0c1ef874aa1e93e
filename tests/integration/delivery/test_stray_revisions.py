"""A revision far above the real ones is parked, or can be made void, and nobody is lost."""

import json
from typing import Any

import pytest

from testbed.doubles.account import DEAD_LETTERS, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import Ses

PEOPLE = [f"p{number}@acme.example" for number in range(1, 6)]
STRAY = 999_999


@pytest.fixture
def account() -> Account:
    return Account(ses=Ses(contacts={"announcements": [*PEOPLE]}))


def real(revision: int, previous: int, *discards: int, **what: Any) -> dict[str, Any]:
    """An event as `announce` puts it."""
    event = envelope(revision, **what)
    event["detail"] |= {"previous_revision": previous, "discards": list(discards)}
    return event


def again(event: dict[str, Any], *discards: int) -> dict[str, Any]:
    """The same revision put again, with the word that others are void."""
    own = {"event_id": "aaaaaaaa-0000-4000-8000-000000000009", "discards": list(discards)}
    return event | {"detail": event["detail"] | own}


def put(account: Account, event: dict[str, Any], minutes: int = 3) -> None:
    account.announce(event)
    account.settle(minutes)


def last(account: Account, revision: int) -> dict[str, Any]:
    reports = [json.loads(entry["Detail"]) for entry in account.events.entries]
    mine = [report for report in reports if report["revision"] == revision]
    found: dict[str, Any] = max(mine, key=lambda report: int(report["report_seq"]))
    return found


def mails(account: Account) -> list[int]:
    """How many mails each person got."""
    return [sum(mail.to == one for mail in account.ses.mails) for one in PEOPLE]


def test_a_jump_that_was_put_by_hand_is_parked_and_counts_nowhere(account: Account) -> None:
    put(account, real(1, 0))
    put(account, envelope(STRAY, impact="Poison."))
    parked = last(account, STRAY)
    assert (parked["state"], parked["reason"]["code"]) == ("rejected", "revision_jump")
    assert len(account.sqs.queue(DEAD_LETTERS)) == 1
    put(account, real(2, 1, impact="The shop is down."))
    assert last(account, 2)["state"] == "sent"
    assert mails(account) == [2] * 5


@pytest.mark.parametrize(("revision", "state"), [(101, "sent"), (102, "rejected")])
def test_a_jump_of_a_hundred_is_none(account: Account, revision: int, state: str) -> None:
    put(account, real(1, 0))
    put(account, envelope(revision, impact="More."))
    assert last(account, revision)["state"] == state


def test_an_announced_jump_is_obeyed(account: Account) -> None:
    put(account, real(1, 0))
    put(account, real(202_701, 1, impact="More."))
    assert last(account, 202_701)["state"] == "sent"


def test_the_first_revision_that_an_account_hears_of_may_be_any(account: Account) -> None:
    put(account, envelope(202_701))
    assert last(account, 202_701)["state"] == "sent"


def test_after_a_discard_a_lower_revision_is_told_to_everybody(account: Account) -> None:
    put(account, envelope(STRAY, impact="Poison."))
    put(account, real(1, 0))
    assert last(account, 1)["state"] == "superseded"
    put(account, real(2, 1, STRAY, event_id="aaaaaaaa-0000-4000-8000-000000000002"))
    assert last(account, 2)["counts"]["sent"] == 5
    assert mails(account) == [2] * 5


def test_a_discard_stops_what_is_not_sent_yet(account: Account) -> None:
    account.environment["ALLOWED_LINK_DOMAINS"] = ""
    first = real(1, 0)
    put(account, first)
    account.announce(envelope(50, impact="Poison."))
    account.plan()
    put(account, again(first, 50))
    assert set(account.states("CHG1", 50).values()) == {"SUPERSEDED"}
    assert mails(account) == [1] * 5


def test_who_got_a_mail_of_a_discarded_revision_hears_the_real_one_again(account: Account) -> None:
    first = real(1, 0)
    put(account, first)
    put(account, envelope(50, impact="Poison."))
    put(account, again(first, 50))
    put(account, real(2, 1, 50, event_id="aaaaaaaa-0000-4000-8000-000000000002"))
    assert mails(account) == [3] * 5
    put(account, real(3, 2, 50, event_id="aaaaaaaa-0000-4000-8000-000000000003"))
    assert last(account, 3)["reason"]["code"] == "minor_revision"
    assert mails(account) == [3] * 5


def test_a_discarded_revision_that_comes_again_is_refused(account: Account) -> None:
    first, stray = real(1, 0), envelope(50, impact="Poison.")
    put(account, first)
    put(account, stray)
    put(account, again(first, 50))
    put(account, stray)
    assert last(account, 50)["reason"]["code"] == "discarded"
    put(account, real(2, 1, impact="The shop is down."))
    assert last(account, 2)["state"] == "sent"


def test_a_discard_again_changes_nothing(account: Account) -> None:
    first = real(1, 0)
    put(account, first)
    put(account, envelope(50, impact="Poison."))
    for _ in range(2):
        put(account, again(first, 50))
    assert mails(account) == [2] * 5
    assert last(account, 1)["state"] in {"sent", "superseded"}
