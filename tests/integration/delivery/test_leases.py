"""A lease outlives whatever may still call SES under it."""

import re
from pathlib import Path

from changecast.mailer import CONNECT_TIMEOUT, LONGEST_CALL, READ_TIMEOUT
from tests.doubles.account import DELIVERIES, Account, Context
from tests.doubles.announcements import envelope
from tests.doubles.ses import SentMail, Ses

TEMPLATE = (Path(__file__).parents[3] / "template.yaml").read_text()
CLOCKS_APART = 30


def test_the_template_s_lease_outlives_the_function_its_calls_and_wrong_clocks() -> None:
    (lease,) = re.findall(r'LEASE_SECONDS: "(\d+)"', TEMPLATE)
    sender = TEMPLATE[TEMPLATE.index("  SendMailFunction:") :]
    timeout = re.search(r"Timeout: (\d+)", sender)
    assert timeout is not None
    assert LONGEST_CALL > CONNECT_TIMEOUT + READ_TIMEOUT
    assert int(lease) >= int(timeout[1]) + LONGEST_CALL + CLOCKS_APART


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
