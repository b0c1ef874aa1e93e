"""SES's own events, in any order and any number of times."""

import contextlib
import itertools
from collections import Counter
from typing import Any

import pytest

from changecast.customer.channels.ses_events import outcome_of
from changecast.customer.ledger.evidence import read_event_flow
from changecast.customer.ledger.held import drop_held
from testbed.doubles.account import OUTCOMES, Account, Context
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.crashes import Crashes, Died
from testbed.doubles.ses import SentMail, Ses
from tests.integration.delivery.test_send_mail import raises, timeout

HARD = {"bounce": {"bounceType": "Permanent", "bounceSubType": "General"}}
SOFT = {"bounce": {"bounceType": "Transient", "bounceSubType": "MailboxFull"}}
SUPPRESSED = {"bounce": {"bounceType": "Permanent", "bounceSubType": "Suppressed"}}
OUTCOMES_OF_ONE_MAIL: list[tuple[list[tuple[str, dict[str, Any]]], str]] = [
    ([("Send", {})], "SENT"),
    ([("Send", {}), ("Delivery", {})], "DELIVERED"),
    ([("Send", {}), ("DeliveryDelay", {}), ("Delivery", {})], "DELIVERED"),
    ([("Send", {}), ("Bounce", HARD)], "BOUNCED"),
    ([("Send", {}), ("Bounce", SOFT)], "SOFT_BOUNCED"),
    ([("Send", {}), ("Bounce", SUPPRESSED)], "SUPPRESSED"),
    ([("Send", {}), ("Delivery", {}), ("Bounce", HARD)], "BOUNCED"),
    ([("Send", {}), ("Delivery", {}), ("Bounce", SOFT)], "DELIVERED"),
    ([("Send", {}), ("Delivery", {}), ("Complaint", {})], "COMPLAINED"),
    ([("Send", {}), ("Bounce", HARD), ("Complaint", {})], "COMPLAINED"),
    ([("Send", {}), ("Reject", {"reject": {"reason": "Bad content"}})], "REJECTED"),
    ([("Rendering Failure", {})], "REJECTED"),
    ([("Send", {}), ("Delivery", {}), ("Subscription", {})], "DELIVERED"),
]


def sent() -> tuple[Account, SentMail]:
    account = Account(ses=Ses(contacts={"announcements": ["p@acme.example"]}))
    account.announce(envelope())
    account.plan()
    account.send()
    return account, account.ses.mails[0]


@pytest.mark.parametrize(("heard", "state"), OUTCOMES_OF_ONE_MAIL)
def test_the_order_of_outcomes_does_not_matter(
    heard: list[tuple[str, dict[str, Any]]], state: str
) -> None:
    for order in itertools.permutations(heard):
        account, mail = sent()
        for kind, detail in [*order, *order]:
            account.hear(mail.event(kind, **detail))
        account.outcomes()
        assert account.states("CHG1") == {"p@acme.example": state}, order


def test_counts_show_what_became_of_the_mail() -> None:
    account, mail = sent()
    account.hear(mail.event("Bounce", **HARD))
    account.settle(1)
    counts = account.events.last_report()["counts"]
    assert (counts["planned"], counts["sent"], counts["bounced"]) == (1, 1, 1)
    assert account.recipients("CHG1")["p@acme.example"].code == "Permanent/General"


def test_an_event_that_is_dated_ahead_says_nothing_of_later() -> None:
    account, mail = sent()
    account.hear(mail.event("Send") | {"time": "2199-01-01T00:00:00Z"})
    account.outcomes()
    sqs: Any = account.sqs
    heard = read_event_flow(account.ledger, sqs, ())
    assert heard.last_event_at == account.clock.now


def test_an_outcome_that_overtakes_the_answer_counts_once() -> None:
    account = Account(ses=Ses(contacts={"announcements": ["p@acme.example"]}))

    def heard_at_once(mail: SentMail) -> None:
        account.hear(mail.event("Send"))
        account.outcomes()

    account.ses.after = heard_at_once
    account.announce(envelope())
    account.settle(2)
    assert account.events.last_report()["counts"]["sent"] == 1
    assert account.states("CHG1") == {"p@acme.example": "SENT"}


def test_a_mail_that_was_given_up_and_went_out_counts_as_sent() -> None:
    """SES took it and did not answer, its event came after a person had dropped it."""
    account = Account(
        ses=Ses(contacts={"announcements": ["p@acme.example"]}),
        environment={"UNKNOWN_POLICY": "hold"},
    )
    account.ses.after = no_answer
    account.announce(envelope())
    account.settle(70)
    drop_held(account.ledger, account.run("CHG1"), account.clock.now)
    account.settle(3)
    assert account.events.last_report()["state"] == "failed"
    account.hear(account.ses.mails[0].event("Send"))
    account.settle(1)
    report = account.events.last_report()
    assert (report["state"], report["counts"]["sent"], report["counts"]["failed"]) == ("sent", 1, 0)
    assert account.states("CHG1") == {"p@acme.example": "SENT"}


def test_a_mail_whose_second_attempt_was_refused_and_whose_first_went_out_counts_as_sent() -> None:
    account = Account(ses=Ses(contacts={"announcements": ["p@acme.example"]}))
    account.ses.after = no_answer
    account.announce(envelope())
    account.settle(2)
    account.ses.answer = raises(refusal("MessageRejected", 400, "Bad address."))
    account.settle(70)
    report = account.events.last_report()
    assert (report["state"], report["reason"]["message"]) == ("failed", "Bad address.")
    account.hear(account.ses.mails[0].event("Delivery"))
    account.settle(1)
    report = account.events.last_report()
    assert (report["state"], report["counts"]["delivered"]) == ("sent", 1)
    assert report["reason"] is None


def no_answer(mail: SentMail) -> None:
    raise timeout()


@pytest.mark.parametrize(
    "event",
    [
        {}, {"detail": {}}, {"detail": {"eventType": "Send", "mail": {"tags": {}}}},
        {"detail": {"eventType": "Open", "mail": {"tags": {"k": ["a"], "r": ["b-1"]}}}},
        {"detail": {"eventType": "Send", "mail": {"tags": {"k": ["a"], "r": ["b-x"]}}}},
        {"detail": {"eventType": "Send", "mail": {"tags": {"k": [], "r": "b-1"}}}},
    ],
)  # fmt: skip
def test_what_is_not_about_a_mail_of_ours_is_passed_over(event: dict[str, Any]) -> None:
    assert outcome_of(event) is None


def test_an_outcome_of_a_recipient_whom_nobody_knows_is_done() -> None:
    account, _ = sent()
    account.hear(
        SentMail("x", b"", {"k": "f" * 32, "r": "0123456789abcdef-1"}, "m", "t").event("Send")
    )
    account.outcomes()
    assert account.sqs.queue(OUTCOMES) == []


class Counted:
    """A table that counts and refuses calls by wish."""

    def __init__(self, table: Any, refused: int = 0) -> None:
        self.table, self.refused = table, refused
        self.calls: Counter[str] = Counter()

    def __getattr__(self, method: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls[method] += 1
            if method == "batch_get_item" and self.calls[method] <= self.refused:
                raise refusal("ProvisionedThroughputExceededException", 400)
            return getattr(self.table, method)(**request)

        return call


@pytest.mark.parametrize(("refused", "reads"), [(0, 1), (1, 1 + 7)])
def test_outcomes_of_many_batches_are_read_in_one_call_or_batch_by_batch(
    refused: int, reads: int
) -> None:
    people = [f"p{number}@acme.example" for number in range(7)]
    account = Account(ses=Ses(contacts={"announcements": people}), environment={"BATCH_SIZE": "1"})
    account.announce(envelope())
    account.settle(2)
    for mail in account.ses.mails:
        account.hear(mail.event("Delivery"))
    counted = Counted(account.table, refused)
    account.wrap = lambda service, client: counted if service == "dynamodb" else client
    account.start()
    account.outcomes()
    assert counted.calls["batch_get_item"] == reads
    assert account.states("CHG1") == dict.fromkeys(people, "DELIVERED")


def test_what_there_is_no_time_for_goes_back() -> None:
    account, mail = sent()
    account.hear(mail.event("Delivery"))
    account.work(OUTCOMES, "record_outcome", Context(5), batch=50)
    assert account.states("CHG1") == {"p@acme.example": "SENT"}
    account.clock.sleep(400)
    account.outcomes()
    assert account.states("CHG1") == {"p@acme.example": "DELIVERED"}


def test_a_recorder_that_dies_at_any_call_still_reports() -> None:
    for at, after in itertools.product(range(1, 5), (False, True)):
        account, mail = sent()
        account.settle(1)
        account.hear(mail.event("Delivery"))
        account.wrap = Crashes(at, after=after).wrap
        account.start()
        with contextlib.suppress(Died):
            account.outcomes()
        account.wrap = lambda service, client: client
        account.start()
        account.settle(8)
        assert account.events.last_report()["counts"]["delivered"] == 1
