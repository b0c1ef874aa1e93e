"""A long run is reported at intervals, and its last report is true."""

from dataclasses import replace
from typing import Any

import pytest

from changecast.customer.ledger import report_schedule
from changecast.customer.ledger.report_schedule import begin_report, confirm_request
from changecast.customer.ledger.schema import run_id
from changecast.customer.ledger.table import Ledger
from testbed.doubles.account import REPORTS, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import Ses

RUN = run_id("CHG1", 1)
NOW = 1_800_000_000.0


def request_report(ledger: Ledger, run: str, asker: str, now: float) -> int | None:
    """Request a report as a function does that does not die: its hint is queued."""
    delay = report_schedule.request_report(ledger, run, asker, now)
    if delay is not None:
        confirm_request(ledger, run, asker)
    return delay


def planned(stores: Any, people: int) -> Account:
    table, s3 = stores
    contacts = {"announcements": [f"p{number}@acme.example" for number in range(people)]}
    account = Account(
        ses=Ses(contacts=contacts), table=table, s3=s3, environment={"BATCH_SIZE": "1"}
    )
    account.announce(envelope())
    account.plan()
    account.report()
    return account


def test_one_report_is_requested_until_a_report_begins(stores: Any) -> None:
    ledger = planned(stores, 1).ledger
    assert request_report(ledger, RUN, "first", NOW) == 0
    assert request_report(ledger, RUN, "second", NOW) is None
    begin_report(ledger, RUN)
    assert request_report(ledger, RUN, "third", NOW) == 0


def test_who_dies_before_its_hint_is_queued_keeps_nobody_from_asking(stores: Any) -> None:
    ledger = planned(stores, 1).ledger
    assert report_schedule.request_report(ledger, RUN, "dies", NOW) == 0
    assert request_report(ledger, RUN, "second", NOW) == 0
    assert request_report(ledger, RUN, "third", NOW) is None


def test_a_confirmation_that_comes_late_confirms_nothing(stores: Any) -> None:
    ledger = planned(stores, 1).ledger
    assert report_schedule.request_report(ledger, RUN, "slow", NOW) == 0
    begin_report(ledger, RUN)
    confirm_request(ledger, RUN, "slow")
    assert report_schedule.request_report(ledger, RUN, "next", NOW) == 0
    confirm_request(ledger, RUN, "slow")
    assert request_report(ledger, RUN, "third", NOW) == 0


def test_a_mark_that_nobody_took_away_for_long_keeps_nobody_from_asking(stores: Any) -> None:
    ledger = planned(stores, 1).ledger
    assert request_report(ledger, RUN, "first", NOW) == 0
    assert request_report(ledger, RUN, "second", NOW + 1_799.0) is None
    assert request_report(ledger, RUN, "third", NOW + 1_801.0) == 0
    assert request_report(ledger, RUN, "fourth", NOW + 1_802.0) is None


def test_a_call_that_the_client_repeats_does_not_meet_its_own_mark(stores: Any) -> None:
    ledger = planned(stores, 1).ledger
    once = ledger.client.update_item

    def twice(**request: Any) -> Any:
        once(**request)
        return once(**request)

    class Repeating:
        get_item = ledger.client.get_item
        update_item = staticmethod(twice)

    repeating: Any = Repeating()
    assert request_report(replace(ledger, client=repeating), RUN, "first", NOW) == 0
    assert request_report(ledger, RUN, "second", NOW) is None


def test_a_run_that_is_not_there_is_not_made(stores: Any) -> None:
    ledger = planned(stores, 1).ledger
    assert request_report(ledger, "0" * 16, "first", NOW) is None
    begin_report(ledger, "0" * 16)
    assert request_report(ledger, "0" * 16, "second", NOW) is None


@pytest.mark.parametrize("stores", ["memory"], indirect=True)
def test_a_long_run_asks_for_fewer_reports_than_it_has_batches(stores: Any) -> None:
    account = planned(stores, 60)
    account.send()
    assert len(account.sqs.queue(REPORTS)) == 21
    account.clock.now += 3
    account.report()
    report = account.events.last_report()
    assert (report["state"], report["counts"]["sent"]) == ("sent", 60)


@pytest.mark.parametrize("stores", ["memory"], indirect=True)
def test_outcomes_of_one_moment_ask_once(stores: Any) -> None:
    account = planned(stores, 60)
    account.send()
    account.clock.now += 3
    account.report()
    for mail in account.ses.mails:
        account.hear(mail.event("Delivery"))
    account.outcomes()
    assert len(account.sqs.queue(REPORTS)) == 1
    account.clock.now += 3
    account.report()
    assert account.events.last_report()["counts"]["delivered"] == 60
