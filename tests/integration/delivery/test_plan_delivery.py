"""The real planner over moto and over the fake table: who is mailed what, once."""

import json
from typing import Any

import pytest

from changecast.customer.ledger.table import runs_of
from changecast.customer.reporting.responses import summarised
from testbed.doubles.account import ANNOUNCEMENTS, ANSWERING, DEAD_LETTERS, DELIVERIES, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.crashes import dies
from testbed.doubles.ses import Ses


def addresses(account: Account) -> list[str]:
    return sorted(mail.to for mail in account.ses.mails)


def test_every_subscriber_of_the_topic_gets_one_mail(account: Account) -> None:
    account.announce(envelope())
    account.settle()
    assert addresses(account) == [f"p{number}@acme.example" for number in range(1, 6)]
    report = account.events.last_report()
    assert report["state"] == "sent"
    assert report["counts"]["planned"] == report["counts"]["sent"] == 5


def test_only_who_wants_calendar_entries_gets_one(account: Account) -> None:
    account.announce(envelope())
    account.settle()
    invited = [mail.to for mail in account.ses.mails if b"text/calendar" in mail.raw]
    assert invited == ["p1@acme.example"]


def test_an_approval_request_goes_to_the_approvers(account: Account) -> None:
    account.announce(envelope(status="submitted"))
    account.settle()
    assert addresses(account) == ["p1@acme.example", "p2@acme.example"]
    assert {mail.topic for mail in account.ses.mails} == {"approvals"}


def test_two_spellings_of_one_address_get_one_mail(account: Account) -> None:
    account.ses.contacts["calendar"] = []
    account.ses.contacts["announcements"] = ["Jo@Acme.example", " jo@acme.example"]
    account.announce(envelope())
    account.settle()
    assert addresses(account) == ["jo@acme.example"]


def test_an_address_that_ses_cannot_take_is_a_failure_that_people_see(account: Account) -> None:
    account.ses.contacts["calendar"] = []
    account.ses.contacts["announcements"] = ["jörg@acme.example", "jo@acme.example"]
    account.announce(envelope())
    account.settle()
    assert addresses(account) == ["jo@acme.example"]
    report = account.events.last_report()
    assert report["state"] == "partial"
    assert report["counts"] | {"sent": 1, "failed": 1, "planned": 2} == report["counts"]
    assert report["reason"]["code"] == "address_not_supported"


def test_the_same_event_again_mails_nobody(account: Account) -> None:
    for _ in range(2):
        account.announce(envelope())
        account.settle()
    assert len(account.ses.mails) == 5


def test_the_same_revision_under_a_new_event_id_mails_nobody(account: Account) -> None:
    account.announce(envelope())
    account.announce(envelope(event_id="aaaaaaaa-0000-4000-8000-000000000001"))
    account.settle()
    assert len(account.ses.mails) == 5
    assert account.events.last_report()["state"] == "sent"


def test_other_content_under_the_same_revision_is_refused(account: Account) -> None:
    account.announce(envelope())
    account.settle()
    account.announce(envelope(impact="Another.", event_id="aaaaaaaa-0000-4000-8000-000000000001"))
    account.settle()
    assert len(account.ses.mails) == 5
    report = account.events.last_report()
    assert (report["state"], report["reason"]["code"]) == ("rejected", "other_content")
    assert len(account.sqs.queue(DEAD_LETTERS)) == 1


@pytest.mark.parametrize("other", [{"revision": 2}, {"change_id": "CHG2"}])
def test_an_event_id_with_another_body_is_refused(account: Account, other: dict[str, str]) -> None:
    first = envelope()
    account.announce(first)
    account.settle()
    account.announce(envelope(**other, event_id=first["detail"]["event_id"]))  # type: ignore[arg-type]
    account.settle()
    assert len(account.ses.mails) == 5
    report = account.events.last_report()
    assert (report["state"], report["reason"]["code"]) == ("rejected", "event_id_reused")


def test_a_late_older_revision_mails_nobody(account: Account) -> None:
    account.announce(envelope(2))
    account.settle()
    account.announce(envelope(1))
    account.settle()
    assert len(account.ses.mails) == 5
    assert account.events.last_report(1)["state"] == "superseded"
    assert account.events.last_report(2)["state"] == "sent"


def test_a_person_planned_for_an_older_revision_gets_the_newer_one(
    account: Account,
) -> None:
    account.announce(envelope(1))
    account.plan()
    account.announce(envelope(2, prior_status="approved"))
    account.settle()
    assert len(account.ses.mails) == 5
    assert set(account.states("CHG1", 1).values()) == {"SUPERSEDED"}
    assert set(account.states("CHG1", 2).values()) == {"SENT"}
    assert account.events.last_report(1)["state"] == "superseded"
    assert account.events.last_report(2)["state"] == "sent"


def test_a_minor_revision_is_silent_for_those_who_are_up_to_date(account: Account) -> None:
    account.announce(envelope(1))
    account.settle()
    account.announce(envelope(2, prior_status="approved"))
    account.settle()
    assert len(account.ses.mails) == 5
    report = account.events.last_report(2)
    assert (report["state"], report["reason"]["code"]) == ("nothing_to_send", "minor_revision")


def test_a_minor_revision_reaches_those_who_missed_the_material_one(account: Account) -> None:
    account.announce(envelope(1))
    account.settle()
    account.ses.contacts["announcements"].append("new@acme.example")
    account.announce(envelope(2, prior_status="approved"))
    account.settle()
    assert addresses(account).count("new@acme.example") == 1
    assert len(account.ses.mails) == 6


def test_a_material_revision_tells_everybody_what_changed(account: Account) -> None:
    account.announce(envelope(1))
    account.settle()
    account.announce(envelope(2, hours=3))
    account.settle()
    assert len(account.ses.mails) == 10
    variants = {r.variant for r in account.recipients("CHG1", 2).values()}
    assert variants == {"changed", "changed-calendar"}


def test_an_empty_topic_is_reported_as_nothing_to_send(account: Account) -> None:
    account.ses.contacts["calendar"] = []
    account.ses.contacts["announcements"] = []
    account.announce(envelope())
    account.settle()
    report = account.events.last_report()
    assert (report["state"], report["reason"]["code"]) == ("nothing_to_send", "no_recipients")
    assert report["ended_at"] is not None


def test_outside_prod_the_reason_for_nobody_does_not_deny_that_people_are_subscribed() -> None:
    settings = {"ENVIRONMENT": "test", "ALLOWED_RECIPIENTS": "@ok.example"}
    people = ["p1@acme.example"]
    account = Account(ses=Ses(contacts={"announcements": people}), environment=settings)
    account.announce(envelope())
    account.settle()
    assert account.ses.mails == []
    reason = account.events.last_report()["reason"]
    assert (reason["code"], "nobody who may be mailed here is" in reason["message"]) == (
        "no_recipients", True,
    )  # fmt: skip


def test_a_withdrawn_customer_is_told(account: Account) -> None:
    account.announce(envelope(1, customers=("acme", "globex")))
    account.settle()
    account.announce(envelope(2, customers=("globex",), withdrawn=("acme",)))
    account.settle()
    assert len(account.ses.mails) == 10
    assert account.run("CHG1", 2).kind == "withdrawn"


def test_an_event_for_others_is_refused(account: Account) -> None:
    account.announce(envelope(customers=("globex",)))
    account.settle()
    assert account.ses.mails == []
    assert account.events.last_report()["reason"]["code"] == "not_for_this_customer"


@pytest.mark.parametrize("body", ["", "{", "[]", '{"detail": {}}', '{"a": NaN}', "[" * 2_000])
def test_what_is_no_event_is_parked_and_does_not_stop_the_others(
    account: Account, body: str
) -> None:
    account.sqs.send_message(QueueUrl=ANNOUNCEMENTS, MessageBody=body)
    account.announce(envelope())
    account.settle()
    assert account.sqs.bodies(DEAD_LETTERS) == [body]
    assert len(account.ses.mails) == 5


def test_outside_prod_only_the_allow_list_is_mailed() -> None:
    settings = {"ENVIRONMENT": "test", "ALLOWED_RECIPIENTS": "p1@acme.example, @ok.example"}
    people = ["p1@acme.example", "p2@acme.example", "x@ok.example"]
    account = Account(ses=Ses(contacts={"announcements": people}), environment=settings)
    account.announce(envelope())
    account.settle()
    assert addresses(account) == ["p1@acme.example", "x@ok.example"]


def test_a_missing_contact_list_pauses_the_run_until_there_is_one(account: Account) -> None:
    contacts, account.ses.contacts = account.ses.contacts, {}
    account.announce(envelope())
    account.plan()
    account.report()
    report = account.events.last_report()
    assert (report["state"], report["reason"]["code"]) == ("paused", "no_contact_list")
    account.ses.contacts = contacts
    account.settle(12)
    assert len(account.ses.mails) == 5
    assert account.events.last_report()["state"] == "sent"


def test_a_planner_that_may_not_list_contacts_says_so_and_goes_on_when_it_may(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = "not authorized to perform: ses:ListContacts"

    def denied(**request: Any) -> Any:
        raise refusal("AccessDeniedException", 403, message)

    with monkeypatch.context() as patch:
        patch.setattr(account.ses, "list_contacts", denied)
        account.announce(envelope())
        account.plan()
        account.report()
    report = account.events.last_report()
    assert (report["state"], report["reason"]["code"]) == ("paused", "contacts_denied")
    assert message in report["reason"]["message"]
    account.settle(12)
    assert len(account.ses.mails) == 5


def test_a_plan_that_dies_at_any_call_resumes_and_adds_nobody_twice() -> None:
    """Each call of the planner, before and after it took effect."""
    at, died = 1, True
    while died:
        died = any([dies_while_planning(at, after=False), dies_while_planning(at, after=True)])
        at += 1
    assert at > 12


def test_who_heard_of_a_change_hears_its_cancellation_whatever_happened_to_revision_1() -> None:
    """Its plan dies, a minor revision overtakes it, and the queue delivers it again."""
    at, died = 1, True
    while died:
        account = Account(ses=Ses(contacts={"announcements": ["p1@acme.example"]}))
        account.announce(envelope(1))
        died = dies(account, account.plan, at, after=True)
        (first,) = account.sqs.queue(ANNOUNCEMENTS) or (None,)
        account.sqs.queue(ANNOUNCEMENTS).clear()
        account.announce(envelope(2, prior_status="submitted"))
        account.settle()
        if first:
            account.announce(envelope(1))
            account.settle()
        assert len(account.ses.mails) == 1
        account.announce(envelope(3, status="cancelled"))
        account.settle()
        assert account.ses.mails[-1].tags["r"].startswith(account.run("CHG1", 3).run), at
        at += 1
    assert at > 12


def test_approvals_are_counted_whatever_happened_to_the_plan_of_the_first_request() -> None:
    contacts = {"approvals": ["p1@acme.example"]}
    at, died = 1, True
    while died:
        account = Account(ses=Ses(contacts=contacts), environment=ANSWERING)
        account.announce(envelope(1, status="submitted"))
        died = dies(account, account.plan, at, after=True)
        account.sqs.queue(ANNOUNCEMENTS).clear()
        account.announce(envelope(2, status="submitted", prior_status="draft"))
        account.settle()
        approval = summarised(account.ledger, "CHG1", "all")
        assert (approval.approval, approval.counts.needed) == ("pending", 1), at
        at += 1
    assert at > 12


def test_who_is_asked_later_by_a_minor_revision_must_approve_too() -> None:
    account = Account(ses=Ses(contacts={"approvals": ["p1@acme.example"]}), environment=ANSWERING)
    account.announce(envelope(1, status="submitted"))
    account.settle()
    account.ses.contacts["approvals"].append("p2@acme.example")
    account.announce(envelope(2, status="submitted", prior_status="draft"))
    account.settle()
    approval = summarised(account.ledger, "CHG1", "all")
    assert (len(account.ses.mails), approval.counts.needed) == (2, 2)


def test_who_was_mailed_by_an_interrupted_plan_hears_that_the_change_is_withdrawn() -> None:
    """The plan of the withdrawal dies too, and the first plan comes back in between."""
    at, died, mailed = 1, True, 0
    withdrawn = envelope(2, customers=("globex",), withdrawn=("acme",))
    while died:
        account = Account(ses=Ses(contacts={"announcements": ["p1@acme.example"]}))
        account.announce(envelope(1))
        died = dies(account, account.plan, at, after=True)
        account.sqs.queue(ANNOUNCEMENTS).clear()
        account.settle(12)  # the sweep sends what is written
        mailed += bool(account.ses.mails)
        account.announce(withdrawn)
        dies(account, account.plan, 8, after=True)
        account.sqs.queue(ANNOUNCEMENTS).clear()
        for event in (envelope(1), withdrawn):
            account.announce(event)
            account.settle(12)
        assert len(account.ses.mails) in {0, 2}, at
        at += 1
    assert mailed > 3


def dies_while_planning(at: int, *, after: bool) -> bool:
    people = [f"p{number}@acme.example" for number in range(7)]
    account = Account(ses=Ses(contacts={"announcements": people}), environment={"BATCH_SIZE": "3"})
    account.announce(envelope())
    died = dies(account, account.plan, at, after=after)
    account.settle(15)
    assert addresses(account) == people
    report = account.events.last_report()
    assert (report["state"], report["counts"]["planned"]) == ("sent", 7)
    return died


def test_two_revisions_that_are_planned_at_once_see_each_other() -> None:
    """The older one looks for others before it is there itself: the newer one comes in between."""
    account = Account(ses=Ses(contacts={"announcements": ["p@acme.example"]}))
    table = account.table
    newer = Account(ses=account.ses, table=table, s3=account.s3, clock=account.clock)

    class Between:
        def __getattr__(self, name: str) -> object:
            return getattr(table, name)

        def transact_write_items(self, **request: object) -> object:
            if not newer.sqs.queue(DELIVERIES):
                newer.announce(envelope(2))
                newer.plan()
            return table.transact_write_items(**request)

    account.wrap = lambda service, client: Between() if service == "dynamodb" else client
    account.start()
    account.announce(envelope(1))
    account.plan()
    account.settle()
    newer.settle()
    assert len(account.ses.mails) == 1
    assert account.run("CHG1", 1).superseded
    assert [run.revision for run in runs_of(account.ledger, "CHG1")] == [1, 2]


def test_an_older_plan_that_is_still_being_written_holds_up_no_newer_one() -> None:
    """DynamoDB refuses a single write to an item that a transaction holds."""
    account = Account(ses=Ses(contacts={"announcements": ["p@acme.example"]}))
    account.announce(envelope(1))
    account.plan()
    table = account.table
    refused: list[object] = []

    class Writing:
        def __getattr__(self, name: str) -> object:
            return getattr(table, name)

        def update_item(self, **request: object) -> object:
            if "superseded" in str(request) and len(refused) < 3:
                refused.append(request)
                raise refusal("TransactionConflictException", 400)
            return table.update_item(**request)

    account.wrap = lambda service, client: Writing() if service == "dynamodb" else client
    account.start()
    account.announce(envelope(2))
    account.plan()
    assert len(refused) == 3
    assert account.run("CHG1", 1).superseded
    assert account.run("CHG1", 2).complete


def test_a_duplicate_that_is_planned_at_the_same_time_adds_nobody() -> None:
    people = [f"p{number}@acme.example" for number in range(7)]
    account = Account(ses=Ses(contacts={"announcements": people}), environment={"BATCH_SIZE": "3"})
    table = account.table
    other = Account(
        ses=account.ses, table=table, s3=account.s3, clock=account.clock,
        environment={"BATCH_SIZE": "2"},
    )  # fmt: skip
    calls = []

    class Between:
        def __getattr__(self, name: str) -> object:
            return getattr(table, name)

        def transact_write_items(self, **request: object) -> object:
            calls.append(1)
            if len(calls) == 3:
                other.announce(envelope())
                other.plan()
            return table.transact_write_items(**request)

    account.wrap = lambda service, client: Between() if service == "dynamodb" else client
    account.start()
    account.announce(envelope())
    account.settle(8)
    other.settle(8)
    assert addresses(account) == people
    assert account.run("CHG1").planned == 7


def test_a_message_names_no_address(account: Account) -> None:
    account.announce(envelope())
    account.plan()
    (message,) = account.sqs.bodies(DELIVERIES)
    assert set(json.loads(message)) == {"v", "run", "batch"}
