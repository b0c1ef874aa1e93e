"""The real sender: what each answer of SES, and each death, leads to."""

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from changecast.customer.ledger.runs import resume, sweep_soon
from testbed.doubles.account import DELIVERIES, Account, Context
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.crashes import Crashes, Died
from testbed.doubles.ses import SentMail, Ses

PEOPLE = [f"p{number}@acme.example" for number in range(1, 6)]


def planned(account: Account) -> Account:
    account.announce(envelope())
    account.plan()
    return account


def raises(error: Exception, *, only: str = "", times: int = 1_000) -> Any:
    """SES's answer to a number of calls, or to those for one address."""
    left = [times]

    def answer(to: str) -> None:
        if only in to and left[0]:
            left[0] -= 1
            raise error

    return answer


def timeout() -> ReadTimeoutError:
    return ReadTimeoutError(endpoint_url="https://email.example")


def test_a_mail_is_sent_means_that_ses_accepted_it(account: Account) -> None:
    planned(account).send()
    assert set(account.states("CHG1").values()) == {"SENT"}
    assert account.recipients("CHG1")[PEOPLE[0]].message_id.startswith("ses-")


def test_a_mail_goes_out_under_the_lists_management_for_its_topic(account: Account) -> None:
    """SES drops it for people who left, and adds the way to leave."""
    planned(account).send()
    assert [mail.topic for mail in account.ses.mails] == ["announcements"] * 5
    assert {mail.contact_list for mail in account.ses.mails} == {"changecast"}


def test_the_same_hint_again_mails_nobody(account: Account) -> None:
    planned(account)
    (hint,) = account.sqs.bodies(DELIVERIES)
    account.sqs.send_message(QueueUrl=DELIVERIES, MessageBody=hint)
    account.send()
    account.settle()
    assert len(account.ses.mails) == 5


def test_tags_name_recipient_attempt_batch_and_kind_and_no_address(account: Account) -> None:
    planned(account).send()
    tags = account.ses.mails[0].tags
    assert len(tags["k"]) == 32
    assert tags["a"] == "1"
    assert tags["r"] == f"{account.run('CHG1').run}-1"
    assert tags["ses:feedback-id-a"] == "announcements"
    assert tags["ses:feedback-id-b"] == "announcement"


def test_a_throttled_call_stops_the_others_and_nobody_is_lost(account: Account) -> None:
    account.ses.answer = raises(refusal("TooManyRequestsException", 429, "rate"), times=1)
    planned(account).send()
    assert account.ses.calls == 1
    assert set(account.states("CHG1").values()) == {"PLANNED"}
    account.settle()
    assert sorted(mail.to for mail in account.ses.mails) == PEOPLE


def test_waiting_uses_up_no_receives(account: Account) -> None:
    account.ses.answer = raises(refusal("TooManyRequestsException", 429, "rate"), times=12)
    planned(account)
    for _ in range(60):
        account.send()
        account.clock.sleep(2)
        assert all(message.receives == 0 for message in account.sqs.queue(DELIVERIES))
    assert len(account.ses.mails) == 5


@pytest.mark.parametrize(
    "code",
    ["SendingPausedException", "AccountSuspendedException", "LimitExceededException",
     "MailFromDomainNotVerifiedException", "NotFoundException", "AccessDeniedException"],
)  # fmt: skip
def test_what_only_people_or_time_can_fix_pauses_the_run(account: Account, code: str) -> None:
    account.ses.answer = raises(refusal(code, 400, "No."))
    planned(account).send()
    account.report()
    assert account.ses.calls == 1
    assert set(account.states("CHG1").values()) == {"PLANNED"}
    report = account.events.last_report()
    assert (report["state"], report["reason"]["code"]) == ("paused", code)
    assert report["reason"]["request_id"] == "request-1"


def test_a_paused_run_goes_on_when_a_person_resumes_it(account: Account) -> None:
    account.ses.answer = raises(refusal("NotFoundException", 404, "No list."))
    planned(account).settle(15)
    assert account.ses.calls == 1
    account.ses.answer = raises(refusal("never", 400), times=0)
    account.resume("CHG1")
    account.settle(2)
    assert sorted(mail.to for mail in account.ses.mails) == PEOPLE
    assert account.events.last_report()["state"] == "sent"


def test_a_run_that_the_daily_quota_paused_goes_on_by_itself(account: Account) -> None:
    daily = refusal("TooManyRequestsException", 429, "Daily message quota exceeded.")
    account.ses.answer = raises(daily, times=1)
    planned(account).send()
    account.report()
    assert account.events.last_report()["reason"]["code"] == "daily_quota"
    account.settle(12)
    assert len(account.ses.mails) == 5
    assert account.events.last_report()["state"] == "sent"


def test_a_refused_mail_fails_its_recipient_alone(account: Account) -> None:
    account.ses.answer = raises(refusal("MessageRejected", 400, "Bad address."), only="p3")
    planned(account).settle()
    assert account.states("CHG1")[PEOPLE[2]] == "FAILED"
    report = account.events.last_report()
    assert report["state"] == "partial"
    assert (report["counts"]["sent"], report["counts"]["failed"]) == (4, 1)
    assert report["reason"]["message"] == "Bad address."


def test_a_whole_batch_refused_for_one_reason_pauses_and_loses_nobody(account: Account) -> None:
    account.ses.answer = raises(refusal("BadRequestException", 400, "Invalid tag."))
    planned(account).settle()
    report = account.events.last_report()
    assert report["state"] == "paused"
    assert report["reason"]["code"] == "all_refused"
    assert report["reason"]["message"] == "Invalid tag."
    assert report["counts"]["failed"] == 0
    account.ses.answer = raises(refusal("never", 400), times=0)
    account.resume("CHG1")
    account.settle(2)
    assert sorted(mail.to for mail in account.ses.mails) == PEOPLE


@pytest.mark.parametrize("error", [timeout(), refusal("InternalFailure", 500)])
def test_no_answer_is_unknown_and_is_not_sent_again_before_the_window_ends(
    account: Account, error: Exception
) -> None:
    account.ses.answer = raises(error, only="p3", times=1)
    account.ses.after = lambda mail: account.hear(mail.event("Send"))
    planned(account).settle(30)
    assert account.states("CHG1")[PEOPLE[2]] == "UNKNOWN"
    assert account.events.last_report()["counts"]["unknown"] == 1
    assert account.events.last_report()["state"] == "sending"
    account.settle(40)
    assert sorted(mail.to for mail in account.ses.mails) == PEOPLE
    assert account.events.last_report()["state"] == "sent"


def test_nobody_to_connect_to_is_no_call(account: Account) -> None:
    error = EndpointConnectionError(endpoint_url="https://email.example")
    account.ses.answer = raises(error, times=1)
    planned(account).send()
    assert set(account.states("CHG1").values()) == {"PLANNED"}


def test_a_mail_that_ses_took_without_an_answer_is_settled_by_its_own_event() -> None:
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}))

    def accepted(mail: SentMail) -> None:
        account.hear(mail.event("Send"))
        raise timeout()

    account.ses.after = accepted
    planned(account).settle(90)
    assert sorted(mail.to for mail in account.ses.mails) == PEOPLE
    assert account.events.last_report()["state"] == "sent"


def test_a_rendering_that_is_gone_pauses_the_run_before_anybody_is_claimed() -> None:
    account = Account(ses=Ses(contacts={"announcements": PEOPLE}))
    planned(account)
    renderings = dict(account.s3.objects)
    account.s3.objects.clear()
    account.send()
    account.report()
    assert {r.attempt for r in account.recipients("CHG1").values()} == {0}
    assert account.events.last_report()["reason"]["code"] == "no_rendering"
    account.s3.objects.update(renderings)
    run = resume(account.ledger, account.run("CHG1"))
    sweep_soon(account.ledger, run, account.clock.now)
    account.settle()
    assert sorted(mail.to for mail in account.ses.mails) == PEOPLE


def test_no_call_starts_that_the_function_could_not_finish(account: Account) -> None:
    planned(account)
    account.work(DELIVERIES, "send_mail", Context(15))
    assert account.ses.calls == 0
    assert set(account.states("CHG1").values()) == {"PLANNED"}
    account.settle()
    assert len(account.ses.mails) == 5


def test_a_batch_that_is_not_due_yet_waits_in_the_queue(account: Account) -> None:
    account.ses.rate = 1.0
    account.ses.contacts["announcements"] = [f"p{n}@acme.example" for n in range(30)]
    planned(account)
    first, second = account.sqs.queue(DELIVERIES)
    assert second.visible_at - first.visible_at == 25
    second.visible_at = account.clock.now
    account.sqs.queue(DELIVERIES).remove(first)
    account.send()
    assert account.ses.calls == 0
    (again,) = account.sqs.queue(DELIVERIES)
    assert again.visible_at - account.clock.now >= 23


@pytest.mark.parametrize("policy", ["resend", "hold"])
def test_a_sender_that_dies_at_any_call_loses_nobody_and_mails_nobody_twice(policy: str) -> None:
    at, died = 1, True
    while died:
        died = any(
            [
                dies_while_sending(at, policy, after=False),
                dies_while_sending(at, policy, after=True),
            ]
        )
        at += 1
    assert at > 8


def dies_while_sending(at: int, policy: str, *, after: bool) -> bool:
    account = Account(
        ses=Ses(contacts={"announcements": PEOPLE[:3]}), environment={"UNKNOWN_POLICY": policy}
    )
    account.ses.after = lambda mail: account.hear(mail.event("Send"))
    planned(account)
    account.wrap = Crashes(at, after=after).wrap
    account.start()
    died = False
    try:
        account.send()
    except Died:
        died = True
    account.wrap = lambda service, client: client
    account.start()
    account.settle(80)
    mailed = [mail.to for mail in account.ses.mails]
    assert len(set(mailed)) == len(mailed)
    states = account.states("CHG1")
    assert set(states) == {*mailed, *(to for to, state in states.items() if state == "HELD")}
    assert policy == "hold" or len(mailed) == 3
    report = account.events.last_report()
    held = sum(state == "HELD" for state in states.values())
    assert report["counts"]["sent"] == 3 - held
    assert report["state"] == ("held" if held else "sent")
    return died
