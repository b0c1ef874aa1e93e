"""One request a second to SES: one reading of the list for all announcements that waited for it."""

from typing import Any

import pytest

from changecast.customer.ledger.ses_requests import read_reading, start_reading
from changecast.customer.planning.shared_reading import KEPT, LEASE, PREFIX
from testbed.doubles.account import ANNOUNCEMENTS, DEAD_LETTERS, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal


def kept(account: Account) -> list[str]:
    """The readings in the mails bucket."""
    client: Any = account.s3
    if hasattr(client, "objects"):
        return [key for key in client.objects if f"/{PREFIX}" in key]
    found = client.list_objects_v2(Bucket="mails", Prefix=PREFIX)
    return [one["Key"] for one in found.get("Contents", ())]


def announce(account: Account, changes: int, first: int = 1) -> None:
    for number in range(first, first + changes):
        account.announce(envelope(change_id=f"CHG{number}"))


def test_twenty_announcements_at_once_cost_a_few_requests_and_none_too_early(
    account: Account,
) -> None:
    announce(account, 20)
    account.settle(minutes=3)
    assert len(account.ses.mails) == 100
    assert account.ses.too_early == 0
    assert len(account.ses.asked) < 20
    assert account.sqs.queue(ANNOUNCEMENTS) == []


def test_who_leaves_before_an_announcement_does_not_get_it_though_a_reading_is_kept(
    account: Account,
) -> None:
    announce(account, 1)
    account.plan()
    assert kept(account)
    account.ses.contacts["announcements"].remove("p3@acme.example")
    account.ses.contacts["announcements"].append("new@acme.example")
    announce(account, 1, first=2)
    account.plan()
    assert "p3@acme.example" in account.recipients("CHG1")
    assert "p3@acme.example" not in account.recipients("CHG2")
    assert "new@acme.example" in account.recipients("CHG2")


def test_what_waited_in_the_queue_is_served_by_the_reading_that_began_later(
    account: Account,
) -> None:
    announce(account, 2)
    account.clock.now += 30
    account.plan()
    asked = len(account.ses.asked)
    assert asked == 3  # two pages, and the account's quota
    assert account.run("CHG2").complete


def test_a_reader_that_died_blocks_others_for_its_lease_at_most(account: Account) -> None:
    began = account.clock.now
    start_reading(account.ledger, "dead", began, began + LEASE)
    announce(account, 1)
    account.plan()
    assert account.run("CHG1").complete
    assert LEASE <= account.clock.now - began < LEASE + 10


def test_a_reading_is_deleted_by_the_next_one_and_the_last_one_by_the_sweep(
    account: Account,
) -> None:
    announce(account, 1)
    account.plan()
    announce(account, 1, first=2)
    account.plan()
    assert len(kept(account)) == 1
    account.clock.now += KEPT
    account.sweep()
    assert kept(account) == []
    assert read_reading(account.ledger).reading == ""


def test_what_a_dead_reader_left_behind_is_deleted(account: Account) -> None:
    now = account.clock.now
    start_reading(account.ledger, "dead", now, now + LEASE)
    account.s3.put_object(Bucket="mails", Key=f"{PREFIX}dead.json", Body=b"{}")
    account.clock.now += LEASE
    account.sweep()
    assert kept(account) == []


def test_where_ses_takes_no_request_the_announcement_is_received_again_soon(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(**_: Any) -> Any:
        raise refusal("TooManyRequestsException", 429)

    announce(account, 1)
    with monkeypatch.context() as patch:
        patch.setattr(account.ses, "list_contacts", busy)
        account.plan()
    (message,) = account.sqs.queue(ANNOUNCEMENTS)
    assert message.visible_at - account.clock.now == 30
    account.settle()
    assert len(account.ses.mails) == 5


def test_a_list_without_our_topics_pauses_and_goes_on_once_it_has_them(account: Account) -> None:
    account.ses.topics = ("news",)
    account.ses.contacts["news"] = ["p1@acme.example"]
    announce(account, 1)
    account.plan()
    run = account.run("CHG1")
    assert (run.paused, run.reason_code) == (True, "no_topic")
    assert "changecast contacts topics --reconcile" in run.reason_message
    account.settle(35)
    assert (account.run("CHG1").paused, account.ses.mails) == (True, [])
    (waiting,) = account.sqs.queue(ANNOUNCEMENTS)
    assert waiting.receives < 5, "the fifth makes it a dead letter"
    account.ses.topics = ("approvals", "announcements", "calendar")
    account.settle(7)
    assert len(account.ses.mails) == 5
    assert account.sqs.queue(ANNOUNCEMENTS) == account.sqs.queue(DEAD_LETTERS) == []


def test_an_empty_list_tells_nobody_and_does_not_pause(account: Account) -> None:
    account.ses.contacts = {"announcements": []}
    announce(account, 1)
    account.plan()
    assert account.run("CHG1").reason_code == "no_recipients"
