"""Confidential: nothing in a customer's account names another, from the event to the status."""

import json
import logging
from typing import Any

import pytest

from changecast.customer.ledger.table import runs_of
from changecast.hub.announcing.announce import Hub, announce
from testbed.doubles.account import ENVIRONMENT, Account
from testbed.doubles.events import Events
from testbed.doubles.ses import Ses
from tests.support.builders import ACCOUNTS, NAMES, document, registered
from tests.support.canary import said

FOREIGN = {
    "acme": ("globex", "initech", "333333333333", "gamma rack"),
    "globex": ("acme", "initech", "222222222222", "alpha rack"),
}
SECTIONS = {"acme": {"rack": "alpha rack"}, "globex": {"rack": "gamma rack"}}


def account_of(code: str) -> Account:
    people = [f"p{number}@{code}.example" for number in (1, 2)]
    own = {
        "CUSTOMER_CODE": code, "CUSTOMER_NAME": NAMES[code], "ACCOUNT": ACCOUNTS[code],
        "SENDER": f"changes@{code}.example", "SENDER_NAME": f"{NAMES[code]} changes",
    }  # fmt: skip
    assert set(own) <= set(ENVIRONMENT)
    return Account(ses=Ses(contacts={"announcements": people, "calendar": people}), environment=own)


def events_for_each(table: Any, **fields: Any) -> dict[str, dict[str, Any]]:
    """Code -> the event that its route lets through."""
    bus = Events()
    hub: Any = Hub(table, bus, registered(), "maria@provider.example")  # type: ignore[arg-type]
    what = document(customerDetails=SECTIONS, customerNames=list(NAMES.values())[:2], **fields)
    announce(what, hub=hub, confidential=True)
    details = [json.loads(entry["Detail"]) for entry in bus.entries]
    return {
        code: {
            "version": "0", "id": f"event-{code}", "detail-type": "ChangeAnnounced",
            "source": "changecast.changes", "account": "111111111111",
            "time": "2027-01-16T08:05:00Z", "region": "eu-central-1", "resources": [],
            "detail": detail,
        }
        for detail in details
        for code in (*detail["customers"], *detail.get("withdrawn", ()))
    }  # fmt: skip


@pytest.mark.parametrize("broken", [False, True], ids=["mailed", "rejected"])
@pytest.mark.parametrize("code", FOREIGN)
def test_nothing_that_a_customer_has_names_another(
    code: str,
    broken: bool,
    table: Any,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO, "changecast")
    account = account_of(code)
    first = events_for_each(table)[code]
    caplog.clear()
    if broken:
        first["detail"]["change"]["status"] = "no such status"
    account.announce(first)
    account.plan()
    hints = [account.sqs.bodies(queue) for queue in list(account.sqs.queues)]
    account.settle(3)

    assert bool(account.ses.mails) is not broken
    assert account.events.entries
    for place, kept in {
        "the event": first,
        "the queues": [hints, *(account.sqs.bodies(queue) for queue in account.sqs.queues)],
        "the objects": [*account.s3.objects, *account.s3.objects.values()],
        "the mails": [(mail.raw, mail.tags, mail.to) for mail in account.ses.mails],
        "the ledger": list(account.table.items.values()),
        "the logs": [vars(record) for record in caplog.records],
        "the metrics": capsys.readouterr().out,
        "the status": account.events.entries,
    }.items():
        text = said(kept).lower()
        assert [word for word in FOREIGN[code] if word in text] == [], place


def test_a_withdrawn_customer_hears_nothing_of_those_who_stay(table: Any) -> None:
    account = account_of("globex")
    account.announce(events_for_each(table, version=1)["globex"])
    account.settle(2)
    later = events_for_each(table, version=2, customers=["acme"])["globex"]
    account.announce(later)
    account.settle(2)
    assert [run.kind for run in runs_of(account.ledger, "CHG-1")][1] != "silent"
    text = said([later, [mail.raw for mail in account.ses.mails], account.events.entries]).lower()
    assert [word for word in FOREIGN["globex"] if word in text] == []


def test_the_own_section_is_there_so_a_foreign_one_would_be_seen(table: Any) -> None:
    account = account_of("acme")
    account.announce(events_for_each(table)["acme"])
    account.settle(2)
    assert "alpha rack" in said([mail.raw for mail in account.ses.mails]).lower()
    assert "alpha rack" in said(list(account.s3.objects.values())).lower()
