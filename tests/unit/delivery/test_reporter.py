"""What the hub is told of a run or of a refused event, and what goes back to the queue."""

import json
from dataclasses import replace
from typing import Any

import pytest

from changecast.customer.reporting.reporter import report_each_once
from testbed.doubles.account import DELIVERIES, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.events import Events
from testbed.doubles.ses import Ses
from testbed.doubles.sqs import Message

PEOPLE = [f"p{number}@acme.example" for number in range(1, 6)]
REJECTED = {
    "event_id": None, "change_id": None, "revision": None, "code": "schema",
    "message": "$.detail: is missing", "trace_id": "1-2",
}  # fmt: skip


@pytest.fixture
def account() -> Account:
    """An account that has mailed five people; the hub has heard nothing of it yet."""
    account = Account(ses=Ses(contacts={"announcements": [*PEOPLE]}))
    account.announce(envelope())
    account.plan()
    account.send()
    return account


def hint(account: Account) -> str:
    return json.dumps({"v": 1, "run": account.run("CHG1").run})


def report(account: Account, *bodies: str, events: Events | None = None) -> list[str]:
    """Report what the hints name; return the bodies that go back."""
    reporter = account.modules["report_delivery"].reporter
    if events:
        reporter = replace(reporter, events=events)
    messages = {message.id: message for message in (Message(body, 0.0, 1) for body in bodies)}
    records = [message.record() for message in messages.values()]
    answer = report_each_once(reporter, {"Records": records})
    return [messages[failed["itemIdentifier"]].body for failed in answer["batchItemFailures"]]


def test_a_run_is_reported_as_the_ledger_has_it(account: Account) -> None:
    assert report(account, hint(account)) == []
    (told,) = account.events.reports()
    assert (told["change_id"], told["revision"], told["customer"]) == ("CHG1", 1, "acme")
    assert (told["state"], told["counts"]["planned"], told["counts"]["sent"]) == ("sent", 5, 5)


def test_hints_of_one_run_in_one_invocation_are_one_report(account: Account) -> None:
    report(account, hint(account), hint(account), hint(account))
    assert len(account.events.reports()) == 1


def test_a_later_report_has_a_higher_number_and_the_same_end(account: Account) -> None:
    report(account, hint(account))
    account.clock.sleep(600)
    report(account, hint(account))
    first, second = account.events.reports()
    assert first["report_seq"] < second["report_seq"]
    assert first["ended_at"] == second["ended_at"]


def test_a_run_that_the_ledger_no_longer_has_is_not_reported(account: Account) -> None:
    assert report(account, json.dumps({"v": 1, "run": "0" * 16})) == []
    assert account.events.reports() == []


def test_a_refused_event_is_reported_with_its_reason(account: Account) -> None:
    report(account, json.dumps({"v": 1, "rejected": REJECTED}))
    (told,) = account.events.reports()
    assert (told["state"], told["change_id"]) == ("rejected", None)
    assert (told["reason"]["code"], told["reason"]["message"]) == ("schema", REJECTED["message"])


def test_a_hint_that_names_nothing_goes_back_alone(account: Account) -> None:
    assert report(account, "{}", hint(account)) == ["{}"]
    assert len(account.events.reports()) == 1


class Refusing(Events):
    """A bus that refuses every entry inside a successful answer."""

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """PutEvents."""
        failed = {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
        return {"FailedEntryCount": len(Entries), "Entries": [failed for _ in Entries]}


def test_a_report_that_the_bus_refuses_goes_back_and_is_put_later(account: Account) -> None:
    assert report(account, hint(account), events=Refusing()) == [hint(account)]
    assert account.events.reports() == []
    assert report(account, hint(account)) == []
    assert account.events.last_report()["state"] == "sent"


def test_a_run_beyond_the_bounce_limit_pauses_and_says_why(account: Account) -> None:
    people = [f"q{number}@acme.example" for number in range(100)]
    account.ses.contacts["announcements"] = people
    account.announce(envelope(change_id="CHG2"))
    account.plan()
    del account.sqs.queue(DELIVERIES)[1:]  # the others are planned, not sent
    account.clock.sleep(60)
    account.send()
    hard = {"bounce": {"bounceType": "Permanent", "bounceSubType": "General"}}
    mails = [mail for mail in account.ses.mails if mail.to in people]
    for mail in mails[:20]:
        account.hear(mail.event("Bounce", **hard))
    account.outcomes()
    report(account, json.dumps({"v": 1, "run": account.run("CHG2").run}))
    assert account.run("CHG2").paused
    told = account.events.last_report()
    assert (told["counts"]["bounced"], told["reason"]["code"]) == (20, "bounce_rate")
