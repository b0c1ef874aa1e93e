"""A mail is sent again only if SES's own events arrive: without them, silence is not evidence."""

from collections import Counter
from typing import Any

import pytest

from changecast.customer.ledger.held import release_held
from changecast.customer.ledger.table import batch_counts
from testbed.doubles.account import DEAD_OUTCOMES, DELIVERIES, OUTCOMES, Account
from testbed.doubles.ses import SentMail, Ses
from tests.integration.delivery.test_send_mail import PEOPLE, planned, raises, timeout


def blocked() -> Account:
    """SES takes everybody's mail, does not answer for one, and none of its events arrive (yet)."""
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}))

    def accepted(mail: SentMail) -> None:
        if mail.to == PEOPLE[2]:
            raise timeout()

    account.ses.after = accepted
    planned(account).settle(2)
    return account


def event_about(account: Account, address: str) -> dict[str, Any]:
    """SES's event about a person's mail."""
    return next(mail for mail in account.ses.mails if mail.to == address).event("Send")


def test_a_silent_ses_holds_and_mails_nobody_twice() -> None:
    account = blocked()
    account.settle(70)
    assert account.states("CHG1")[PEOPLE[2]] == "UNKNOWN", "it waits for the events"
    account.settle(60)
    report = account.events.last_report()
    assert (report["state"], report["counts"]["held"]) == ("held", 1)
    assert Counter(mail.to for mail in account.ses.mails) == dict.fromkeys(PEOPLE, 1)


def test_events_that_stop_in_the_middle_of_a_run_hold() -> None:
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}), environment={"BATCH_SIZE": "1"})
    taken = []

    def accepted(mail: SentMail) -> None:
        taken.append(mail)
        if mail.to == PEOPLE[4]:
            raise timeout()
        if len(taken) == 1:  # SES's events of this run arrive, and later none
            account.hear(mail.event("Send"))

    account.ses.after = accepted
    planned(account)
    hints = list(account.sqs.queue(DELIVERIES))
    account.sqs.queue(DELIVERIES).clear()
    for hint in hints:
        account.clock.sleep(60)
        account.sqs.queue(DELIVERIES).append(hint)
        account.send()
    account.settle(140)
    assert account.states("CHG1")[PEOPLE[4]] == "HELD"
    assert Counter(mail.to for mail in account.ses.mails) == dict.fromkeys(PEOPLE, 1)


def test_a_batch_says_when_ses_took_a_mail_and_not_when_that_was_written_down() -> None:
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}))
    called: list[str] = []

    def answer(to: str) -> None:
        called.append(to)
        if len(called) > 1:
            account.clock.sleep(13)
            raise timeout()

    account.ses.answer = answer
    planned(account)
    began = account.clock.now
    account.send()
    (head,) = batch_counts(account.ledger, account.run("CHG1"))
    assert head.accepted_at == pytest.approx(began, abs=1.0)
    assert account.clock.now > began + 50


@pytest.mark.parametrize("queue", [OUTCOMES, DEAD_OUTCOMES])
def test_events_that_nobody_writes_down_hold(queue: str) -> None:
    account = blocked()
    account.hear(event_about(account, PEOPLE[0]))
    account.settle(1)
    account.sqs.send_message(QueueUrl=queue, MessageBody="an event")
    for _ in range(130):  # SES's events of this run arrived, but now nobody reads them
        account.sweep()
        account.clock.sleep(60)
    assert account.states("CHG1")[PEOPLE[2]] == "HELD"


def test_events_that_arrive_in_the_end_settle_who_went_out_and_free_who_did_not() -> None:
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}))
    account.ses.answer = raises(timeout(), only="p3", times=1)
    planned(account).settle(75)
    assert account.states("CHG1")[PEOPLE[2]] == "UNKNOWN"
    for mail in list(account.ses.mails):
        account.hear(mail.event("Send"))
    account.settle(8)
    assert Counter(mail.to for mail in account.ses.mails) == dict.fromkeys(PEOPLE, 1)
    assert account.events.last_report()["state"] == "sent"


def test_a_recipient_held_for_want_of_events_is_settled_by_them_or_released() -> None:
    account = blocked()
    account.settle(130)
    account.hear(event_about(account, PEOPLE[2]))
    account.settle(1)
    assert account.states("CHG1")[PEOPLE[2]] == "SENT"
    assert release_held(account.ledger, account.run("CHG1"), account.clock.now) == 0
    assert account.events.last_report()["state"] == "sent"
