"""A sender that is killed in the middle of a long list, over and over."""

import contextlib
from collections import Counter

import pytest

from testbed.doubles.account import Account
from testbed.doubles.announcements import envelope
from testbed.doubles.crashes import Crashes, Died
from testbed.doubles.ses import Ses

PEOPLE = [f"p{number:03}@acme.example" for number in range(500)]


@pytest.mark.parametrize("at", [40, 115, 470])
def test_a_sender_killed_among_five_hundred_mails_everybody_once(at: int) -> None:
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}, rate=100.0))
    account.ses.after = lambda mail: account.hear(mail.event("Send"))
    account.announce(envelope())
    account.plan()
    account.wrap = Crashes(at, after=True).wrap
    account.start()
    with contextlib.suppress(Died):
        account.settle(1)
    account.wrap = lambda service, client: client
    account.start()
    account.report()
    counts = account.events.last_report()["counts"]
    assert counts["planned"] == 500
    assert counts["sent"] <= len(account.ses.mails)
    account.settle(75)
    assert Counter(mail.to for mail in account.ses.mails) == dict.fromkeys(PEOPLE, 1)
    report = account.events.last_report()
    assert (report["state"], report["counts"]["sent"]) == ("sent", 500)


def test_replaying_every_event_mails_nobody() -> None:
    account = Account(ses=Ses(contacts={"announcements": PEOPLE[:5]}))
    revisions = [envelope(1), envelope(2, hours=3), envelope(3, hours=3, prior_status="approved")]
    for event in revisions:
        account.announce(event)
        account.settle(2)
    mailed = len(account.ses.mails)
    for event in reversed(revisions * 2):
        account.announce(event)
    account.settle(5)
    assert len(account.ses.mails) == mailed == 10
