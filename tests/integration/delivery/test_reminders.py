"""Reminders: each once, at its time before the current start, to the people subscribed then."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace
from typing import Any

import pytest

from changecast.contract.errors import PauseRun
from changecast.contract.pause_code import PauseCode
from changecast.customer.ledger.due_reminders import (
    DueReminder,
    due_reminders,
    expect_reminder,
    postpone_reminder,
    read_due_reminder,
    settle_reminder,
)
from changecast.customer.ledger.preferences import Preference, choose
from changecast.customer.ledger.runs import pause, resume
from changecast.customer.ledger.schema import Run, mailbox_of
from changecast.customer.ledger.table import batches_of, reminders_of
from changecast.customer.planning import reminders as reminders_module
from changecast_cli.failures import Refused
from changecast_cli.watching.recipients import run_in
from testbed.doubles.account import Account
from testbed.doubles.announcements import START, envelope
from testbed.doubles.answers import refusal
from testbed.doubles.crashes import Crashes, Died, dies
from testbed.doubles.dynamodb import Table
from testbed.doubles.s3 import S3
from testbed.doubles.ses import SentMail, Ses
from tests.integration.delivery.test_send_mail import raises, timeout

PEOPLE = [f"p{number}@acme.example" for number in range(1, 4)]
HOUR, DAY = 3_600.0, 86_400.0
BEGINS = datetime.fromisoformat(START).timestamp()
LATER = "2027-03-09T22:00:00Z"
LATER_BEGINS = datetime.fromisoformat(LATER).timestamp()


def reminding(reminders: str = "24h,1h", table: Any = None, s3: Any = None, **more: str) -> Account:
    """An account whose people are reminded; the second of three takes calendar entries too."""
    contacts = {"announcements": [*PEOPLE], "calendar": PEOPLE[1:2]}
    return Account(
        ses=Ses(contacts=contacts),
        table=table or Table(),
        s3=s3 or S3(),
        environment={"REMINDERS": reminders, **more},
    )


@pytest.fixture
def account() -> Account:
    return reminding()


def announced(account: Account, revision: int = 1, **what: Any) -> Account:
    account.announce(envelope(revision, **what))
    account.settle(3)
    return account


def jump(account: Account, seconds: float, minutes: int = 4) -> Account:
    """Let time pass until an instant (epoch seconds), then work."""
    assert account.clock.now < seconds
    account.clock.now = seconds
    account.settle(minutes)
    return account


def reminders(account: Account) -> list[tuple[str, str]]:
    """(to, subject) of every mail that is none of an announcement."""
    return sorted((mail.to, str(read(mail)["Subject"])) for mail in mails_of(account))


def mails_of(account: Account) -> list[SentMail]:
    runs = {run.run for run in reminders_of(account.ledger, "CHG1")}
    return [mail for mail in account.ses.mails if mail.tags["r"].partition("-")[0] in runs]


def read(mail: SentMail) -> Any:
    return message_from_bytes(mail.raw, policy=default)


def text_of(mail: SentMail) -> str:
    return str(read(mail).get_body(("plain",)).get_content())


def to_all(subject: str = "Reminder: Database upgrade, Sat 6 Mar 23:00 [CHG1]") -> Any:
    return [(address, subject) for address in PEOPLE]


def test_everybody_is_reminded_once_at_each_time(stores: Any) -> None:
    account = announced(reminding(table=stores[0], s3=stores[1]))
    assert len(account.ses.mails) == 3
    jump(account, BEGINS - DAY - 300)
    assert reminders(account) == []
    jump(account, BEGINS - DAY + 5)
    assert reminders(account) == to_all()
    jump(account, BEGINS - HOUR + 5)
    assert reminders(account) == sorted(to_all() * 2)
    jump(account, BEGINS + 5)
    jump(account, BEGINS + DAY)
    assert len(account.ses.mails) == 9


def test_a_reminder_is_short_in_the_thread_and_says_how_long_until_the_start(
    account: Account,
) -> None:
    announced(account)
    jump(account, BEGINS - DAY + 5)
    jump(account, BEGINS - HOUR + 5)
    first = read(account.ses.mails[0])
    day, hour = mails_of(account)[0], mails_of(account)[-1]
    assert "this change starts in 1 day." in " ".join(text_of(day).split())
    assert "this change starts in 1 hour." in " ".join(text_of(hour).split())
    assert read(day)["References"] == first["References"]
    assert not [part for part in read(day).walk() if part.get_content_type() == "text/calendar"]
    assert mails_of(account)[0].topic == "announcements"


def test_without_reminders_nothing_is_expected_and_nothing_differs() -> None:
    off = announced(reminding(""))
    before = dict(off.table.items)
    assert not [key for key in before if key[1].startswith(("due#", "reminder#"))]
    jump(off, BEGINS - DAY + 5)
    jump(off, BEGINS - HOUR + 5)
    assert len(off.ses.mails) == 3


def test_a_moved_window_moves_its_reminders(account: Account) -> None:
    announced(account)
    announced(account, 2, start=LATER)
    jump(account, BEGINS - DAY + 5)
    jump(account, BEGINS - HOUR + 5)
    assert reminders(account) == []
    jump(account, LATER_BEGINS - DAY + 5)
    moved = to_all("Reminder: Database upgrade, Tue 9 Mar 23:00 [CHG1]")
    assert reminders(account) == moved
    jump(account, LATER_BEGINS - HOUR + 5)
    assert reminders(account) == sorted(moved * 2)


def test_a_window_moved_beyond_both_times_brings_one_reminder_at_once(account: Account) -> None:
    announced(account)
    account.clock.now = BEGINS - 40 * DAY
    soon = datetime.fromtimestamp(account.clock.now + 1_800, UTC).isoformat()
    announced(account, 2, start=soon)
    account.settle(4)
    assert [to for to, _ in reminders(account)] == PEOPLE
    assert "starts in 30 minutes" in " ".join(text_of(mails_of(account)[0]).split())
    account.settle(60)
    assert len(reminders(account)) == 3


def test_a_window_that_moves_by_seconds_has_not_moved(account: Account) -> None:
    """No mail shows seconds, so nobody is told of the move; a reminder would be a riddle."""
    account.clock.now = BEGINS - HOUR / 2
    announced(account)
    announced(account, 2, start=START.replace(":00Z", ":20Z"))
    assert len(account.ses.mails) == 3
    assert reminders(account) == []


def test_who_is_told_for_the_first_time_is_not_reminded_of_times_that_are_past(
    account: Account,
) -> None:
    account.clock.now = BEGINS - 5 * HOUR
    announced(account)
    account.settle(10)
    assert reminders(account) == []
    jump(account, BEGINS - HOUR + 5)
    assert reminders(account) == to_all()


@pytest.mark.parametrize("status", ["cancelled", "completed", "in_progress", "submitted", "draft"])
def test_what_is_no_longer_to_start_is_not_reminded_of(account: Account, status: str) -> None:
    announced(account)
    announced(account, 2, status=status)
    jump(account, BEGINS - DAY + 5)
    jump(account, BEGINS - HOUR + 5)
    assert reminders(account) == []


def test_a_customer_that_was_withdrawn_is_not_reminded(account: Account) -> None:
    announced(account)
    announced(account, 2, customers=("globex",), withdrawn=("acme",))
    jump(account, BEGINS - DAY + 5)
    assert reminders(account) == []


@pytest.mark.parametrize("what", [{"test": True}, {"status": "submitted"}, {"status": "draft"}])
def test_tests_and_changes_without_approval_have_no_reminders(
    account: Account, what: dict[str, Any]
) -> None:
    announced(account, **what)
    jump(account, BEGINS - DAY + 5)
    jump(account, BEGINS - HOUR + 5)
    for change_id in ("CHG1", "CHG1:test"):
        assert reminders_of(account.ledger, change_id) == []


def test_while_its_announcement_is_paused_nobody_is_reminded(account: Account) -> None:
    account = reminding(MAX_MAILS_PER_DAY="2")
    announced(account)
    assert account.run("CHG1").paused
    jump(account, BEGINS - DAY + 5)
    assert account.ses.mails == []
    account.resume("CHG1")
    account.settle(10)
    assert len(account.ses.mails) == 3


def test_a_reminder_waits_until_its_announcement_has_gone_out(account: Account) -> None:
    account.clock.now = BEGINS - DAY - 60
    busy = refusal("TooManyRequestsException", 429, "Maximum sending rate exceeded.")
    account.ses.answer = raises(busy, only="p3", times=40)
    account.announce(envelope())
    account.settle(25)
    for address in PEOPLE:
        said = [read(mail)["Subject"] for mail in account.ses.mails if mail.to == address]
        assert [subject.partition(":")[0] for subject in said] == ["Planned", "Reminder"]


def test_after_a_resume_the_reminder_follows_its_announcement(account: Account) -> None:
    announced(account)
    stop = PauseRun(PauseCode.BOUNCE_RATE, "too many bounces")
    pause(account.ledger, account.run("CHG1").run, stop, account.clock.now)
    jump(account, BEGINS - DAY + 5)
    assert reminders(account) == []
    resume(account.ledger, account.run("CHG1"))
    account.settle(6)
    assert reminders(account) == to_all()


def test_who_subscribed_later_gets_the_whole_change_and_is_reminded_next_time(
    account: Account,
) -> None:
    announced(account)
    late = ["late@acme.example", "planner@acme.example"]
    account.ses.contacts["announcements"] += late
    account.ses.contacts["calendar"].append(late[1])
    jump(account, BEGINS - DAY + 5)
    said = dict(reminders(account))
    assert said[late[0]] == said[late[1]] == "Planned: Database upgrade, Sat 6 Mar 23:00 [CHG1]"
    invited = [
        mail.to
        for mail in mails_of(account)
        if any(part.get_content_type() == "text/calendar" for part in read(mail).walk())
    ]
    assert invited == [late[1]]
    jump(account, BEGINS - HOUR + 5)
    again = [subject for to, subject in reminders(account) if to in late]
    assert sorted(again)[:2] == ["Planned: Database upgrade, Sat 6 Mar 23:00 [CHG1]"] * 2
    assert sorted(again)[2:] == ["Reminder: Database upgrade, Sat 6 Mar 23:00 [CHG1]"] * 2


def test_who_was_told_by_a_reminder_is_not_told_the_same_revision_again(account: Account) -> None:
    announced(account)
    account.ses.contacts["announcements"].append("late@acme.example")
    jump(account, BEGINS - DAY + 5)
    announced(account, 2, prior_status="approved")
    to_late = [mail for mail in account.ses.mails if mail.to == "late@acme.example"]
    assert len(to_late) == 1


def test_who_left_is_not_reminded(account: Account) -> None:
    announced(account)
    account.ses.contacts["announcements"].remove(PEOPLE[0])
    jump(account, BEGINS - DAY + 5)
    assert [to for to, _ in reminders(account)] == PEOPLE[1:]


def test_a_revision_with_the_same_window_brings_no_second_reminder(account: Account) -> None:
    announced(account)
    jump(account, BEGINS - DAY + 5)
    announced(account, 2, impact="The shop is closed.")
    account.settle(10)
    assert reminders(account) == to_all()
    jump(account, BEGINS - HOUR + 5)
    assert reminders(account) == sorted(to_all() * 2)


def test_another_zone_for_the_same_instant_moves_nothing(account: Account) -> None:
    announced(account)
    jump(account, BEGINS - DAY + 5)
    announced(account, 2, start="2027-03-07T07:00:00+09:00", timezone="Asia/Tokyo")
    account.settle(10)
    assert reminders(account) == to_all()


def test_the_same_wall_clock_in_another_zone_is_another_time(account: Account) -> None:
    announced(account)
    announced(account, 2, start="2027-03-06T23:00:00+00:00", timezone="Europe/London")
    jump(account, BEGINS - DAY + 5)
    assert reminders(account) == []
    jump(account, BEGINS - DAY + HOUR + 5)
    assert [to for to, _ in reminders(account)] == PEOPLE


@pytest.mark.parametrize("start", ["2027-03-28T03:30:00+02:00", "2027-10-31T02:30:00+01:00"])
def test_a_day_before_is_24_hours_also_when_the_clocks_change(account: Account, start: str) -> None:
    begins = datetime.fromisoformat(start)
    announced(account, start=start)
    jump(account, (begins - timedelta(hours=24, minutes=5)).timestamp(), minutes=3)
    assert reminders(account) == []
    jump(account, (begins - timedelta(hours=24)).timestamp() + 5)
    assert [to for to, _ in reminders(account)] == PEOPLE
    assert "starts in 1 day." in " ".join(text_of(mails_of(account)[0]).split())


def test_a_sweep_that_slept_through_both_times_reminds_once(account: Account) -> None:
    announced(account)
    jump(account, BEGINS - 1_800)
    assert reminders(account) == to_all()
    assert "starts in 30 minutes" in " ".join(text_of(mails_of(account)[0]).split())


def test_a_sweep_that_slept_through_the_start_reminds_nobody(account: Account) -> None:
    announced(account)
    jump(account, BEGINS + 5)
    assert reminders(account) == []


def test_what_is_left_of_a_reminder_when_the_change_starts_is_not_sent(account: Account) -> None:
    announced(account)
    account.ses.most = 1.0  # the day's quota
    account.ses.enabled = False
    jump(account, BEGINS - HOUR + 5)
    account.ses.enabled, account.ses.most = True, -1.0
    jump(account, BEGINS + 5, minutes=20)
    assert reminders(account) == []
    (run,) = reminders_of(account.ledger, "CHG1")
    assert {r.state for batch in batches_of(account.ledger, run) for r in batch.recipients} == {
        "SUPERSEDED"
    }


def test_a_mail_without_an_answer_is_settled_by_its_own_events(account: Account) -> None:
    announced(account)
    account.ses.answer = raises(timeout(), only="p2", times=1)
    jump(account, BEGINS - DAY + 5)
    (run,) = reminders_of(account.ledger, "CHG1")
    (batch,) = batches_of(account.ledger, run)
    (row,) = [one for one in batch.recipients if one.address == PEOPLE[1]]
    assert row.state == "UNKNOWN"
    tags = {"k": [row.key], "a": ["1"], "r": [f"{run.run}-1"]}
    mail = {"messageId": "m-1", "tags": tags}
    account.hear({"source": "aws.ses", "detail": {"eventType": "Delivery", "mail": mail}})
    account.settle(3)
    (batch,) = batches_of(account.ledger, run)
    assert {one.state for one in batch.recipients if one.address == PEOPLE[1]} == {"DELIVERED"}
    assert account.states("CHG1")[PEOPLE[1]] == "SENT"


def test_the_hub_hears_of_a_reminder_beside_the_announcement(account: Account) -> None:
    announced(account)
    told = [one for one in account.events.reports() if not one.get("reminder")]
    jump(account, BEGINS - DAY + 5)
    assert [one for one in account.events.reports() if not one.get("reminder")] == told
    report = account.events.last_report()
    assert report["reminder"] == {"window_start": "2027-03-06T22:00:00Z", "before": "24h"}
    assert (report["state"], report["counts"]["sent"], report["revision"]) == ("sent", 3, 1)


def test_after_a_discarded_move_the_window_that_stands_is_told_whole(account: Account) -> None:
    announced(account)
    announced(account, 2, start=LATER)
    again = envelope(1, event_id="99999999-0000-4000-8000-000000000000")
    again["detail"]["discards"] = [2]
    account.announce(again)
    account.settle(3)
    jump(account, BEGINS - DAY + 5)
    assert [subject for _, subject in reminders(account)] == [
        "Planned: Database upgrade, Sat 6 Mar 23:00 [CHG1]"
    ] * 3, "what they were told last is void"


def test_a_hint_that_is_delivered_again_reminds_nobody_again(account: Account) -> None:
    announced(account)
    account.clock.now = BEGINS - DAY + 5
    account.sweep()
    (hint,) = account.sqs.due("announcements")
    account.plan()
    account.settle(4)
    account.sqs.send_message(QueueUrl="announcements", MessageBody=hint.body)
    account.settle(4)
    assert reminders(account) == to_all()


def test_a_lost_hint_is_given_again(account: Account) -> None:
    announced(account)
    account.clock.now = BEGINS - DAY + 5
    account.sweep()
    account.sqs.queue("announcements").clear()
    account.settle(6)
    assert reminders(account) == to_all()


def test_reminders_are_many_to_an_hour_and_count_as_mails_only() -> None:
    account = reminding(MAX_ANNOUNCEMENTS_PER_HOUR="1")
    for number in range(1, 4):
        account.announce(envelope(change_id=f"CHG{number}"))
        account.settle(62)
    jump(account, BEGINS - HOUR + 5)
    runs: list[Run] = []
    for number in range(1, 4):
        runs += reminders_of(account.ledger, f"CHG{number}")
    assert [run.paused for run in runs] == [False, False, False]


def announce_before(
    step: str, event: dict[str, Any], account: Account, monkeypatch: pytest.MonkeyPatch
) -> list[bool]:
    """Announce and plan an event just before this step of a reminder's plan, once.

    Returns:
        What is not empty once that has happened.
    """
    original = getattr(reminders_module, step)
    done: list[bool] = []

    def announces_first(*arguments: Any) -> Any:
        if not done:
            done.append(True)
            account.announce(event)
            account.plan()
        return original(*arguments)

    monkeypatch.setattr(reminders_module, step, announces_first)
    return done


@pytest.mark.parametrize("step", ["contacts", "begin", "add_recipients"])
def test_a_window_that_moves_while_its_reminder_is_planned_has_none_at_the_old_time(
    account: Account, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    announced(account)
    moved = announce_before(step, envelope(2, start=LATER), account, monkeypatch)
    jump(account, BEGINS - DAY + 5, minutes=10)
    assert moved
    assert reminders(account) == []
    (ended,) = reminders_of(account.ledger, "CHG1")
    assert ended.complete
    assert ended.planned == (3 if step == "add_recipients" else 0), "it plans what it can see"
    jump(account, LATER_BEGINS - DAY + 5)
    assert [to for to, _ in reminders(account)] == PEOPLE


CLOSED = "The shop is closed."


def test_a_reminder_that_waits_ends_when_people_are_told_a_newer_revision(account: Account) -> None:
    """It tells what the change was, and people believe what they read last."""
    late = "late@acme.example"
    announced(account)
    account.ses.contacts["announcements"].append(late)
    account.clock.now = BEGINS - DAY + 5
    account.sweep()
    account.plan()
    account.sqs.queue("deliveries").clear()  # for example, the day's quota is used up
    account.announce(envelope(2, impact=CLOSED))
    account.settle(12)
    assert reminders(account) == []
    assert reported(account)[-1] == ("superseded", 1)
    (told,) = [mail for mail in account.ses.mails if mail.to == late]
    assert CLOSED in text_of(told)
    jump(account, BEGINS - HOUR + 5)
    assert [to for to, _ in reminders(account)] == sorted([*PEOPLE, late])


def test_a_reminder_that_waits_ends_when_the_window_moves(account: Account) -> None:
    announced(account)
    account.clock.now = BEGINS - DAY + 5
    account.sweep()
    account.plan()
    account.sqs.queue("deliveries").clear()  # for example, the day's quota is used up
    account.announce(envelope(2, start=LATER))
    account.plan()
    account.sqs.queue("deliveries").clear()
    account.settle(12)
    assert reminders(account) == []
    assert reported(account)[-1] == ("superseded", 1)


@pytest.mark.parametrize("step", ["contacts", "begin", "add_recipients"])
def test_a_revision_that_comes_while_a_reminder_is_planned_is_what_it_tells(
    account: Account, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    announced(account)
    came = announce_before(step, envelope(2, impact=CLOSED), account, monkeypatch)
    jump(account, BEGINS - DAY + 5, minutes=10)
    assert came
    assert all(CLOSED in text_of(mail) for mail in mails_of(account))
    assert {mail.to for mail in account.ses.mails if CLOSED in text_of(mail)} == set(PEOPLE)


def test_a_reminder_that_was_expected_again_is_not_settled_by_who_had_not_known(
    account: Account,
) -> None:
    due = DueReminder("CHG1", BEGINS, DAY, BEGINS - DAY)
    expect_reminder(account.ledger, due, 2_000_000_000)
    read = read_due_reminder(account.ledger, due)
    assert read is not None
    expect_reminder(account.ledger, due, 2_000_000_000)
    settle_reminder(account.ledger, read)
    assert [each.before for each in due_reminders(account.ledger, BEGINS)] == [DAY]
    again = read_due_reminder(account.ledger, due)
    assert again is not None
    settle_reminder(account.ledger, again)
    assert due_reminders(account.ledger, BEGINS) == []
    assert not postpone_reminder(account.ledger, again, BEGINS)


@pytest.mark.parametrize("after", [False, True])
def test_a_planner_that_dies_at_any_call_reminds_everybody_once(*, after: bool) -> None:
    for at in range(1, 80):
        account = announced(reminding())
        account.clock.now = BEGINS - DAY + 5
        account.sweep()
        account.wrap = Crashes(at, after=after).wrap
        account.start()
        try:
            account.plan()
        except Died:
            account.wrap = lambda service, client: client
            account.start()
            account.settle(12)
            assert reminders(account) == to_all(), at
        else:
            assert at > 20, "the planner makes more calls than that"
            return
    raise AssertionError("it never came to its end")


def reported(account: Account) -> list[tuple[str, int]]:
    """(state, revision) of every report about a reminder, oldest first."""
    found = [one for one in account.events.reports() if one.get("reminder")]
    return [(one["state"], one["revision"]) for one in found]


@pytest.mark.parametrize("after", [False, True])
def test_the_hub_hears_of_a_reminder_for_nobody_wherever_its_planner_dies(*, after: bool) -> None:
    for at in range(1, 80):
        account = announced(reminding())
        account.ses.contacts["announcements"].clear()
        account.ses.contacts["calendar"].clear()
        account.clock.now = BEGINS - DAY + 5
        account.sweep()
        died = dies(account, account.plan, at, after=after)
        account.settle(12)
        assert reported(account)[-1:] == [("nothing_to_send", 1)], at
        if not died:
            assert at > 15, "the planner makes more calls than that"
            return
    raise AssertionError("it never came to its end")


@pytest.mark.parametrize("after", [False, True])
def test_the_hub_hears_that_a_move_ended_a_reminder_wherever_its_planner_dies(
    *, after: bool
) -> None:
    for at in range(25, 160, 2):  # before, it has ended nothing
        account = announced(reminding())
        account.clock.now = BEGINS - DAY + 5
        account.sweep()
        account.plan()
        # The planner of the reminder dies before it queues mails and asks for a report.
        account.sqs.queue("reports").clear()
        account.sqs.queue("deliveries").clear()
        account.announce(envelope(2, start=LATER))
        died = dies(account, account.plan, at, after=after)
        account.settle(12)
        ended = "sent" if reminders(account) else "superseded"
        assert reported(account)[-1:] == [(ended, 1)], at
        if not died:
            assert at > 30, "the planner makes more calls than that"
            return
    raise AssertionError("it never came to its end")


@pytest.mark.parametrize("after", [False, True])
def test_a_reminder_tells_the_newest_revision_although_its_planner_died_before(
    *, after: bool
) -> None:
    for at in range(1, 80):
        account = announced(reminding())
        account.clock.now = BEGINS - DAY + 5
        account.sweep()
        died = dies(account, account.plan, at, after=after)
        if died and any(run.complete for run in reminders_of(account.ledger, "CHG1")):
            return  # its mails are planned
        announced(account, 2, impact=CLOSED)
        account.settle(12)
        (run,) = reminders_of(account.ledger, "CHG1")
        assert run.revision == 2, at
        assert reported(account)[-1] == ("sent", 2), at
        assert all(CLOSED in text_of(mail) for mail in mails_of(account)), at
    raise AssertionError("it never came to its end")


def test_a_reminder_is_written_in_its_readers_language_and_zone(account: Account) -> None:
    reader = PEOPLE[0]
    chosen = Preference(mailbox_of(reader)).choosing(1.0, language="de", timezone="Asia/Tokyo")
    assert choose(account.ledger, chosen)
    announced(account)
    jump(account, BEGINS - DAY + 5)
    said = dict(reminders(account))
    assert said[reader] == "Erinnerung: Database upgrade, So. 7. März 07:00 [CHG1]"
    assert said[PEOPLE[1]] == "Reminder: Database upgrade, Sat 6 Mar 23:00 [CHG1]"
    jump(account, BEGINS - HOUR + 5)
    assert [subject for to, subject in reminders(account) if to == reader] == [said[reader]] * 2


PLANNER, LATE = "entries@acme.example", "late@acme.example"


@pytest.mark.parametrize(
    ("topics", "reminded"),
    [
        ("announcements", PEOPLE),
        ("calendar", [PLANNER, PEOPLE[1]]),
        ("announcements,calendar", [PLANNER, *PEOPLE]),
    ],
)
def test_the_customer_chooses_which_subscribers_are_reminded(
    topics: str, reminded: list[str]
) -> None:
    account = reminding(REMINDER_TOPICS=topics)
    account.ses.contacts["calendar"].append(PLANNER)
    announced(account)
    jump(account, BEGINS - DAY + 5)
    assert reminders(account) == sorted((to, to_all()[0][1]) for to in reminded)
    topic_of = {mail.to: mail.topic for mail in mails_of(account)}
    assert {to: topic for to, topic in topic_of.items() if topic != "announcements"} == (
        {PLANNER: "calendar"} if PLANNER in reminded else {}
    )


def test_who_takes_entries_only_and_came_late_gets_the_entry() -> None:
    account = announced(reminding(REMINDER_TOPICS="announcements,calendar"))
    account.ses.contacts["calendar"].append(LATE)
    jump(account, BEGINS - DAY + 5)
    (mail,) = [mail for mail in mails_of(account) if mail.to == LATE]
    assert (mail.topic, str(read(mail)["Subject"]).partition(":")[0]) == ("calendar", "Planned")
    assert [part for part in read(mail).walk() if part.get_content_type() == "text/calendar"]
    jump(account, BEGINS - HOUR + 5)
    again = [str(read(one)["Subject"]) for one in mails_of(account) if one.to == LATE]
    assert [subject.partition(":")[0] for subject in again] == ["Planned", "Reminder"]


def test_an_operator_finds_a_reminder_by_its_time_of_the_window_reminded_last(
    account: Account,
) -> None:
    announced(account)
    jump(account, BEGINS - DAY + 5)
    announced(account, 2, start=LATER)
    jump(account, LATER_BEGINS - DAY + 5)
    there: Any = SimpleNamespace(customer=SimpleNamespace(code="acme"))
    run = run_in(there, account.ledger, "CHG1", None, "24h")
    assert (run.reminds, run.starts_at, run.revision) == (DAY, LATER_BEGINS, 2)
    assert run_in(there, account.ledger, "CHG1", None, "1d") == run
    assert not run_in(there, account.ledger, "CHG1", None).is_reminder
    with pytest.raises(Refused, match=r"no reminder '1h' of 'CHG1' \(reminders there: 24h\)"):
        run_in(there, account.ledger, "CHG1", None, "1h")
    with pytest.raises(Refused, match="--reminder 'tomorrow' is not valid: write it like 24h"):
        run_in(there, account.ledger, "CHG1", None, "tomorrow")
