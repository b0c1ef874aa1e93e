"""What a client meets when SES has a fault."""

import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from changecast.contract.errors import PauseRun, RecipientRefused, Retry, Unanswered
from changecast.customer.channels.email import Mail, Mailer
from changecast.customer.channels.email import send as send_by_product
from changecast_local import faults
from changecast_local import ses as cloud_ses
from tests.integration.local.ses.given import ANN, LIST, SENDER, SET, raw, send

SLOW_SECONDS = 3


def fault(account: str, kind: str, **spec: Any) -> None:
    faults.add({"account": account, "kind": kind, **spec})


def received(account: str) -> list[str]:
    return [mail["to"] for mail in cloud_ses.mails(account)]


def test_a_mail_whose_answer_is_lost_has_gone_out(sender: Any, account: str) -> None:
    fault(account, "no_answer", times=1)
    with pytest.raises(ConnectionClosedError):
        send(sender)
    assert received(account) == [ANN]
    send(sender)
    assert received(account) == [ANN, ANN]


def test_a_mail_that_is_lost_with_its_answer_has_not_gone_out(sender: Any, account: str) -> None:
    fault(account, "no_answer_lost", times=1)
    with pytest.raises(ConnectionClosedError):
        send(sender)
    assert received(account) == []


def test_a_client_with_retries_mails_three_times(client: Any, sender: Any, account: str) -> None:
    """Why the product's client must not retry: SendEmail has no idempotency token."""
    del sender
    fault(account, "no_answer")
    impatient = client("sesv2", retries=3)
    with pytest.raises(ConnectionClosedError):
        send(impatient)
    assert received(account) == [ANN] * 3


def test_only_the_connection_of_the_faulty_call_drops(sender: Any, account: str) -> None:
    fault(account, "no_answer_lost", address="bob@*")
    fates: dict[str, str] = {}

    def one(to: str) -> None:
        try:
            fates[to] = send(sender, to)
        except ConnectionClosedError:
            fates[to] = "dropped"

    everybody = [f"{who}@acme.example" for who in ("ann", "bob", "cid", "dan")]
    threads = [threading.Thread(target=one, args=(to,)) for to in everybody]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fates.pop("bob@acme.example") == "dropped"
    assert sorted(received(account)) == sorted(fates)


@pytest.mark.parametrize(
    ("kind", "status", "code", "raised"),
    [
        ("error", 500, "InternalFailure", Unanswered),
        ("throttle", 429, "TooManyRequestsException", Retry),
        ("daily_quota", 429, "TooManyRequestsException", PauseRun),
        ("paused", 400, "SendingPausedException", PauseRun),
        ("suspended", 400, "AccountSuspendedException", PauseRun),
        ("reject", 400, "MessageRejected", RecipientRefused),
    ],
)
def test_a_refusal_is_what_the_product_takes_it_for(
    sender: Any, account: str, kind: str, status: int, code: str, raised: type[Exception]
) -> None:
    fault(account, kind)
    with pytest.raises(ClientError) as refused:
        send(sender)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert refused.value.response["Error"]["Code"] == code
    mail = Mail(ANN, raw(), "announcements", {"k": "ann"})
    with pytest.raises(raised):
        send_by_product(Mailer(sender, LIST, SET, SENDER), mail)
    assert received(account) == []


def test_the_product_does_not_know_what_became_of_an_unanswered_mail(
    sender: Any, account: str
) -> None:
    fault(account, "no_answer")
    mail = Mail(ANN, raw(), "announcements", {"k": "ann"})
    with pytest.raises(Unanswered):
        send_by_product(Mailer(sender, LIST, SET, SENDER), mail)
    assert received(account) == [ANN]


def test_a_slow_answer_comes_late_and_holds_up_nobody_else(sender: Any, account: str) -> None:
    fault(account, "slow", seconds=SLOW_SECONDS, address="bob@*")
    slow = threading.Thread(target=send, args=(sender, "bob@acme.example"))
    started = time.monotonic()
    slow.start()
    send(sender)
    assert received(account) == [ANN]
    slow.join()
    assert time.monotonic() - started >= SLOW_SECONDS
    assert received(account) == [ANN, "bob@acme.example"]


@pytest.mark.parametrize(
    ("outcome", "gone_out"), [("bounce", True), ("suppressed", False), ("virus", False)]
)
def test_a_mail_can_be_made_to_end_badly(
    sender: Any, account: str, outcome: str, gone_out: bool
) -> None:
    fault(account, "outcome", outcome=outcome)
    assert send(sender)
    assert (received(account) == [ANN]) is gone_out


def test_another_operation_can_have_a_fault_too(sender: Any, account: str) -> None:
    fault(account, "throttle", operation="ListContacts", times=1)
    with pytest.raises(sender.exceptions.TooManyRequestsException):
        sender.list_contacts(ContactListName=LIST)
    assert send(sender)
    assert sender.list_contacts(ContactListName=LIST)["Contacts"] == []
