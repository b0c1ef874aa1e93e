"""What one invocation records of SES's events, what goes back, and when a report is requested."""

import json
import threading
from dataclasses import replace
from typing import Any

import pytest

from changecast.customer.ledger.evidence import read_event_flow
from changecast.customer.ledger.report_schedule import begin_report
from changecast.customer.sending.outcomes import Recorder, record_outcomes
from testbed.doubles.account import OUTCOMES, REPORTS, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import SentMail, Ses, said_at
from testbed.doubles.sqs import Message

PEOPLE = [f"p{number}@acme.example" for number in range(1, 4)]


@pytest.fixture
def account() -> Account:
    """An account that has mailed three people and reported it."""
    account = Account(ses=Ses(contacts={"announcements": [*PEOPLE]}))
    account.announce(envelope())
    account.settle(2)
    assert account.states("CHG1") == dict.fromkeys(PEOPLE, "SENT")
    account.sqs.queue(REPORTS).clear()
    return account


def heard(
    account: Account, mail: SentMail, kind: str = "Delivery", *, receives: int = 1, ahead: float = 0
) -> Message:
    body = {"time": said_at(account.clock.now + ahead)} | mail.event(kind)
    return Message(json.dumps(body), 0.0, receives)


def record(account: Account, *messages: Message, seconds: float = 30) -> list[str]:
    """Record the events; return the ids of the messages that go back."""
    recorder = account.modules["record_outcome"].recorder
    records = [message.record() for message in messages]
    answer = record_outcomes(recorder, records, account.clock.now + seconds)
    return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]


def newest_event(account: Account) -> float:
    flow = read_event_flow(account.ledger, account.sqs, (OUTCOMES,))  # type: ignore[arg-type]
    return flow.last_event_at


def test_events_of_one_run_are_recorded_and_reported_once(account: Account) -> None:
    assert record(account, *(heard(account, mail) for mail in account.ses.mails)) == []
    assert account.states("CHG1") == dict.fromkeys(PEOPLE, "DELIVERED")
    (report,) = account.sqs.bodies(REPORTS)
    assert json.loads(report)["run"] == account.run("CHG1").run


class Meeting:
    """The ledger's client; each write waits until several are under way."""

    def __init__(self, client: Any, writes: int) -> None:
        self._client, self._lock = client, threading.Lock()
        self._met = threading.Barrier(writes, timeout=10)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        self._met.wait()
        with self._lock:
            return self._client.transact_write_items(**request)


def test_the_writes_of_several_ledger_batches_are_under_way_together() -> None:
    """Lambda's time is billed while a function waits for DynamoDB."""
    account = Account(
        ses=Ses(contacts={"announcements": [*PEOPLE]}), environment={"BATCH_SIZE": "1"}
    )
    account.announce(envelope())
    account.settle(2)
    account.sqs.queue(REPORTS).clear()
    module = account.modules["record_outcome"]
    ledger = replace(module.ledger, client=Meeting(account.table, len(PEOPLE)))
    # As the function makes it: the doubles make one call after another.
    recorder = replace(module.recorder, ledger=ledger, each=Recorder.each)
    records = [heard(account, mail).record() for mail in account.ses.mails]
    answer = record_outcomes(recorder, records, account.clock.now + 30)
    assert answer == {"batchItemFailures": []}
    assert account.states("CHG1") == dict.fromkeys(PEOPLE, "DELIVERED")
    assert len(account.sqs.queue(REPORTS)) == 1


def test_two_events_of_one_person_in_one_invocation_both_count(account: Account) -> None:
    mail = account.ses.mails[0]
    record(account, heard(account, mail), heard(account, mail, "Complaint"))
    assert account.states("CHG1")[mail.to] == "COMPLAINED"


@pytest.mark.parametrize("body", ["{", "[]", '"text"'])
def test_an_event_that_cannot_be_read_goes_back_alone(account: Account, body: str) -> None:
    broken = Message(body, 0.0, 1)
    assert record(account, broken, heard(account, account.ses.mails[0])) == [broken.id]
    assert sorted(account.states("CHG1").values()) == ["DELIVERED", "SENT", "SENT"]


def test_events_for_which_there_is_no_time_go_back(account: Account) -> None:
    messages = [heard(account, mail) for mail in account.ses.mails]
    assert record(account, *messages, seconds=5) == [message.id for message in messages]
    assert set(account.states("CHG1").values()) == {"SENT"}
    assert account.sqs.bodies(REPORTS) == []


def test_an_event_that_changes_nothing_is_not_reported(account: Account) -> None:
    record(account, heard(account, account.ses.mails[0], "Send"))
    assert account.sqs.bodies(REPORTS) == []


def test_a_repeated_event_is_reported_as_its_first_try_may_have_died(account: Account) -> None:
    record(account, heard(account, account.ses.mails[0], "Send", receives=2))
    assert len(account.sqs.queue(REPORTS)) == 1


@pytest.mark.parametrize(("late", "reports"), [(0, 0), (300, 0), (1_860, 1), (86_400, 1)])
def test_an_event_out_of_the_dead_letters_is_reported_as_a_try_before_may_have_died(
    account: Account, late: float, reports: int
) -> None:
    """SQS counts the receives of a message anew once it is redriven."""
    mail = account.ses.mails[0]
    record(account, heard(account, mail))
    account.sqs.queue(REPORTS).clear()
    reported = account.modules["report_delivery"].reporter
    begin_report(reported.ledger, account.run("CHG1").run)
    record(account, heard(account, mail, ahead=-late))
    assert len(account.sqs.queue(REPORTS)) == reports


def test_an_event_about_no_mail_of_ours_is_evidence_and_nothing_else(account: Account) -> None:
    before = newest_event(account)
    account.clock.sleep(60)
    foreign: Any = {"time": said_at(account.clock.now), "detail": {"eventType": "Delivery"}}
    assert record(account, Message(json.dumps(foreign), 0.0, 1)) == []
    assert newest_event(account) == int(account.clock.now) > before
    assert account.sqs.bodies(REPORTS) == []


def test_an_event_of_a_clock_that_is_ahead_vouches_for_nothing_later(account: Account) -> None:
    record(account, heard(account, account.ses.mails[0], ahead=3_600))
    assert newest_event(account) == account.clock.now


def test_an_outcome_of_a_recipient_that_nobody_planned_changes_nothing(account: Account) -> None:
    mail = account.ses.mails[0]
    stranger = SentMail(mail.to, b"", mail.tags | {"k": "f" * 32}, "m-9", mail.topic)
    assert record(account, heard(account, stranger)) == []
    assert set(account.states("CHG1").values()) == {"SENT"}
    assert account.sqs.bodies(REPORTS) == []
