"""Any message in a queue of the account: no wrong mail, no other one affected, all reported."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changecast.customer.hints import hint_delivery, hint_report
from changecast.customer.ledger.schema import run_id
from testbed.doubles.account import (
    ANNOUNCEMENTS,
    DEAD_LETTERS,
    DELIVERIES,
    OUTCOMES,
    REPORTS,
    Account,
    Context,
)
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import Ses
from testbed.doubles.sqs import Message
from tests.support.drawn import spoilt_or_not
from tests.support.from_schema import published, values
from tests.support.hostile import BODIES, CODES

RUN = run_id("CHG1", 1)
WINDOW = envelope()["detail"]["change"]["window"]
HINTS = {
    "no run": {"v": 1, "batch": 1},
    "a run that is none": {"run": [RUN], "batch": 1},
    "an empty run": {"run": "", "batch": 1},
    "a batch in words": {"run": RUN, "batch": "1"},
    "a batch that is true": {"run": RUN, "batch": True},
    "a batch below the first": {"run": RUN, "batch": 0},
    "a batch beyond all": {"run": RUN, "batch": 10**30},
}
REJECTIONS = {
    "a number": 7,
    "nothing": {},
    "no words": {"code": "schema", "message": None},
    "a code without end": {"code": "x" * 1_000, "message": "m"},
    "another's identity": {"code": "schema", "message": "m", "event_id": "me", "revision": -1},
    "a trace without end": {"code": "schema", "message": "m", "trace_id": "1" * 65},
}
TAGS = {
    "no list": {"r": f"{RUN}-1", "k": "k"},
    "numbers": {"r": [7], "k": [7]},
    "nothing": {"r": [], "k": []},
    "a run without end": {"r": ["x" * 100_000 + "-1"], "k": ["k"]},
    "half a character": {"r": ["\ud800-1"], "k": ["\ud800"]},
}


@pytest.fixture
def alone() -> Account:
    """An account with one subscriber, in memory."""
    return Account(ses=Ses(contacts={"announcements": ["p@acme.example"]}))


def both(account: Account, queue: str, poison: str, good: str) -> tuple[bool, bool]:
    """Hand over both in one batch; returns whether each is gone from the queue."""
    handlers = {
        ANNOUNCEMENTS: "plan_delivery",
        DELIVERIES: "send_mail",
        OUTCOMES: "record_outcome",
        REPORTS: "report_delivery",
    }
    messages = [Message(body, account.clock.now) for body in (poison, good)]
    account.sqs.queue(queue)[:] = messages
    account.invoke(queue, handlers[queue], list(messages), Context(60))
    left = account.sqs.queue(queue)
    return messages[0] not in left, messages[1] not in left


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Why something went back."""
    back = [
        record
        for record in caplog.records
        if record.message == "the message failed; the queue delivers it again"
    ]
    return [vars(record)["error"] for record in back]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_hostile_announcement_is_parked_with_its_reason_and_its_neighbour_is_mailed(
    alone: Account, body: str
) -> None:
    assert both(alone, ANNOUNCEMENTS, body, json.dumps(envelope())) == (True, True)
    (parked,) = alone.sqs.queue(DEAD_LETTERS)
    assert parked.body == body
    assert parked.attributes["reason"]["StringValue"]
    alone.settle()
    states = {report["state"] for report in alone.events.reports()}
    assert {"rejected", "sent"} <= states
    assert len(alone.ses.mails) == 1


@pytest.mark.parametrize("code", CODES)
def test_a_code_that_only_looks_like_ours_mails_nobody(alone: Account, code: str) -> None:
    alone.announce(envelope(customers=(code,)))
    alone.settle()
    assert alone.ses.mails == []
    assert len(alone.sqs.queue(DEAD_LETTERS)) == 1
    assert alone.events.last_report()["state"] == "rejected"


@pytest.mark.parametrize(
    "body",
    [*BODIES.values(), *map(json.dumps, HINTS.values())],
    ids=[*BODIES, *HINTS],
)
def test_a_hint_that_is_none_goes_back_with_its_reason_and_its_neighbour_is_sent(
    alone: Account, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    alone.announce(envelope())
    alone.plan()
    assert both(alone, DELIVERIES, body, hint_delivery(RUN, 1)) == (False, True)
    assert len(said(caplog)) == 1
    assert [mail.to for mail in alone.ses.mails] == ["p@acme.example"]


@pytest.mark.parametrize(
    "body",
    [
        *BODIES.values(),
        *map(json.dumps, list(HINTS.values())[:3]),
        *(json.dumps({"rejected": each}) for each in REJECTIONS.values()),
    ],
    ids=[*BODIES, *list(HINTS)[:3], *(f"rejected: {name}" for name in REJECTIONS)],
)
def test_a_report_that_cannot_be_made_goes_back_with_its_reason_and_its_neighbour_is_heard(
    alone: Account, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    alone.announce(envelope())
    alone.plan()
    assert both(alone, REPORTS, body, hint_report(RUN)) == (False, True)
    assert len(said(caplog)) == 1
    assert [report["state"] for report in alone.events.reports()] == ["planned"]


@pytest.mark.parametrize(
    "body",
    [
        *BODIES.values(),
        *(
            json.dumps({"detail": {"eventType": "Delivery", "mail": {"tags": tags}}})
            for tags in TAGS.values()
        ),
    ],
    ids=[*BODIES, *(f"tags: {name}" for name in TAGS)],
)
def test_an_outcome_of_nobody_changes_nothing_and_its_neighbour_is_recorded(
    alone: Account, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    alone.announce(envelope())
    alone.plan()
    alone.send()
    event = json.dumps(alone.ses.mails[0].event("Delivery"))
    is_gone, is_recorded = both(alone, OUTCOMES, body, event)
    assert is_recorded
    assert is_gone or len(said(caplog)) == 1
    assert set(alone.states("CHG1").values()) == {"DELIVERED"}


def near_announcements() -> st.SearchStrategy[str]:
    """Events that the schema allows, for acme and about CHG1 more often than chance has it."""

    def about_ours(event: dict[str, Any]) -> dict[str, Any]:
        detail = event["detail"]
        detail |= {"customers": ["acme"], "withdrawn": [], "change_id": "CHG1"}
        own = {"change_id": "CHG1", "revision": detail["revision"], "window": WINDOW}
        detail["change"] |= own | {"title": "Upgrade", "meeting": None}
        return event

    return spoilt_or_not(values(published("ChangeAnnounced.v1")).map(about_ours))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=near_announcements(), is_update=st.booleans())
def test_whatever_the_schema_allows_is_planned_or_parked_and_always_reported(
    body: str, is_update: bool
) -> None:
    account = Account(ses=Ses(contacts={"announcements": ["p@acme.example"]}))
    if is_update:
        account.announce(envelope())
        account.settle(1)
    before = len(account.ses.mails), len(account.events.reports())
    account.sqs.send_message(QueueUrl=ANNOUNCEMENTS, MessageBody=body)
    account.settle(2)
    assert account.sqs.queue(ANNOUNCEMENTS) == []
    assert len(account.events.reports()) > before[1]
    if parked := account.sqs.queue(DEAD_LETTERS):
        assert [each.body for each in parked] == [body]
        assert len(account.ses.mails) == before[0]
        assert account.events.last_report()["state"] == "rejected"
    assert {mail.to for mail in account.ses.mails} <= {"p@acme.example"}
