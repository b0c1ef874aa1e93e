"""A lease lasts longer than any call to SES under it."""

import re
from pathlib import Path

import pytest

from changecast.customer.channels import https
from changecast.customer.channels.channel import LONGEST_CALL
from changecast.customer.channels.email import CONNECT_TIMEOUT, READ_TIMEOUT
from testbed.doubles.account import DELIVERIES, Account, Context
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import SentMail, Ses

TEMPLATE = (Path(__file__).parents[3] / "template.yaml").read_text()
CLOCKS_APART = 30


@pytest.mark.parametrize("function", ["SendMailFunction", "DeliverNoticeFunction"])
def test_the_template_s_lease_outlives_the_function_its_calls_and_wrong_clocks(
    function: str,
) -> None:
    sender = TEMPLATE[TEMPLATE.index(f"  {function}:") :]
    lease = re.search(r'LEASE_SECONDS: "(\d+)"', sender)
    timeout = re.search(r"Timeout: (\d+)", sender)
    assert lease is not None
    assert timeout is not None
    assert LONGEST_CALL > CONNECT_TIMEOUT + READ_TIMEOUT
    assert LONGEST_CALL > 2 * https.CONNECT_SECONDS + https.ANSWER_SECONDS
    assert int(lease[1]) >= int(timeout[1]) + LONGEST_CALL + CLOCKS_APART


def test_a_sweep_during_a_call_leaves_the_recipient_alone() -> None:
    account = Account(ses=Ses(contacts={"announcements": ["p@acme.example"]}))
    states = []

    def meanwhile(mail: SentMail) -> None:
        account.clock.sleep(59)
        account.sweep()
        states.append(account.states("CHG1")["p@acme.example"])

    account.ses.after = meanwhile
    account.announce(envelope())
    account.plan()
    account.send()
    assert states == ["SENDING"]
    assert account.states("CHG1") == {"p@acme.example": "SENT"}


def test_no_call_starts_that_its_lease_would_not_outlive() -> None:
    account = Account(ses=Ses(contacts={"announcements": ["p@acme.example"]}))
    account.environment = {"LEASE_SECONDS": "15"}
    account.start()
    account.announce(envelope())
    account.plan()
    account.work(DELIVERIES, "send_mail", Context(600))
    assert account.ses.calls == 0
    assert account.states("CHG1") == {"p@acme.example": "PLANNED"}
