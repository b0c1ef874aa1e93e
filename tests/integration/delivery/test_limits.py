"""The account's own limits: a run beyond them is paused for a person, and nobody is mailed."""

import json
from typing import Any

import pytest

from changecast.customer.ledger.account_counters import list_size
from testbed.doubles.account import DEAD_LETTERS, DELIVERIES, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.crashes import Died, dies
from testbed.doubles.ses import Ses

PEOPLE = [f"p{number}@acme.example" for number in range(1, 6)]
TIGHT = {
    "MAX_MAILS_PER_DAY": "12",
    "MAX_ANNOUNCEMENTS_PER_HOUR": "2",
    "MAX_LIST_GROWTH": "10",
    "ALLOWED_LINK_DOMAINS": "acme.example, provider.example",
}


def limited(people: list[str] = PEOPLE, **limits: str) -> Account:
    """An account with these limits only."""
    return Account(ses=Ses(contacts={"announcements": [*people]}), environment=limits)


def announced(account: Account, number: int, **what: Any) -> Any:
    """Another change, and what the hub last heard of it."""
    change_id = f"CHG{number}"
    account.announce(envelope(change_id=change_id, **what))
    account.settle(2)
    return last_report(account, change_id)


def last_report(account: Account, change_id: str) -> Any:
    reports = [json.loads(entry["Detail"]) for entry in account.events.entries]
    mine = [report for report in reports if report["change_id"] == change_id]
    return max(mine, key=lambda report: int(report["report_seq"]))


def stands(report: Any) -> tuple[str, str | None]:
    return report["state"], report["reason"] and report["reason"]["code"]


def tally(account: Account, kind: str) -> list[int]:
    """What is counted under each day or hour, in order."""
    items = account.table.items
    keys = sorted(key for key in items if key[0] == "account" and key[1].startswith(f"{kind}#"))
    return [int(items[key]["tallied"]["N"]) for key in keys]


def test_mails_beyond_the_days_number_wait_for_a_person() -> None:
    account = limited(MAX_MAILS_PER_DAY="12")
    assert stands(announced(account, 1)) == stands(announced(account, 2)) == ("sent", None)
    report = announced(account, 3)
    assert stands(report) == ("paused", "mails_per_day")
    assert "MaxMailsPerDay" in report["reason"]["message"]
    assert report["counts"]["planned"] == 5
    assert len(account.ses.mails) == 10
    assert tally(account, "mails") == [10]
    account.clock.now += 86_400
    assert stands(announced(account, 4)) == ("sent", None)
    assert stands(last_report(account, "CHG3")) == ("paused", "mails_per_day")
    assert tally(account, "mails") == [10, 5]


def test_a_small_run_still_fits_beside_a_large_one_that_waits() -> None:
    account = limited(MAX_MAILS_PER_DAY="8")
    announced(account, 1)
    assert stands(announced(account, 2))[0] == "paused"
    account.ses.contacts["announcements"] = PEOPLE[:3]
    assert stands(announced(account, 3)) == ("sent", None)
    assert tally(account, "mails") == [8]


def test_announcements_beyond_the_hours_number_wait_for_a_person() -> None:
    account = limited(MAX_ANNOUNCEMENTS_PER_HOUR="2")
    account.clock.now -= account.clock.now % 3_600
    states = [stands(announced(account, number)) for number in range(4)]
    late = ("paused", "announcements_per_hour")
    assert states == [("sent", None), ("sent", None), late, late]
    account.clock.now += 3_600
    assert stands(announced(account, 5)) == ("sent", None)
    assert tally(account, "announcements") == [2, 1]


def test_who_mails_nobody_is_not_counted() -> None:
    account = limited(MAX_ANNOUNCEMENTS_PER_HOUR="2")
    announced(account, 1)
    account.announce(envelope(2, change_id="CHG1", prior_status="approved"))
    account.announce(envelope(change_id="CHG2", status="draft"))
    account.settle(2)
    assert tally(account, "announcements") == [1]


@pytest.mark.parametrize("text", ["Log in at https://evil.example/acme", "Ask max@evil.example"])
def test_a_change_that_leads_elsewhere_waits_for_a_person(text: str) -> None:
    account = limited(ALLOWED_LINK_DOMAINS="acme.example, provider.example")
    assert stands(announced(account, 1, impact="See https://status.acme.example")) == ("sent", None)
    report = announced(account, 2, impact=text)
    assert stands(report) == ("paused", "link_domains")
    assert "evil.example" in report["reason"]["message"]
    assert len(account.ses.mails) == 5


def test_a_list_that_has_grown_tenfold_waits_for_a_person() -> None:
    account = limited(MAX_LIST_GROWTH="10")
    assert stands(announced(account, 1)) == ("sent", None)
    account.ses.contacts["announcements"] = people = [f"x{n}@acme.example" for n in range(101)]
    report = announced(account, 2)
    assert stands(report) == ("paused", "list_growth")
    assert "101 contacts, more than" in report["reason"]["message"]
    assert stands(announced(account, 3)) == ("paused", "list_growth"), "once is not the last run"
    account.resume("CHG2")
    account.settle(3)
    assert {mail.to for mail in account.ses.mails} == {*PEOPLE, *people}
    assert stands(announced(account, 4)) == ("sent", None)


@pytest.mark.parametrize("before", [5, 10, 100])
def test_a_small_list_and_one_that_grows_less_may_grow(before: int) -> None:
    people = [f"x{number}@acme.example" for number in range(max(100, before * 10))]
    account = limited(people[:before], MAX_LIST_GROWTH="10")
    announced(account, 1)
    account.ses.contacts["announcements"] = people
    assert stands(announced(account, 2)) == ("sent", None)
    assert list_size(account.ledger, "announcements") == len(people)


def test_an_empty_list_is_not_what_the_next_one_is_compared_with() -> None:
    people = [f"x{number}@acme.example" for number in range(200)]
    account = limited(people, MAX_LIST_GROWTH="10")
    announced(account, 1)
    account.ses.contacts["announcements"] = []
    announced(account, 2)
    account.ses.contacts["announcements"] = people
    assert stands(announced(account, 3)) == ("sent", None)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    account = limited(PEOPLE, **TIGHT)
    announced(account, 1)
    account.ses.contacts["announcements"] = [f"x{number}@acme.example" for number in range(101)]
    reason = announced(account, 2, impact="https://evil.example")["reason"]
    assert reason["code"] == "link_domains"
    assert "evil.example" in reason["message"]
    assert "101 contacts" in reason["message"]
    account.resume("CHG2")
    account.settle(2)
    assert stands(announced(account, 3)) == ("paused", "mails_per_day"), "the list is known now"


LIMITS: dict[str, dict[str, str]] = {
    "mails_per_day": {"MAX_MAILS_PER_DAY": "4"},
    "link_domains": {"ALLOWED_LINK_DOMAINS": "acme.example"},
}


@pytest.mark.parametrize("code", LIMITS)
def test_after_a_resume_everybody_is_mailed_once(code: str, stores: Any) -> None:
    """Over moto too: a conditional write that only the fake understands would show here."""
    account = Account(
        ses=Ses(contacts={"announcements": PEOPLE}), table=stores[0], environment=LIMITS[code]
    )
    event = envelope(impact="https://evil.example")
    account.announce(event)
    account.settle(20)
    assert stands(account.events.last_report()) == ("paused", code)
    assert (account.ses.mails, account.sqs.queue(DELIVERIES)) == ([], [])
    account.resume("CHG1")
    account.announce(event)
    account.settle(3)
    assert sorted(mail.to for mail in account.ses.mails) == PEOPLE
    assert stands(account.events.last_report()) == ("sent", None)
    assert account.run("CHG1").counted == 0, "what a person lets go uses up nobody else's share"


def test_the_same_event_again_and_again_counts_once() -> None:
    account = limited(MAX_MAILS_PER_DAY="9", MAX_ANNOUNCEMENTS_PER_HOUR="1")
    for _ in range(3):
        announced(account, 1)
    account.announce(envelope(event_id="aaaaaaaa-0000-4000-8000-000000000001"))
    account.settle(2)
    assert (tally(account, "mails"), tally(account, "announcements")) == ([5], [1])


def test_a_plan_that_dies_at_any_call_is_counted_once_or_waits() -> None:
    """Each call of the planner, before and after it took effect, below and beyond the limits."""
    for limits, mailed in ((TIGHT, 7), (TIGHT | {"MAX_MAILS_PER_DAY": "6"}, 0)):
        at, died = 1, True
        while died:
            died = any(
                [_dies(limits, mailed, at, after=False), _dies(limits, mailed, at, after=True)]
            )
            at += 1
        assert at > 12


def _dies(limits: dict[str, str], mailed: int, at: int, *, after: bool) -> bool:
    account = limited([f"p{n}@acme.example" for n in range(7)], BATCH_SIZE="3", **limits)
    account.announce(envelope())
    died = dies(account, account.plan, at, after=after)
    account.settle(15)
    assert len(account.ses.mails) == mailed
    assert tally(account, "mails") == [7] * bool(mailed)
    assert tally(account, "announcements") == [1] * bool(mailed)
    assert account.events.last_report()["state"] == ("sent" if mailed else "paused")
    return died


def test_a_run_that_is_resumed_before_its_plan_is_complete_goes_on() -> None:
    """The planner died after it had stopped the run; somebody resumes it before the next try."""
    account = limited(ALLOWED_LINK_DOMAINS="acme.example", BATCH_SIZE="3")
    table = account.table
    refused: list[object] = []

    class Dying:
        def __getattr__(self, name: str) -> object:
            return getattr(table, name)

        def transact_write_items(self, **request: Any) -> object:
            if "ADD batches" in str(request) and not refused:
                refused.append(request)
                raise Died
            return table.transact_write_items(**request)

    account.wrap = lambda service, client: Dying() if service == "dynamodb" else client
    account.start()
    account.announce(envelope(impact="https://evil.example"))
    with pytest.raises(Died):
        account.plan()
    assert account.run("CHG1").paused
    account.resume("CHG1")
    account.settle(12)
    assert sorted(mail.to for mail in account.ses.mails) == PEOPLE


def test_two_planners_of_one_run_count_it_once_and_two_runs_share_what_is_left() -> None:
    """Another planner works between any two of this one's calls: of the same event, of another."""
    for other_event in (envelope(), envelope(change_id="CHG2")):
        for at in range(1, 30):
            account = limited(MAX_MAILS_PER_DAY="9", BATCH_SIZE="3")
            other = Account(
                ses=account.ses, table=account.table, s3=account.s3, clock=account.clock,
                events=account.events, environment=account.environment,
            )  # fmt: skip
            account.wrap = _Meanwhile(other, other_event, at).wrap
            account.start()
            account.announce(envelope())
            account.plan()
            for each in (account, other):
                each.settle(8)
            assert len(account.ses.mails) == 5
            assert tally(account, "mails") == [5]


class _Meanwhile:
    """Before call number `at` of a client, another planner plans."""

    def __init__(self, other: Account, event: dict[str, Any], at: int) -> None:
        self.other, self.event, self.at, self.calls = other, event, at, 0

    def wrap(self, service: str, client: Any) -> Any:
        outer = self

        class Client:
            def __getattr__(self, name: str) -> Any:
                def call(**arguments: Any) -> Any:
                    outer.calls += 1
                    if outer.calls == outer.at:
                        outer.other.announce(outer.event)
                        outer.other.plan()
                    return getattr(client, name)(**arguments)

                return call

        return Client()


def test_a_transaction_that_collides_is_tried_again() -> None:
    account = limited(MAX_MAILS_PER_DAY="5")
    table = account.table
    refused: list[object] = []

    class Busy:
        def __getattr__(self, name: str) -> object:
            return getattr(table, name)

        def transact_write_items(self, **request: Any) -> object:
            if "tallied" in str(request) and len(refused) < 3:
                refused.append(request)
                reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
                raise refusal("TransactionCanceledException", 400, CancellationReasons=reasons)
            return table.transact_write_items(**request)

    account.wrap = lambda service, client: Busy() if service == "dynamodb" else client
    account.start()
    assert stands(announced(account, 1)) == ("sent", None)
    assert len(refused) == 3
    assert tally(account, "mails") == [5]


def test_the_sender_and_who_is_answered_are_the_accounts_own_whatever_a_document_says() -> None:
    account = limited()
    event = envelope()
    foreign = "max@evil.example"
    names = ("sender", "from", "From", "reply_to", "replyTo", "organizer", "support_contact")
    event["detail"] |= dict.fromkeys(names, foreign)
    event["detail"]["change"] |= dict.fromkeys(names, foreign)
    event["detail"]["metadata"] |= dict.fromkeys(names, foreign)
    event["detail"]["announced_by"] = foreign
    account.announce(event)
    account.settle(2)
    assert account.sqs.queue(DEAD_LETTERS) == []
    assert len(account.ses.mails) == 5
    for mail in account.ses.mails:
        assert b"evil.example" not in mail.raw
        assert b'From: "Acme changes" <changes@acme.example>\r\n' in mail.raw
        assert b"\nReply-To: desk@provider.example" in mail.raw
