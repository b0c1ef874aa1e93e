"""The weekly digest: once, on Monday at 08:00 in the customer's zone, to those who opted in."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from changecast.contract.errors import ContractError, PauseRun
from changecast.contract.pause_code import PauseCode
from changecast.customer.hints import digest_in, hint_digest
from changecast.customer.ledger.digests import (
    DigestState,
    ask_for_digest,
    read_digest,
    settle_digest,
)
from changecast.customer.ledger.preferences import Preference, choose
from changecast.customer.ledger.runs import pause, resume
from changecast.customer.ledger.schema import Run, mailbox_of, run_id
from changecast.customer.ledger.table import batches_of, read_run
from changecast.customer.week import week_at, week_named
from changecast_cli.watching.recipients import run_in
from testbed.doubles.account import ANNOUNCEMENTS, ANSWERING, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.crashes import Died, dies
from testbed.doubles.dynamodb import Table
from testbed.doubles.s3 import S3
from testbed.doubles.ses import SentMail, Ses

ANA, BOB, EVA = "ana@acme.example", "bob@acme.example", "eva@acme.example"
HOUR, DAY = 3_600.0, 86_400.0
# Monday 08:00 in Madrid, and a change of that week.
MONDAY = datetime(2027, 3, 1, 7, tzinfo=UTC).timestamp()
TUESDAY = "2027-03-02T21:00:00Z"
SUBJECT = "Changes from Mon 1 Mar to Mon 8 Mar"


def overviewing(table: Any = None, s3: Any = None, **more: str) -> Account:
    """An account whose people may get a digest: Ana and Bob do, Eva gets announcements only."""
    topics = ("approvals", "announcements", "calendar", "digest")
    contacts = {"announcements": [ANA, EVA], "digest": [ANA, BOB]}
    return Account(
        ses=Ses(contacts=contacts, topics=topics),
        table=table or Table(),
        s3=s3 or S3(),
        environment={"DIGEST": "yes", **more},
    )


@pytest.fixture
def account() -> Account:
    return overviewing()


def told(account: Account, change_id: str = "CHG1", start: str = TUESDAY, **what: Any) -> Account:
    """Announce a change."""
    event_id = str(uuid4())
    account.announce(envelope(change_id=change_id, start=start, event_id=event_id, **what))
    account.settle(3)
    return account


def jump(account: Account, seconds: float, minutes: int = 4) -> Account:
    """Let time pass until an instant (epoch seconds), then work."""
    assert account.clock.now < seconds
    account.clock.now = seconds
    account.settle(minutes)
    return account


def mails(account: Account) -> list[SentMail]:
    return [mail for mail in account.ses.mails if mail.topic == "digest"]


def digests(account: Account) -> list[tuple[str, str]]:
    """(to, subject) of every digest."""
    return sorted((mail.to, str(read(mail)["Subject"])) for mail in mails(account))


def read(mail: SentMail) -> Any:
    return message_from_bytes(mail.raw, policy=default)


def text_of(mail: SentMail) -> str:
    return " ".join(str(read(mail).get_body(("plain",)).get_content()).split())


def run_of(account: Account, monday: str = "2027-03-01") -> Run | None:
    return read_run(account.ledger, run_id(f"digest:{monday}", 1))


def reports(account: Account) -> list[dict[str, Any]]:
    return [one for one in account.events.reports() if one["change_id"] == "digest:2027-03-01"]


def test_on_monday_at_eight_everybody_who_opted_in_gets_it_once(stores: Any) -> None:
    account = told(overviewing(table=stores[0], s3=stores[1]))
    jump(account, MONDAY - 300, minutes=4)
    assert digests(account) == []
    jump(account, MONDAY + 5)
    assert digests(account) == [(ANA, SUBJECT), (BOB, SUBJECT)]
    jump(account, MONDAY + HOUR)
    jump(account, MONDAY + 11 * HOUR)
    jump(account, MONDAY + 2 * DAY)
    assert len(digests(account)) == 2


def test_the_next_week_has_a_digest_of_its_own(account: Account) -> None:
    told(account)
    told(account, "CHG2", start="2027-03-09T21:00:00Z")
    jump(account, MONDAY + 5)
    jump(account, MONDAY + 7 * DAY + 5)
    assert [subject for to, subject in digests(account) if to == ANA] == [
        SUBJECT, "Changes from Mon 8 Mar to Mon 15 Mar",
    ]  # fmt: skip
    assert "CHG2" not in text_of(mails(account)[0])
    assert "CHG1" not in text_of(mails(account)[-1])


def test_it_lists_what_is_ahead_day_by_day_and_nothing_else(account: Account) -> None:
    told(account, "LATE", start="2027-03-08T06:59:00Z")
    told(account, "BEYOND", start="2027-03-08T07:01:00Z")
    told(account, "TUESDAY")
    told(account, "RUNNING", start="2027-03-01T06:00:00Z")
    told(account, "OVER", start="2027-03-01T04:00:00Z")
    told(account, "GONE")
    told(account, "GONE", revision=2, customers=("globex",), withdrawn=("acme",))
    told(account, "CANCELLED")
    told(account, "CANCELLED", revision=2, status="cancelled")
    told(account, "TRIED", test=True)
    told(account, "ASKED", start="2027-03-03T21:00:00Z", status="submitted")
    jump(account, MONDAY + 5)
    text = text_of(mails(account)[0])
    listed = ["RUNNING", "TUESDAY", "ASKED", "LATE"]
    assert sorted(listed, key=text.index) == listed
    for absent in ("BEYOND", "OVER", "GONE", "CANCELLED", "TRIED"):
        assert absent not in text
    assert "Tue 2 Mar: Database upgrade 22:00\u00a0– Wednesday 3 March, 00:00 (UTC+01:00)" in (
        text.replace(" – ", "\u00a0– ")
    )
    assert "Waiting for approval · ASKED" in text
    assert "subscribed to weekly overviews for Acme Industries" in text


def test_a_week_without_changes_has_no_digest_and_no_run(account: Account) -> None:
    told(account, start="2027-03-20T21:00:00Z")
    jump(account, MONDAY + 5)
    jump(account, MONDAY + HOUR)
    assert digests(account) == []
    assert run_of(account) is None
    assert read_digest(account.ledger).settled


def test_a_week_of_which_nobody_wants_to_hear_has_no_run(account: Account) -> None:
    account.ses.contacts["digest"] = []
    told(account)
    jump(account, MONDAY + 5)
    assert (digests(account), run_of(account)) == ([], None)


def test_who_opts_in_or_out_until_monday_counts(account: Account) -> None:
    told(account)
    account.ses.contacts["digest"] = [EVA]
    jump(account, MONDAY + 5)
    assert digests(account) == [(EVA, SUBJECT)]


def test_subscribers_of_other_topics_get_none(account: Account) -> None:
    account.ses.contacts |= {"approvals": [EVA], "calendar": [EVA]}
    told(account)
    jump(account, MONDAY + 5)
    assert EVA not in [to for to, _ in digests(account)]


def test_outside_prod_only_allowed_recipients_get_it() -> None:
    account = overviewing(ENVIRONMENT="dev", ALLOWED_RECIPIENTS=BOB)
    told(account)
    jump(account, MONDAY + 5)
    assert digests(account) == [(BOB, SUBJECT)]


def test_switched_off_nothing_is_written_and_nothing_is_sent() -> None:
    account = told(overviewing(DIGEST="no"))
    jump(account, MONDAY + 5)
    assert len(account.ses.mails) == 2
    assert not [key for key in account.table.items if "digest" in "".join(map(str, key))]
    assert not [key for key in account.table.items if key[0] == "changes"]
    account.sqs.send_message(QueueUrl=ANNOUNCEMENTS, MessageBody=hint_digest("2027-03-01"))
    account.settle()
    assert len(account.ses.mails) == 2


@pytest.mark.parametrize(
    ("zone", "monday", "begins"),
    [
        ("Europe/Madrid", "2027-03-22", "2027-03-22T07:00:00Z"),
        ("Europe/Madrid", "2027-03-29", "2027-03-29T06:00:00Z"),
        ("Europe/Madrid", "2027-11-01", "2027-11-01T07:00:00Z"),
        ("America/New_York", "2027-03-15", "2027-03-15T12:00:00Z"),
        ("Pacific/Auckland", "2027-03-01", "2027-02-28T19:00:00Z"),
        ("UTC", "2027-03-01", "2027-03-01T08:00:00Z"),
    ],
)
def test_eight_is_eight_in_the_customers_zone_whatever_the_clocks_do(
    zone: str, monday: str, begins: str
) -> None:
    account, due = overviewing(TIMEZONE=zone), datetime.fromisoformat(begins)
    told(account, start=(due + timedelta(days=1)).isoformat())
    jump(account, due.timestamp() - 121, minutes=2)
    assert digests(account) == []
    jump(account, due.timestamp() + 5, minutes=3)
    assert [to for to, _ in digests(account)] == [ANA, BOB]
    assert run_of(account, monday) is not None


def test_a_customer_who_moves_to_another_zone_gets_no_second_digest(account: Account) -> None:
    told(account)
    jump(account, MONDAY + 5)
    account.environment["TIMEZONE"] = "America/New_York"
    account.start()
    jump(account, MONDAY + 6 * HOUR)
    assert len(digests(account)) == 2


def test_each_reader_gets_it_in_their_language_and_zone(account: Account) -> None:
    chosen = Preference(mailbox_of(BOB)).choosing(1.0, language="de", timezone="Asia/Tokyo")
    assert choose(account.ledger, chosen)
    told(account)
    jump(account, MONDAY + 5)
    by_reader = {mail.to: mail for mail in mails(account)}
    assert read(by_reader[BOB])["Subject"] == "Änderungen von Mo. 1. März bis Mo. 8. März"
    assert "06:00" in text_of(by_reader[BOB])
    assert "Zeitzone: Asia/Tokyo" in text_of(by_reader[BOB])
    assert read(by_reader[ANA])["Subject"] == SUBJECT


def test_it_is_reported_as_a_run_of_its_own(account: Account) -> None:
    told(account)
    jump(account, MONDAY + 5)
    last = max(reports(account), key=lambda one: one["report_seq"])
    assert (last["state"], last["counts"]["planned"], last["counts"]["sent"]) == ("sent", 2, 2)
    assert (last["customer"], last["revision"], last["reminder"]) == ("acme", 1, None)


def test_answers_are_not_counted_of_a_digest() -> None:
    account = told(overviewing(**ANSWERING))
    jump(account, MONDAY + 5)
    assert all(one["responses"] is None for one in reports(account))


def planned_and_paused(account: Account) -> Run:
    """Plan the digest, and pause it before a mail is sent."""
    account.clock.now = MONDAY + 5
    account.sweep()
    account.plan()
    run = run_of(account)
    assert run is not None
    stop = PauseRun(PauseCode.BOUNCE_RATE, "too many bounces")
    pause(account.ledger, run.run, stop, account.clock.now)
    account.settle(10)
    assert digests(account) == []
    paused = run_of(account)
    assert paused is not None
    return paused


def test_a_paused_digest_goes_out_once_when_it_is_resumed_in_time(account: Account) -> None:
    paused = planned_and_paused(told(account))
    account.clock.now = MONDAY + 6 * HOUR
    resume(account.ledger, paused)
    account.settle(10)
    assert digests(account) == [(ANA, SUBJECT), (BOB, SUBJECT)]


def test_a_digest_that_is_resumed_the_next_day_is_dropped(account: Account) -> None:
    paused = planned_and_paused(told(account))
    account.clock.now = MONDAY + DAY
    resume(account.ledger, paused)
    account.settle(10)
    assert digests(account) == []
    assert max(reports(account), key=lambda one: one["report_seq"])["state"] == "superseded"


def test_the_accounts_limits_hold_for_a_digest_too() -> None:
    account = told(overviewing(MAX_MAILS_PER_DAY="1"))
    account.ses.contacts["announcements"] = []
    jump(account, MONDAY + 5)
    assert digests(account) == []
    run = run_of(account)
    assert run is not None
    assert run.pause_code is PauseCode.MAILS_PER_DAY


def test_a_function_that_was_down_all_morning_still_sends_it_but_not_at_night(
    account: Account,
) -> None:
    told(account)
    jump(account, MONDAY + 11 * HOUR)
    assert len(digests(account)) == 2
    other = told(overviewing())
    jump(other, MONDAY + 12 * HOUR)
    assert digests(other) == []


def test_a_lost_hint_is_given_again_and_a_repeated_one_changes_nothing(account: Account) -> None:
    told(account)
    account.clock.now = MONDAY + 5
    account.sweep()
    account.sqs.queue(ANNOUNCEMENTS).clear()
    account.settle(4)
    assert len(digests(account)) == 2
    for _ in range(3):
        account.sqs.send_message(QueueUrl=ANNOUNCEMENTS, MessageBody=hint_digest("2027-03-01"))
    account.settle()
    assert len(digests(account)) == 2


def test_a_list_that_cannot_be_read_at_eight_delays_the_digest_and_loses_nothing(
    account: Account,
) -> None:
    told(account)
    people, account.ses.contacts = account.ses.contacts, {}
    jump(account, MONDAY + 5, minutes=30)
    assert (digests(account), run_of(account)) == ([], None)
    account.ses.contacts = people
    account.settle(6)
    assert digests(account) == [(ANA, SUBJECT), (BOB, SUBJECT)]


def test_a_change_cancelled_while_the_digest_is_planned_ends_it_quietly(account: Account) -> None:
    told(account)
    account.clock.now = MONDAY + 5
    account.sweep()
    account.wrap = _dies_before_recipients
    account.start()
    with pytest.raises(Died):
        account.plan()
    account.wrap = lambda service, client: client
    account.start()
    account.announce(envelope(2, status="cancelled", start=TUESDAY, event_id=str(uuid4())))
    account.settle(12)
    assert digests(account) == []
    last = max(reports(account), key=lambda one: one["report_seq"])
    assert (last["state"], last["reason"]["code"]) == ("nothing_to_send", "nothing_ahead")


class _Dying:
    """S3 whose process dies when it keeps a mail."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def put_object(self, **request: Any) -> Any:
        if "contacts/" not in request["Key"]:
            raise Died
        return self._client.put_object(**request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def _dies_before_recipients(service: str, client: Any) -> Any:
    return _Dying(client) if service == "s3" else client


@pytest.mark.parametrize("after", [False, True])
def test_a_planner_that_dies_at_any_call_sends_it_once(after: bool) -> None:
    for at in range(1, 80):
        account = told(overviewing())
        account.clock.now = MONDAY + 5
        account.sweep()
        if not dies(account, account.plan, at, after=after):
            assert at > 15, "the planner makes more calls than that"
            return
        account.settle(12)
        assert digests(account) == [(ANA, SUBJECT), (BOB, SUBJECT)], at
    raise AssertionError("it never came to its end")


@pytest.mark.parametrize("after", [False, True])
def test_a_sweep_that_dies_at_any_call_loses_no_digest(after: bool) -> None:
    for at in range(1, 60):
        account = told(overviewing())
        account.clock.now = MONDAY + 5
        if not dies(account, account.sweep, at, after=after):
            return
        account.settle(12)
        assert digests(account) == [(ANA, SUBJECT), (BOB, SUBJECT)], at
    raise AssertionError("it never came to its end")


def test_an_operator_finds_its_run_and_its_recipients_by_its_id(account: Account) -> None:
    told(account)
    jump(account, MONDAY + 5)
    at = SimpleNamespace(customer=SimpleNamespace(code="acme"))
    found = run_in(at, account.ledger, "digest:2027-03-01", None)  # type: ignore[arg-type]
    batches = batches_of(account.ledger, found)
    assert {one.address for batch in batches for one in batch.recipients} == {ANA, BOB}


def test_hostile_titles_stay_text(account: Account) -> None:
    hostile = envelope(start=TUESDAY)
    title = "<b>x</b> {{amazonSESUnsubscribeUrl}} {{ brand }} [a](https://evil.example)"
    hostile["detail"]["change"]["title"] = title
    account.announce(hostile)
    account.settle()
    jump(account, MONDAY + 5)
    mail = read(mails(account)[0])
    html = str(mail.get_body(("html",)).get_content())
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert 'href="https://evil.example' not in html
    assert html.count("{{amazonSESUnsubscribeUrl}}") == 1


def test_a_week_with_too_many_changes_says_how_many_it_leaves_out(account: Account) -> None:
    for number in range(104):
        account.announce(envelope(change_id=f"N{number:03d}", start=TUESDAY, event_id=str(uuid4())))
    account.settle(20)
    jump(account, MONDAY + 5)
    mail = mails(account)[0]
    listed = sum(f"N{number:03d}" in text_of(mail) for number in range(104))
    assert f"Changes that are not listed here: {104 - listed}." in text_of(mail)
    assert 25 <= listed <= 100
    assert len(str(read(mail).get_body(("html",)).get_content()).encode()) < 102_000


def test_no_change_may_be_called_like_a_digest(account: Account) -> None:
    told(account, "digest:2027-03-01")
    account.settle()
    (message,) = account.sqs.queue("announcements-dlq")
    assert "is the id of a weekly digest" in str(message)
    assert account.ses.mails == []


@pytest.mark.parametrize("monday", ["", "monday", "2027-03-02", "20270301", "2027-W09-1"])
def test_a_hint_that_names_no_monday_is_refused(monday: str) -> None:
    with pytest.raises(ContractError):
        week_named(monday, "Europe/Madrid")


def test_a_hint_is_told_from_other_messages() -> None:
    assert digest_in(hint_digest("2027-03-01")) == "2027-03-01"
    assert digest_in('{"version":"0","detail":{"digest":{"monday":"2027-03-01"}}}') is None


def test_only_one_sweep_asks_and_a_settled_week_is_never_asked_for_again(account: Account) -> None:
    ledger, week = account.ledger, week_at(MONDAY, "Europe/Madrid").monday
    nothing = read_digest(ledger)
    assert nothing == DigestState()
    assert ask_for_digest(ledger, week, nothing, MONDAY)
    assert not ask_for_digest(ledger, week, nothing, MONDAY)
    known = read_digest(ledger)
    assert not known.is_wanted(week, MONDAY - 1)
    assert known.is_wanted(week, MONDAY)
    settle_digest(ledger, "2027-02-22")
    assert read_digest(ledger).is_wanted(week, MONDAY)
    settle_digest(ledger, week)
    assert not read_digest(ledger).is_wanted(week, MONDAY + HOUR)
    assert not ask_for_digest(ledger, week, known, MONDAY + HOUR)
    assert read_digest(ledger).is_wanted("2027-03-08", MONDAY)
    assert not read_digest(ledger).is_wanted("2027-02-22", MONDAY)
