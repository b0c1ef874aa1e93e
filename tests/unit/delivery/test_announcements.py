"""What happens to one announcement from the queue: a plan and hints, a pause, or a dead letter."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast.contract.errors import Retry
from changecast.customer.planning.announcements import plan_announcement
from testbed.doubles.account import ANNOUNCEMENTS, DEAD_LETTERS, DELIVERIES, REPORTS, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.ses import Ses

PEOPLE = [f"p{number}@acme.example" for number in range(1, 6)]
# The queue's visibility timeout is its own, so nothing changes in the test's queue.
AS_THE_QUEUE_HAS_IT = 0


@pytest.fixture
def account() -> Account:
    return Account(ses=Ses(contacts={"announcements": [*PEOPLE]}))


def plan(account: Account, body: str, receives: int = 1) -> None:
    """Hand one message of the queue to the planner, as the function does."""
    account.sqs.send_message(QueueUrl=ANNOUNCEMENTS, MessageBody=body)
    message = account.sqs.queue(ANNOUNCEMENTS)[-1]
    message.receives = receives
    plan_announcement(account.modules["plan_delivery"].announcements, message.record())


def announced(revision: int = 1, **what: Any) -> str:
    return json.dumps(envelope(revision, **what))


def hinted(account: Account, queue: str) -> list[str]:
    """The runs that a queue's hints name."""
    return [json.loads(body)["run"] for body in account.sqs.bodies(queue)]


def test_everybody_is_planned_and_one_batch_and_one_report_are_hinted(account: Account) -> None:
    plan(account, announced())
    run = account.run("CHG1").run
    assert account.states("CHG1") == dict.fromkeys(PEOPLE, "PLANNED")
    assert hinted(account, DELIVERIES) == hinted(account, REPORTS) == [run]


def test_the_same_announcement_again_hints_no_batch_again(account: Account) -> None:
    plan(account, announced())
    plan(account, announced())
    assert len(account.sqs.queue(DELIVERIES)) == 1
    assert len(account.states("CHG1")) == 5


def test_a_newer_revision_reports_the_one_that_it_superseded(account: Account) -> None:
    plan(account, announced(1))
    account.sqs.queue(REPORTS).clear()
    plan(account, announced(2, impact="The shop is down."))
    older, newer = account.run("CHG1", 1).run, account.run("CHG1", 2).run
    assert hinted(account, REPORTS) == [newer, older]
    assert set(account.states("CHG1", 1).values()) == {"SUPERSEDED"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", "not_json"),
        ('{"detail": {}}', "schema"),
        (announced(customers=("acme2",)), "not_for_this_customer"),
    ],
)
def test_what_can_never_be_planned_is_parked_and_reported_with_its_reason(
    account: Account, body: str, code: str
) -> None:
    plan(account, body)
    (parked,) = account.sqs.queue(DEAD_LETTERS)
    (rejected,) = (json.loads(one)["rejected"] for one in account.sqs.bodies(REPORTS))
    assert (parked.body, parked.attributes["code"]["StringValue"]) == (body, code)
    assert rejected["code"] == code
    assert account.sqs.bodies(DELIVERIES) == []


def test_an_account_that_may_not_read_its_list_pauses_the_run_and_queues_it_anew(
    account: Account,
) -> None:
    def denied(**_: Any) -> dict[str, Any]:
        raise refusal("AccessDeniedException", 403, "Not allowed.")

    account.ses.list_contacts = denied  # type: ignore[method-assign]
    plan(account, announced())
    assert account.run("CHG1").paused
    anew = account.sqs.queue(ANNOUNCEMENTS)[-1]
    assert (anew.body, anew.visible_at) == (announced(), account.clock.now + 300)
    assert hinted(account, REPORTS) == [account.run("CHG1").run]
    assert account.sqs.bodies(DELIVERIES) == []


@pytest.mark.parametrize(("receives", "seconds"), [(1, 30), (2, 60), (3, 120)])
def test_what_must_wait_is_received_again_soon_and_later_each_time(
    account: Account, receives: int, seconds: int
) -> None:
    def busy(**_: Any) -> dict[str, Any]:
        raise refusal("TooManyRequestsException", 429, "rate")

    account.ses.list_contacts = busy  # type: ignore[method-assign]
    with pytest.raises(Retry):
        plan(account, announced(), receives)
    (message,) = account.sqs.queue(ANNOUNCEMENTS)
    assert message.visible_at == account.clock.now + seconds
    assert account.sqs.bodies(DEAD_LETTERS) == []


def test_a_run_beyond_a_limit_is_reported_and_sends_nothing() -> None:
    account = Account(
        ses=Ses(contacts={"announcements": [*PEOPLE]}), environment={"MAX_MAILS_PER_DAY": "4"}
    )
    plan(account, announced())
    assert account.run("CHG1").paused
    assert account.sqs.bodies(DELIVERIES) == []
    assert hinted(account, REPORTS) == [account.run("CHG1").run]


def _fails_first(times: int, error: Exception, then: Any) -> Any:
    """Return a request that fails some times, and then does what it always does."""
    left = [times]

    def request(**given: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise error
        return then(**given)

    return request


def test_a_request_that_took_ses_beyond_its_rate_delays_nobody_for_long(account: Account) -> None:
    """The AWS console asked SES in the same second; the mails are queued with the next turn."""
    busy = refusal("TooManyRequestsException", 429, "Rate exceeded")
    ask = _fails_first(1, busy, account.ses.get_account)
    account.ses.get_account = ask  # type: ignore[method-assign]
    began = account.clock.now
    plan(account, announced())
    assert len(account.sqs.queue(DELIVERIES)) == 1
    assert account.clock.now - began < 5


@pytest.mark.parametrize(("code", "status"), [("TooManyRequestsException", 429), ("Oops", 503)])
def test_where_ses_tells_no_quota_the_announcement_is_received_again_soon(
    account: Account, code: str, status: int
) -> None:
    ask = _fails_first(99, refusal(code, status), account.ses.get_account)
    account.ses.get_account = ask  # type: ignore[method-assign]
    with pytest.raises(Retry):
        plan(account, announced())
    (message,) = account.sqs.queue(ANNOUNCEMENTS)
    assert message.visible_at == account.clock.now + 30


@pytest.mark.parametrize(("receives", "seconds"), [(1, 30), (2, 60), (3, AS_THE_QUEUE_HAS_IT)])
@pytest.mark.parametrize("code", ["SlowDown", "InternalError"])
def test_where_aws_fails_two_tries_follow_soon_and_the_others_outlast_an_outage(
    account: Account, monkeypatch: pytest.MonkeyPatch, code: str, receives: int, seconds: int
) -> None:
    monkeypatch.setattr(account.s3, "put_object", _fails_first(99, refusal(code, 503), None))
    with pytest.raises(ClientError):
        plan(account, announced(), receives)
    (message,) = account.sqs.queue(ANNOUNCEMENTS)
    assert message.visible_at == account.clock.now + seconds


def test_what_aws_refuses_is_tried_as_seldom_as_the_queue_has_it(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = refusal("AccessDenied", 403, "Not allowed.")
    monkeypatch.setattr(account.s3, "put_object", _fails_first(99, denied, None))
    with pytest.raises(ClientError):
        plan(account, announced())
    (message,) = account.sqs.queue(ANNOUNCEMENTS)
    assert message.visible_at == account.clock.now + AS_THE_QUEUE_HAS_IT


def test_where_another_function_has_planned_it_meanwhile_the_first_error_is_told(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(**_: Any) -> None:
        account.sqs.queue(ANNOUNCEMENTS).clear()
        raise refusal("InternalError", 503, "Try again.")

    monkeypatch.setattr(account.s3, "put_object", slow)
    with pytest.raises(ClientError, match="Try again"):
        plan(account, announced())
