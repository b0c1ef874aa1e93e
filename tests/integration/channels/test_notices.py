"""Notifying endpoints: retries, giving up, switching off, tests, and what everybody sees of it."""

import itertools
import json
import time
from typing import Any

import pytest
import standardwebhooks
from botocore.exceptions import ReadTimeoutError

from changecast.contract.notice import parse_notice
from changecast.customer.channels.https import HttpAnswer
from changecast.customer.ledger.endpoints import DEAD_SECONDS, is_name, switch_off
from changecast.customer.sending import notices
from changecast.customer.sending.endpoint_tests import hint_test
from testbed.doubles.account import (
    ANSWERING,
    DELIVERIES,
    NOTICES,
    WITH_CHANNELS,
    Account,
    configure,
)
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.receivers import OK, SECRET
from testbed.doubles.ses import Ses
from testbed.doubles.sns import Published

PEOPLE = [f"p{number}@acme.example" for number in range(1, 6)]
DOWN = HttpAnswer(503, "")
DAY = 86_400.0


def account(**contacts: list[str]) -> Account:
    listed = contacts or {"announcements": PEOPLE, "approvals": PEOPLE[:2]}
    return Account(ses=Ses(contacts=listed), environment=WITH_CHANNELS)


def announced(found: Account, event: dict[str, Any] | None = None) -> Account:
    found.announce(event or envelope())
    found.plan()
    return found


def test_one_change_reaches_mail_chat_and_webhook_once_each() -> None:
    found = account()
    found.add_chat()
    found.add_endpoint("ops")
    announced(found).settle()
    assert sorted(mail.to for mail in found.ses.mails) == PEOPLE
    (message,), (posted,) = found.sns.published, found.receivers.posted
    assert json.loads(message.message)["metadata"]["additionalContext"]["change_id"] == "CHG1"
    assert json.loads(posted.body)["data"]["change_id"] == "CHG1"
    run = found.run("CHG1")
    assert (run.planned, run.endpoints) == (5, 2)


def test_every_try_is_signed_anew_under_the_same_id() -> None:
    found = account()
    found.add_endpoint("ops")
    found.receivers.answer = lambda host: DOWN if len(found.receivers.posted) < 2 else OK
    announced(found).settle(15)
    ids = {posted.headers["webhook-id"] for posted in found.receivers.posted}
    times = [int(posted.headers["webhook-timestamp"]) for posted in found.receivers.posted]
    assert (len(ids), len(times)) == (1, 3)
    assert times == sorted(set(times))
    assert len({posted.body for posted in found.receivers.posted}) == 1


def test_tries_are_further_and_further_apart_and_end_after_a_day() -> None:
    found = account()
    found.add_endpoint("ops")
    found.receivers.answer = lambda host: DOWN
    begun = found.clock.now
    announced(found).settle(26 * 60)
    times = [int(posted.headers["webhook-timestamp"]) for posted in found.receivers.posted]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(times) == len(notices.DELAYS) + 1
    assert all(gap >= delay for gap, delay in zip(gaps, notices.DELAYS, strict=True))
    assert times[-1] - begun < DAY
    recipient = found.told()["ops"]
    assert (recipient.state, recipient.code) == ("FAILED", "503")


def test_a_receiver_says_when_it_wants_to_be_asked_again() -> None:
    found = account()
    found.add_endpoint("ops")
    busy = HttpAnswer(429, "600")
    found.receivers.answer = lambda host: OK if found.receivers.posted else busy
    announced(found).settle(30)
    first, second = (int(one.headers["webhook-timestamp"]) for one in found.receivers.posted)
    assert 600 <= second - first < 900


def test_a_receiver_cannot_put_a_notice_off_for_ever() -> None:
    found = account()
    found.add_endpoint("ops")
    found.receivers.answer = lambda host: HttpAnswer(503, "9999999")
    announced(found).settle(7 * 60)
    assert len(found.receivers.posted) == 2


def test_a_receiver_that_is_gone_is_switched_off_and_hears_of_no_later_change() -> None:
    found = account()
    found.add_endpoint("ops")
    found.receivers.answer = lambda host: HttpAnswer(410, "")
    announced(found).settle()
    assert found.endpoint("ops").off == "gone"
    announced(found, envelope(change_id="CHG2")).settle()
    assert found.told("CHG2") == {}
    assert len(found.receivers.posted) == 1


def test_a_dead_channel_delays_no_mail_and_no_other_channel() -> None:
    found = account()
    found.add_endpoint("dead")
    found.add_endpoint("ops")
    found.add_chat()
    found.receivers.answer = lambda host: DOWN if host.startswith("dead") else OK
    announced(found).settle(1)
    assert len(found.ses.mails) == 5
    assert len(found.sns.published) == 1
    assert [found.told()[name].state for name in ("dead", "ops", "chat")] == [
        "PLANNED", "SENT", "SENT",
    ]  # fmt: skip
    report = found.events.last_report()
    assert (report["state"], report["counts"]["sent"]) == ("sent", 5)
    assert found.sqs.bodies(DELIVERIES) == []


def test_what_stops_mails_at_ses_stops_no_channel() -> None:
    found = account()
    found.add_endpoint("ops")
    found.ses.answer = _refusing(refusal("SendingPausedException", 400, "No."))
    announced(found).settle(10)
    assert found.events.last_report()["state"] == "paused"
    assert found.told()["ops"].state == "SENT"


def test_channels_are_told_where_nobody_is_mailed() -> None:
    found = account(announcements=[], approvals=PEOPLE)
    found.add_endpoint("ops")
    announced(found).settle()
    assert found.events.last_report()["state"] == "nothing_to_send"
    assert found.told()["ops"].state == "SENT"


@pytest.mark.parametrize(
    ("topics", "status", "told"),
    [
        (("announcements",), "approved", True), (("approvals",), "approved", False),
        (("announcements",), "submitted", False), (("approvals",), "submitted", True),
        (("announcements", "approvals"), "submitted", True),
    ],
)  # fmt: skip
def test_a_channel_is_told_of_its_topics_only(
    topics: tuple[str, ...], status: str, told: bool
) -> None:
    found = account()
    found.add_endpoint("ops", topics=topics)
    announced(found, envelope(status=status)).settle()
    assert bool(found.receivers.posted) is told


def test_a_channel_that_is_marked_for_tests_gets_them() -> None:
    found = account()
    found.add_endpoint("ops")
    found.add_endpoint("staging", tests=True)
    announced(found, envelope(test=True)).settle()
    assert [posted.host for posted in found.receivers.posted] == ["staging.acme.example"]
    assert json.loads(found.receivers.posted[0].body)["data"]["test"] is True


def test_a_channel_that_was_added_later_hears_of_an_update_whole() -> None:
    found = account()
    announced(found).settle()
    found.add_endpoint("ops")
    announced(found, envelope(2, impact="Another impact.")).settle()
    (posted,) = found.receivers.posted
    assert json.loads(posted.body)["data"]["change"]["customer_impact"] == "Another impact."


def test_a_report_says_where_every_channel_stands() -> None:
    found = account()
    found.add_chat()
    found.add_endpoint("ops")
    found.receivers.answer = lambda host: DOWN
    announced(found).notify()
    found.report()
    chat, ops = found.events.last_report()["channels"]
    assert (chat["name"], chat["channel"], chat["state"]) == ("chat", "chat", "sent")
    assert (ops["name"], ops["channel"], ops["state"]) == ("ops", "webhook", "planned")
    assert (ops["code"], bool(ops["next_try_at"])) == ("503", True)


def test_an_account_without_channels_reports_none_and_queues_none() -> None:
    found = Account(ses=Ses(contacts={"announcements": PEOPLE}))
    announced(found).settle()
    assert found.events.last_report()["channels"] is None
    assert found.sqs.queue(NOTICES) == []


def dead_channels(found: Account) -> int:
    """Return what the sweep measures."""
    measures: list[Any] = []
    configure(found.modules["sweep"], "sweeper", measure=lambda _, said: measures.append(said))
    found.sweep()
    return int(measures[-1]["DeadChannels"].value)


def test_the_alarm_sees_a_channel_that_fails_for_long_until_it_accepts() -> None:
    found = account()
    found.add_endpoint("ops")
    found.receivers.answer = lambda host: DOWN
    announced(found).notify()
    assert dead_channels(found) == 0
    found.clock.now += DEAD_SECONDS
    assert dead_channels(found) == 1
    found.receivers.answer = lambda host: OK
    found.settle(10)
    assert dead_channels(found) == 0
    assert found.endpoint("ops").failing_since == 0


def test_a_test_of_a_webhook_is_signed_says_that_it_is_one_and_switches_it_on_again() -> None:
    found = account()
    found.add_endpoint("ops")
    switch_off(found.ledger, "ops", "gone")
    assert dead_channels(found) == 1
    found.sqs.send_message(QueueUrl=NOTICES, MessageBody=hint_test("ops"))
    found.notify()
    (posted,) = found.receivers.posted
    data = json.loads(posted.body)["data"]
    assert (data["test"], data["change"]["test_run"]) == (True, True)
    assert len(posted.headers["webhook-signature"].split()) == 1
    endpoint = found.endpoint("ops")
    assert (endpoint.test_result, endpoint.off) == ("accepted", "")
    assert dead_channels(found) == 0


@pytest.mark.parametrize(
    ("answer", "result"), [(HttpAnswer(401, ""), "401"), (HttpAnswer(410, ""), "gone")]
)
def test_a_test_that_fails_says_why_and_switches_nothing(answer: HttpAnswer, result: str) -> None:
    found = account()
    found.add_endpoint("ops")
    found.receivers.answer = lambda host: answer
    found.sqs.send_message(QueueUrl=NOTICES, MessageBody=hint_test("ops"))
    found.notify()
    endpoint = found.endpoint("ops")
    assert (endpoint.test_result, endpoint.is_on) == (result, True)


def test_a_chat_without_an_answer_waits_for_no_evidence_of_ses() -> None:
    found = account()
    found.add_chat()
    left = [1]

    def lost(published: Published) -> None:
        if left[0]:
            left[0] = 0
            raise ReadTimeoutError(endpoint_url="https://sns.example")

    found.sns.after = lost
    announced(found).settle(70)
    assert (found.told()["chat"].state, len(found.sns.published)) == ("SENT", 2)


def test_a_test_of_a_chat_reaches_its_topic() -> None:
    found = account()
    found.add_chat()
    found.sqs.send_message(QueueUrl=NOTICES, MessageBody=hint_test("chat"))
    found.notify()
    (published,) = found.sns.published
    assert json.loads(published.message)["content"]["title"].startswith("TEST")


@pytest.mark.parametrize("body", ["{}", "[]", "x", '{"v":1,"test":5}', '{"v":1,"test":"nobody"}'])
def test_a_hint_that_names_nothing_calls_nobody(body: str) -> None:
    found = account()
    found.add_endpoint("ops")
    found.sqs.send_message(QueueUrl=NOTICES, MessageBody=body)
    found.notify()
    assert found.receivers.posted == []


def test_a_notice_whose_body_is_gone_fails_and_calls_nobody() -> None:
    found = account()
    found.add_endpoint("ops")
    announced(found)
    found.s3.objects.clear()
    found.notify()
    assert (found.told()["ops"].state, found.told()["ops"].code) == ("FAILED", "no_rendering")
    assert found.receivers.posted == []


def test_no_address_secret_or_host_is_logged(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    found = account()
    found.add_endpoint("ops", target="https://ops.acme.example/token-in-the-path")
    found.receivers.answer = lambda host: DOWN
    with caplog.at_level("INFO"):
        announced(found).settle(3)
    logged = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    said = logged + capsys.readouterr().out
    assert "notice handled" in said
    for hidden in ("token-in-the-path", SECRET, "ops.acme.example"):
        assert hidden not in said


@pytest.mark.parametrize("name", ["ops", "a", "ops-2", "x" * 32])
def test_a_name_of_a_channel_is_short_and_plain(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize("name", ["", "Ops", "-ops", "ops-", "o ps", "ops@acme", "x" * 33, "öps"])
def test_what_is_no_name_of_a_channel(name: str) -> None:
    assert not is_name(name)


def test_an_endpoint_is_kept_as_it_was_added() -> None:
    found = account()
    added = found.add_endpoint("ops", topics=("approvals",), tests=True)
    assert found.endpoint("ops") == added


def test_a_notice_is_verified_by_its_receiver() -> None:
    found = account()
    found.clock.now = time.time()
    found.add_endpoint("ops")
    announced(found).notify()
    (posted,) = found.receivers.posted
    said = standardwebhooks.Webhook(SECRET).verify(posted.body, dict(posted.headers))
    assert said["data"]["customer"] == "acme"


def _refusing(error: Exception) -> Any:
    def answer(to: str) -> None:
        raise error

    return answer


def test_where_people_may_answer_channels_lead_to_the_page_that_takes_no_answer() -> None:
    found = Account(
        ses=Ses(contacts={"announcements": PEOPLE}), environment=WITH_CHANNELS | ANSWERING
    )
    found.add_chat()
    found.add_endpoint("ops")
    announced(found).settle()
    (message,), (posted,) = found.sns.published, found.receivers.posted
    page = parse_notice(posted.body).data.page
    assert page is not None
    assert page.startswith("https://answers.acme.example/v/")
    assert (
        "https://answers.acme.example/v/" in json.loads(message.message)["content"]["description"]
    )
    kept = b"".join(body for key, body in found.s3.objects.items() if "webhook" in key)
    assert b"/v/" not in kept


def test_a_keyring_that_cannot_be_read_keeps_no_notice_back() -> None:
    found = Account(
        ses=Ses(contacts={"announcements": PEOPLE}), environment=WITH_CHANNELS | ANSWERING
    )
    found.add_chat()
    found.secrets.fails = refusal("AccessDeniedException", 400)
    announced(found).notify()
    (message,) = found.sns.published
    assert "/v/" not in message.message
