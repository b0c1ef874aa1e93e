"""A run that does not fit into the rest of the day's quota: why it waits, and until when."""

from typing import Any

import pytest

from testbed.doubles.account import Account
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.ses import SentMail, Ses

MANY = [f"p{number:02}@acme.example" for number in range(1, 41)]
A_DAY_LATER = "2027-01-16 08:0"  # the clock of the tests starts on 2027-01-15 at 08:00 UTC


def with_quota(most: float, people: list[str] = MANY) -> Account:
    """An account with a quota of mails in 24 hours."""
    return Account(ses=Ses(contacts={"announcements": [*people]}, most=most))


def announced(account: Account, change_id: str = "CHG1") -> None:
    account.announce(envelope(change_id=change_id))
    account.settle(3)


def last(account: Account, change_id: str = "CHG1") -> Any:
    reports = [one for one in account.events.reports() if one["change_id"] == change_id]
    return max(reports, key=lambda one: one["report_seq"])


def test_a_run_that_is_too_large_for_the_day_says_why_and_until_when() -> None:
    account = with_quota(30)
    announced(account)

    told = last(account)
    assert (told["state"], told["counts"]["sent"]) == ("sending", 25)
    assert (told["reason"]["class"], told["reason"]["code"]) == ("waiting", "daily_quota")
    words = told["reason"]["message"]
    assert words.startswith(
        "this run still has to send 15 of its mails, which is more than is left of the 30"
    )
    assert f"the last one goes out by about {A_DAY_LATER}" in words


def test_the_reason_is_there_before_the_first_mail_goes_out() -> None:
    account = with_quota(10)
    account.announce(envelope())
    account.plan()
    account.report()
    told = last(account)
    assert (told["state"], told["reason"]["code"]) == ("planned", "daily_quota")
    assert "this run still has to send 40 of its mails" in told["reason"]["message"]


@pytest.mark.parametrize(("most", "until"), [(20, "2027-01-16"), (19, "2027-01-17")])
def test_a_run_of_several_days_says_the_last_of_them(most: int, until: str) -> None:
    account = with_quota(most)
    account.announce(envelope())
    account.plan()
    account.report()
    assert f"the last one goes out by about {until}" in last(account)["reason"]["message"]


def test_once_there_is_room_it_goes_on_and_says_nothing_of_a_quota() -> None:
    account = with_quota(30)
    announced(account)
    account.ses.most = 100.0
    account.settle(8)
    told = last(account)
    assert (told["state"], told["reason"], told["counts"]["sent"]) == ("sent", None, 40)
    assert not account.run("CHG1").waits


@pytest.mark.parametrize("most", [-1.0, 40.0, 200.0])
def test_a_run_that_fits_says_nothing_of_the_quota(most: float) -> None:
    account = with_quota(most)
    account.announce(envelope())
    account.plan()
    account.report()
    assert last(account)["reason"] is None
    account.settle(3)
    assert (last(account)["state"], last(account)["reason"]) == ("sent", None)


def test_a_run_whose_share_another_one_takes_says_so_too() -> None:
    account = with_quota(60)
    account.announce(envelope(change_id="CHG1"))
    account.announce(envelope(change_id="CHG2"))
    account.settle(5)

    told = {name: last(account, name) for name in ("CHG1", "CHG2")}
    assert (told["CHG1"]["state"], told["CHG1"]["reason"]) == ("sent", None)
    assert told["CHG2"]["counts"]["sent"] == 0
    assert told["CHG2"]["reason"]["code"] == "daily_quota"


def test_a_run_that_the_quota_paused_says_until_when() -> None:
    account = with_quota(25)
    announced(account)
    account.settle(8)
    told = last(account)
    assert (told["state"], told["reason"]["class"]) == ("paused", "paused")
    assert told["reason"]["code"] == "daily_quota"
    assert "this run still has to send 15 of its mails" in told["reason"]["message"]
    assert "the last one goes out by about 2027-01-16" in told["reason"]["message"]


def test_a_run_that_ses_itself_stopped_says_until_when() -> None:
    account = with_quota(-1)

    def stop(_: str) -> None:
        if len(account.ses.mails) == 7:
            raise refusal("TooManyRequestsException", 429, "Daily message quota exceeded.")

    account.ses.answer = stop
    account.announce(envelope())
    account.plan()
    account.send()
    account.report()
    told = last(account)
    assert told["state"] == "paused"
    assert "Daily message quota exceeded" in told["reason"]["message"]
    assert "the last one goes out by about 2027-01-16" in told["reason"]["message"]


def test_addresses_that_cannot_be_mailed_are_still_named_at_the_end() -> None:
    account = with_quota(30, [*MANY, "röb@acme.example"])
    announced(account)
    assert last(account)["reason"]["code"] == "daily_quota"
    account.ses.most = 100.0
    account.settle(8)
    assert last(account)["reason"]["code"] == "address_not_supported"


def test_a_run_that_waits_is_not_reported_every_minute() -> None:
    account = with_quota(30)
    announced(account)
    before = len(account.events.reports())
    account.settle(120)
    assert len(account.events.reports()) - before <= 2


def test_a_bounced_mail_of_a_waiting_run_leaves_the_reason() -> None:
    account = with_quota(30)
    sent: list[SentMail] = []
    account.ses.after = sent.append
    announced(account)
    assert sent
    account.resume("CHG1")
    account.settle(3)
    assert last(account)["reason"]["code"] == "daily_quota"
