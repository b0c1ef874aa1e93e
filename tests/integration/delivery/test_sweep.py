"""What time brings about, and what people decide."""

from typing import Any

import pytest

from changecast.contract.errors import PauseRun, Retry
from changecast.contract.pause_code import PauseCode
from changecast.customer.ledger.due_index import due_batches, set_due
from changecast.customer.ledger.held import drop_held, held, release_held
from changecast.customer.ledger.runs import pause, resume, sweep_soon
from changecast.customer.ledger.schema import Batch
from changecast.customer.ledger.table import read_batch
from testbed.doubles.account import DELIVERIES, REPORTS, Account, Context
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.dynamodb import Table
from testbed.doubles.ses import Ses
from tests.integration.delivery.test_send_mail import PEOPLE, planned, raises, timeout

SWEEP = "changecast.customer.sending.sweep"


def unanswered(policy: str = "resend") -> Account:
    """An account in which nobody knows of one recipient."""
    account = Account(
        ses=Ses(contacts={"announcements": PEOPLE}), environment={"UNKNOWN_POLICY": policy}
    )
    account.ses.answer = raises(timeout(), only="p3", times=1)
    planned(account).settle(70)
    return account


def test_hold_reports_who_is_held_and_sends_nothing() -> None:
    account = unanswered("hold")
    assert account.states("CHG1")[PEOPLE[2]] == "HELD"
    report = account.events.last_report()
    assert (report["state"], report["counts"]["held"]) == ("held", 1)
    assert report["reason"]["code"] == "no_evidence"
    assert account.ses.calls == 5


def test_who_is_held_can_be_released() -> None:
    account = unanswered("hold")
    (person,) = held(account.ledger, account.run("CHG1"))
    assert person.address == PEOPLE[2]
    assert release_held(account.ledger, account.run("CHG1"), account.clock.now) == 1
    account.settle(3)
    assert sorted(mail.to for mail in account.ses.mails) == PEOPLE
    assert account.events.last_report()["state"] == "sent"


def test_who_is_held_can_be_dropped() -> None:
    account = unanswered("hold")
    assert drop_held(account.ledger, account.run("CHG1"), account.clock.now) == 1
    assert account.states("CHG1")[PEOPLE[2]] == "FAILED"
    account.settle(3)
    assert len(account.ses.mails) == 4
    report = account.events.last_report()
    assert (report["state"], report["counts"]["held"]) == ("partial", 0), "the hub hears of it"


def test_a_run_that_is_resumed_when_all_is_sent_is_reported_as_sent() -> None:
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}))
    planned(account)
    account.settle(3)
    pause(account.ledger, account.run("CHG1").run, PauseRun(PauseCode.COMPLAINT_RATE, "x"), 1.0)
    sweep_soon(account.ledger, resume(account.ledger, account.run("CHG1")), account.clock.now)
    before = account.events.last_report()["report_seq"]
    account.settle(3)
    report = account.events.last_report()
    assert report["report_seq"] > before
    assert report["state"] == "sent"


def test_what_passes_by_itself_lifts_no_stop_that_is_for_a_person() -> None:
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}))
    account.announce(envelope())
    account.plan()
    run = account.run("CHG1").run
    pause(account.ledger, run, PauseRun(PauseCode.DAILY_QUOTA, "x"), 1.0)
    pause(account.ledger, run, PauseRun(PauseCode.BOUNCE_RATE, "x"), 2.0)
    pause(account.ledger, run, PauseRun(PauseCode.SENDING_PAUSED, "x"), 3.0)
    account.settle(30)
    assert account.run("CHG1").paused
    assert account.run("CHG1").reason_code == "bounce_rate"
    assert not account.ses.mails


def test_a_lost_hint_is_queued_again() -> None:
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}))
    planned(account)
    account.sqs.queue(DELIVERIES).clear()
    account.settle(6)
    assert len(account.ses.mails) == 5


def test_a_sweep_that_comes_for_somebody_else_leaves_the_unknown_alone() -> None:
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}))

    def answer(to: str) -> None:
        if account.ses.calls == 1:
            raise timeout()
        if account.ses.calls == 2:
            raise refusal("TooManyRequestsException", 429, "rate")

    account.ses.answer = answer
    planned(account).send()
    account.sqs.queue(DELIVERIES).clear()
    account.settle(8)
    assert sorted(account.states("CHG1").values()) == ["SENT"] * 4 + ["UNKNOWN"]


def test_a_finished_run_leaves_nothing_to_look_at(account: Account) -> None:
    planned(account).settle()
    assert due_batches(account.ledger, account.clock.now + 10**9) == []


class LaggingIndex(Table):
    """A table whose index shows what it showed at some time."""

    shown: Table | None = None

    def query(self, **request: Any) -> dict[str, Any]:
        """Query the table as it is, the index as it was."""
        if self.shown is not None and "IndexName" in request:
            return self.shown.query(**request)
        return super().query(**request)


def test_a_stale_index_makes_no_second_release() -> None:
    table = LaggingIndex()
    account = planned(Account(ses=Ses(contacts={"announcements": PEOPLE}), table=table))
    account.sqs.queue(DELIVERIES).clear()
    account.clock.sleep(600)
    table.shown = table.copy()
    account.sweep()
    assert len(account.sqs.queue(DELIVERIES)) == 1

    assert due_batches(account.ledger, account.clock.now) != []  # the index still shows it
    account.sweep()
    assert len(account.sqs.queue(DELIVERIES)) == 1


def test_a_small_change_behind_a_large_one_has_its_turn_in_the_first_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Account()
    large = [Batch("large", number, "CHG1", 1) for number in range(1, 201)]
    found = [*large, Batch("small", 1, "CHG2", 1)]
    monkeypatch.setattr(f"{SWEEP}.due_batches", lambda ledger, now: found)
    groups: list[list[Batch]] = []

    def looked_at(_: object, group: list[Batch]) -> list[Batch]:
        groups.append(group)
        return []

    monkeypatch.setattr(f"{SWEEP}.look_at_batches", looked_at)
    account.sweep()
    assert "small" in {batch.run for batch in groups[0]}
    assert sum(map(len, groups)) == 201


def test_a_sweep_stops_in_time_and_the_next_one_goes_on() -> None:
    people = [f"p{number}@acme.example" for number in range(150)]
    account = Account(ses=Ses(contacts={"announcements": people}), environment={"BATCH_SIZE": "1"})
    planned(account)
    account.sqs.queue(DELIVERIES).clear()
    account.clock.sleep(600)
    account.modules["sweep"].handler({}, Context(20))
    assert account.sqs.queue(DELIVERIES) == []
    account.sweep()
    assert len(account.sqs.queue(DELIVERIES)) == 150


def test_a_busy_batch_does_not_stop_the_sweep() -> None:
    people = [f"p{number}@acme.example" for number in range(2)]
    account = Account(ses=Ses(contacts={"announcements": people}), environment={"BATCH_SIZE": "1"})
    account.ses.answer = raises(timeout())
    planned(account).send()
    account.clock.sleep(4_000)
    table = account.table

    class Busy:
        def __getattr__(self, name: str) -> object:
            return getattr(table, name)

        def transact_write_items(self, **request: object) -> object:
            if "#00001'" in str(request):
                reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
                raise refusal("TransactionCanceledException", 400, CancellationReasons=reasons)
            return table.transact_write_items(**request)

    account.wrap = lambda service, client: Busy() if service == "dynamodb" else client
    account.start()
    account.sweep()
    assert sorted(account.states("CHG1").values()) == ["PLANNED", "UNKNOWN"]


def test_a_batch_that_cannot_be_read_does_not_stop_the_sweep_and_is_not_hidden() -> None:
    people = [f"p{number}@acme.example" for number in range(3)]
    account = Account(ses=Ses(contacts={"announcements": people}), environment={"BATCH_SIZE": "1"})
    account.ses.answer = raises(timeout())
    planned(account).send()
    account.clock.sleep(4_000)
    table = account.table

    class Hot:
        def __getattr__(self, name: str) -> object:
            return getattr(table, name)

        def query(self, **request: object) -> object:
            if "#00001'" in str(request):
                raise refusal("ProvisionedThroughputExceededException", 400)
            return table.query(**request)

    account.wrap = lambda service, client: Hot() if service == "dynamodb" else client
    account.start()
    with pytest.raises(Retry, match="batches that could not be checked: 1; "):
        account.sweep()
    account.wrap = lambda service, client: client
    account.start()
    assert sorted(account.states("CHG1").values()) == ["PLANNED", "PLANNED", "UNKNOWN"]


def test_an_account_without_quota_pauses_the_run_and_says_so() -> None:
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}, most=3.0))
    planned(account)
    account.sqs.queue(DELIVERIES).clear()
    account.ses.most = 0.0
    account.settle(8)
    assert account.ses.calls == 0
    report = account.events.last_report()
    assert (report["state"], report["reason"]["code"]) == ("paused", "daily_quota")
    account.ses.most = 100.0
    account.settle(8)
    assert len(account.ses.mails) == 5
    assert account.events.last_report()["state"] == "sent"


def test_a_superseded_run_sends_to_nobody_whose_window_ends() -> None:
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}))
    account.ses.answer = raises(timeout(), only="p3", times=1)
    planned(account).settle(2)
    account.announce(envelope(2, hours=4))
    account.settle(70)
    assert account.states("CHG1")[PEOPLE[2]] == "SUPERSEDED"
    assert [mail.to for mail in account.ses.mails].count(PEOPLE[2]) == 1
    assert account.states("CHG1", 2)[PEOPLE[2]] == "SENT"


def test_a_release_during_a_sweep_is_not_forgotten() -> None:
    """Two write the same batch: the one that has seen less of it must read again."""
    account = unanswered("hold")
    run = account.run("CHG1")
    stale = read_batch(account.ledger, run.run, 1)
    assert stale is not None
    release_held(account.ledger, run, account.clock.now)
    set_due(account.ledger, stale, None)
    account.settle(3)
    assert len(account.ses.mails) == 5


@pytest.mark.parametrize("kind", ["Bounce", "Complaint"])
def test_too_many_bounces_or_complaints_stop_a_run(kind: str) -> None:
    people = [f"p{number:03}@acme.example" for number in range(60)]
    account = Account(ses=Ses(contacts={"announcements": people}, rate=1.0))

    def comes_back(mail: object) -> None:
        account.hear(mail.event(kind, bounce={"bounceType": "Permanent"}))  # type: ignore[attr-defined]

    account.ses.after = comes_back
    planned(account).settle(3)
    report = account.events.last_report()
    assert report["state"] == "paused"
    assert report["reason"]["code"] == f"{kind.lower()}_rate"
    assert len(account.ses.mails) < 60
    account.settle(10)
    assert len(account.ses.mails) < 60
    account.resume("CHG1")
    account.settle(6)
    assert len(account.ses.mails) == 60
    assert account.sqs.queue(REPORTS) == []
