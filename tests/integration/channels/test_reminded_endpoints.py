"""Chats and webhooks are reminded as people on their topics are: once, in time, or not at all."""

import json
from datetime import datetime
from typing import Any

import pytest

from changecast.contract.notice import parse_notice
from changecast.customer.channels.https import HttpAnswer
from changecast.customer.ledger.table import endpoint_batches, reminders_of
from testbed.doubles.account import WITH_CHANNELS, Account
from testbed.doubles.announcements import START, envelope
from testbed.doubles.receivers import OK
from testbed.doubles.ses import Ses

BEGINS = datetime.fromisoformat(START).timestamp()
LATER = "2027-03-09T22:00:00Z"
HOUR, DAY = 3_600.0, 86_400.0


def account(reminders: str = "24h,1h", **more: str) -> Account:
    contacts = {"announcements": ["p1@acme.example"], "calendar": []}
    environment = {**WITH_CHANNELS, "REMINDERS": reminders, **more}
    found = Account(ses=Ses(contacts=contacts), environment=environment)
    found.add_chat()
    found.add_endpoint("ops")
    return found


def announced(found: Account, revision: int = 1, **what: Any) -> Account:
    found.announce(envelope(revision, **what))
    found.settle(3)
    return found


def jump(found: Account, seconds: float, minutes: int = 4) -> None:
    assert found.clock.now < seconds
    found.clock.now = seconds
    found.settle(minutes)


def kinds(found: Account) -> tuple[list[str], list[str]]:
    """What the chat and the webhook were told, in order."""
    chats = [json.loads(one.message)["metadata"]["eventType"] for one in found.sns.published]
    return chats, [parse_notice(one.body).type for one in found.receivers.posted]


def test_chat_and_webhook_are_reminded_once_at_each_time() -> None:
    found = announced(account())
    jump(found, BEGINS - DAY + 5)
    once = ["change.announcement", "change.reminder"]
    assert kinds(found) == (once, once)
    jump(found, BEGINS - HOUR + 5)
    jump(found, BEGINS + 5)
    assert kinds(found) == ([*once, "change.reminder"],) * 2
    ids = [one.headers["webhook-id"] for one in found.receivers.posted]
    assert len({*ids}) == 3
    messages = [json.loads(one.message) for one in found.sns.published]
    assert len({one["id"] for one in messages}) == 3
    assert len({one["metadata"]["threadId"] for one in messages}) == 1
    assert "starts in 1 hour" in messages[-1]["content"]["description"]


def test_a_reminder_is_reported_with_its_channels() -> None:
    found = announced(account())
    jump(found, BEGINS - DAY + 5)
    last = [one for one in found.events.reports() if one.get("reminder")][-1]
    states = {one["name"]: one["state"] for one in last["channels"]}
    assert states == {"chat": "sent", "ops": "sent"}
    assert last["counts"]["planned"] == 1


def test_a_moved_window_moves_the_reminders_of_channels() -> None:
    found = announced(account("24h"))
    announced(found, 2, start=LATER)
    jump(found, BEGINS - DAY + 5)
    assert "change.reminder" not in [*kinds(found)[0], *kinds(found)[1]]
    jump(found, datetime.fromisoformat(LATER).timestamp() - DAY + 5)
    assert [told.count("change.reminder") for told in kinds(found)] == [1, 1]


def test_who_was_added_after_the_announcement_gets_the_whole_change_once() -> None:
    found = announced(account())
    found.add_endpoint("late")
    jump(found, BEGINS - DAY + 5)
    jump(found, BEGINS - HOUR + 5)
    late = [parse_notice(p.body) for p in found.receivers.posted if p.host.startswith("late")]
    assert [one.type for one in late] == ["change.announcement", "change.reminder"]
    announced(found, 2, prior_status="another word")
    posted = [one for one in found.receivers.posted if one.host.startswith("late")]
    assert len(posted) == 2, "nothing that readers see has changed"


@pytest.mark.parametrize(
    ("topics", "told"),
    [(("announcements",), 1), (("approvals",), 0), (("approvals", "announcements"), 1)],
)
def test_a_channel_is_reminded_if_its_topics_say_so(topics: tuple[str, ...], told: int) -> None:
    found = account("24h")
    found.add_endpoint("third", topics=topics)
    announced(found)
    jump(found, BEGINS - DAY + 5)
    third = [one for one in found.receivers.posted if one.host.startswith("third")]
    assert [parse_notice(one.body).type for one in third].count("change.reminder") == told


def test_reminders_for_calendars_only_reach_no_channel() -> None:
    found = announced(account("24h", REMINDER_TOPICS="calendar"))
    jump(found, BEGINS - DAY + 5)
    assert kinds(found) == (["change.announcement"],) * 2


def test_outside_prod_only_channels_for_tests_are_reminded() -> None:
    found = account("24h", ENVIRONMENT="test", ALLOWED_RECIPIENTS="@acme.example")
    found.add_endpoint("tests", tests=True)
    announced(found)
    jump(found, BEGINS - DAY + 5)
    assert {one.host for one in found.receivers.posted} == {"tests.acme.example"}
    assert kinds(found)[1][-1] == "change.reminder"


def test_a_receiver_that_is_down_until_the_start_is_not_reminded_after_it() -> None:
    found = account("1h")
    announced(found)
    found.receivers.answer = lambda host: HttpAnswer(503, "")
    jump(found, BEGINS - HOUR + 5, 10)
    found.receivers.answer = lambda host: OK
    before = len(found.receivers.posted)
    jump(found, BEGINS + 5, 120)
    assert len(found.receivers.posted) == before
    (run,) = reminders_of(found.ledger, "CHG1")
    states = {r.address: r.state for b in endpoint_batches(found.ledger, run) for r in b.recipients}
    assert states == {"chat": "SENT", "ops": "SUPERSEDED"}


def test_a_cancelled_change_reminds_no_channel() -> None:
    found = announced(account())
    announced(found, 2, status="cancelled")
    jump(found, BEGINS - DAY + 5)
    jump(found, BEGINS - HOUR + 5)
    assert "change.reminder" not in [*kinds(found)[0], *kinds(found)[1]]
