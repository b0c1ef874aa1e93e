"""An account whose people may answer, and a person with her link."""

import pytest

from changecast.customer.responding import reading
from testbed.doubles.account import ANSWERING, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import Ses
from testbed.doubles.visitor import Visitor, link_in, responder

ANA, BOB, EVA = "ana@acme.example", "bob@acme.example", "eva@acme.example"


@pytest.fixture(autouse=True)
def cold() -> None:
    """No function is warm."""
    reading._change.cache_clear()


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Account:
    """Ana, Bob and Eva are asked to approve a change."""
    more = getattr(request, "param", {})
    contacts = {"announcements": [ANA, BOB, EVA], "approvals": [ANA, BOB, EVA], "calendar": []}
    found = Account(ses=Ses(contacts=contacts), environment=ANSWERING | more)
    found.announce(envelope(status="submitted"))
    found.settle()
    return found


def visitor(account: Account, address: str = ANA) -> Visitor:
    """Somebody with the link in her last mail."""
    mail = [mail for mail in account.ses.mails if mail.to == address][-1]
    return Visitor(responder(account), link_in(mail))


@pytest.fixture
def ana(account: Account) -> Visitor:
    return visitor(account)
