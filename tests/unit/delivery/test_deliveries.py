"""What happens to one delivery hint: mails, a later hint, and a report if one is due."""

import json
from dataclasses import replace

import pytest

from changecast.contract.errors import ContractError
from changecast.customer.sending.deliveries import send_delivery
from testbed.doubles.account import DELIVERIES, REPORTS, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import Ses
from testbed.doubles.sqs import Message

PEOPLE = [f"p{number}@acme.example" for number in range(1, 5)]


@pytest.fixture
def account() -> Account:
    """A planned run of two batches of two; its hints are taken out of the queue."""
    account = Account(
        ses=Ses(contacts={"announcements": [*PEOPLE]}), environment={"BATCH_SIZE": "2"}
    )
    account.announce(envelope())
    account.plan()
    account.sqs.queue(DELIVERIES).clear()
    account.sqs.queue(REPORTS).clear()
    account.clock.sleep(1)  # the second batch's slot begins
    return account


def deliver(account: Account, number: int, *, receives: int = 1, always: int = 20) -> None:
    """Hand the hint of one batch to the sender, as the function does."""
    body = json.dumps({"run": account.run("CHG1").run, "batch": number})
    record = Message(body, 0.0, receives).record()
    deliveries = replace(account.modules["send_mail"].deliveries, always_reported=always)
    send_delivery(deliveries, record, account.clock.now + 60)


def told(account: Account) -> list[str]:
    return sorted(mail.to for mail in account.ses.mails)


def test_a_batch_is_sent_and_reported(account: Account) -> None:
    deliver(account, 1)
    assert told(account) == PEOPLE[:2]
    assert account.sqs.bodies(DELIVERIES) == []
    (report,) = account.sqs.bodies(REPORTS)
    assert json.loads(report)["run"] == account.run("CHG1").run


def test_a_batch_is_sent_once_however_often_it_is_hinted(account: Account) -> None:
    deliver(account, 1)
    deliver(account, 1)
    assert told(account) == PEOPLE[:2]


def test_a_batch_before_its_slot_is_hinted_again_for_then(account: Account) -> None:
    account.clock.now -= 61
    deliver(account, 2)
    assert told(account) == []
    (hint,) = account.sqs.queue(DELIVERIES)
    assert json.loads(hint.body)["batch"] == 2
    assert 58 <= hint.visible_at - account.clock.now <= 61


def test_a_slot_further_off_than_a_queue_delays_is_left_to_the_sweep(account: Account) -> None:
    account.clock.now -= 1_000
    deliver(account, 2)
    assert told(account) == []
    assert account.sqs.bodies(DELIVERIES) == []


def test_later_batches_of_a_run_share_a_report(account: Account) -> None:
    deliver(account, 1, always=0)
    deliver(account, 2, always=0)
    assert told(account) == PEOPLE
    assert len(account.sqs.queue(REPORTS)) == 1


def test_a_try_that_may_have_died_before_its_report_is_reported(account: Account) -> None:
    deliver(account, 1, always=0)
    deliver(account, 1, receives=2, always=0)
    assert told(account) == PEOPLE[:2]
    assert len(account.sqs.queue(REPORTS)) == 2


@pytest.mark.parametrize("body", ["", "{}", '{"run": "r"}', '{"run": "r", "batch": 0}',
                                  '{"run": "r", "batch": true}', '{"batch": 1}'])  # fmt: skip
def test_a_hint_that_names_no_batch_is_refused(account: Account, body: str) -> None:
    deliveries = account.modules["send_mail"].deliveries
    with pytest.raises(ContractError):
        send_delivery(deliveries, Message(body, 0.0, 1).record(), account.clock.now + 60)
    assert told(account) == []
