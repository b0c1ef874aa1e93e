"""Links that are no longer served, and codes that cannot be mailed."""

import re
from typing import Any

import pytest

from testbed.doubles.account import ANSWERING, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.ses import Ses
from testbed.doubles.visitor import Visitor, code_in, link_in, plain_of
from tests.integration.responding.conftest import ANA, visitor

CONTACTS = {"announcements": [ANA], "approvals": [ANA], "calendar": [ANA]}


def planned(status: str, **before: str) -> Account:
    """Return an account that has planned a change, and not sent it."""
    account = Account(ses=Ses(contacts=CONTACTS), environment=ANSWERING | before)
    account.announce(envelope(status=status))
    account.plan()
    return account


def with_setting(account: Account, environment: dict[str, str]) -> None:
    """Deploy the stack with other parameters."""
    account.environment = environment
    account.start()


def sent(account: Account) -> list[Any]:
    account.settle()
    return account.ses.mails


@pytest.mark.parametrize("status", ["submitted", "approved"])
def test_a_mail_that_leaves_after_answers_were_switched_off_is_as_without_them(
    status: str,
) -> None:
    account = planned(status)
    with_setting(account, {})
    (mail,) = sent(account)
    never = Account(ses=Ses(contacts=CONTACTS))
    never.announce(envelope(status=status))
    (as_without,) = sent(never)
    assert plain_of(mail) == plain_of(as_without)
    assert not re.findall(r"https?://\S*(invalid|answers)\S*", mail.raw.decode())


def test_a_mail_that_waits_while_answers_are_off_has_its_link_when_they_are_on_again() -> None:
    account = planned("submitted")
    with_setting(account, {})
    with_setting(account, ANSWERING)
    (mail,) = sent(account)
    assert visitor(account).open(link_in(mail)).status == 200


def test_keys_that_cannot_be_read_claim_nobody_and_the_mail_leaves_later() -> None:
    account = planned("submitted")
    account.secrets.fails = refusal("InternalServiceError", 500)
    assert sent(account) == []
    assert set(account.states("CHG1").values()) == {"PLANNED"}
    account.secrets.fails = None
    account.settle(minutes=20)
    (mail,) = account.ses.mails
    assert link_in(mail)


def test_keys_that_were_read_once_serve_while_they_cannot_be_read() -> None:
    account = planned("submitted")
    sent(account)
    account.secrets.fails = refusal("InternalServiceError", 500)
    account.clock.now += 3_600
    account.announce(envelope(2, status="submitted", impact="The shop is down."))
    assert len({link_in(mail) for mail in sent(account)}) == 2


def asked(ana: Visitor, account: Account) -> Any:
    """Return the page that asks for the code; the code is not mailed yet."""
    shown = ana.confirm(ana.choose("approved"), "APPROVE")
    assert "We sent a code" in shown.text
    return shown


@pytest.mark.parametrize(
    "fault",
    [
        refusal("TooManyRequestsException", 429, "Maximum sending rate exceeded."),
        refusal("SendingPausedException", 400),
        refusal("InternalFailure", 500),
    ],
)
def test_a_code_that_could_not_be_mailed_is_mailed_again_while_it_works(
    account: Account, ana: Visitor, fault: Exception
) -> None:
    shown = asked(ana, account)
    account.ses.answer = raising(fault)
    account.send()
    account.ses.answer = lambda to: None
    account.settle(minutes=2)
    mails = [mail for mail in account.ses.mails if "code" in mail.tags.values()]
    assert ana.send(shown.forms[0], code=code_in(mails[-1])).status == 200


def raising(fault: Exception) -> Any:
    def answer(to: str) -> None:
        raise fault

    return answer


def test_a_code_is_not_mailed_when_it_no_longer_works(account: Account, ana: Visitor) -> None:
    asked(ana, account)
    account.ses.answer = raising(refusal("SendingPausedException", 400))
    account.settle(minutes=12)
    account.ses.answer = lambda to: None
    before = len(account.ses.mails)
    account.settle(minutes=30)
    assert len(account.ses.mails) == before


def test_a_refused_code_is_said_on_the_page(account: Account, ana: Visitor) -> None:
    shown = asked(ana, account)
    account.ses.answer = raising(refusal("MessageRejected", 400))
    account.send()
    late = ana.send(shown.forms[0], code="12345678")
    assert late.status == 400
    assert "could not be sent" in late.text


def test_a_code_that_is_asked_for_just_before_answers_are_switched_off_is_said(
    account: Account, ana: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    asked(ana, account)
    with_setting(account, {})
    account.settle()
    assert "no code" in caplog.text
