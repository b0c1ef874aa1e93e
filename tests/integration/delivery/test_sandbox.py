"""A customer's account without production access: nobody is lost, and its run resumes."""

import pytest

from testbed.doubles.account import Account
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal

VERIFIED = "p2@acme.example"


@pytest.fixture
def boxed(account: Account) -> Account:
    """SES of this account mails one verified address only."""

    def answer(to: str) -> None:
        if not account.ses.production and to != VERIFIED:
            raise refusal(
                "MessageRejected",
                400,
                "Email address is not verified. The following identities failed the check in "
                f"region EU-WEST-1: {to}",
            )

    account.ses.production, account.ses.answer = False, answer
    return account


def announced(account: Account) -> None:
    account.announce(envelope())
    account.settle()


def test_the_run_pauses_with_what_to_do_and_loses_nobody(boxed: Account) -> None:
    announced(boxed)
    run = boxed.run("CHG1")
    assert (run.paused, run.reason_code) == (True, "sandbox")
    assert "put-account-details --production-access-enabled" in run.reason_message
    states = boxed.states("CHG1")
    assert states.pop(VERIFIED) == "SENT"
    assert set(states.values()) == {"PLANNED"}


def test_verified_addresses_of_later_batches_are_mailed_too(boxed: Account) -> None:
    others = [f"x{number}@acme.example" for number in range(60)]
    boxed.ses.contacts["announcements"] = [*others, VERIFIED]
    boxed.ses.rate = 1.0
    boxed.announce(envelope())
    boxed.settle(minutes=10)
    assert [mail.to for mail in boxed.ses.mails] == [VERIFIED]
    assert boxed.ses.calls < 70, "each address is tried about once"


def test_it_goes_on_by_itself_once_production_access_is_there(boxed: Account) -> None:
    announced(boxed)
    boxed.settle(minutes=10)
    assert boxed.run("CHG1").paused
    boxed.ses.production = True
    boxed.settle(minutes=10)
    assert not boxed.run("CHG1").paused
    assert set(boxed.states("CHG1").values()) == {"SENT"}
    assert sorted(mail.to for mail in boxed.ses.mails) == [
        f"p{n}@acme.example" for n in range(1, 6)
    ]
