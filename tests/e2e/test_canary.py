"""A person takes every path in the deployed system; logs, traces and the hub never name them."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from changecast_cli.local.stage import HUB
from changecast_cli.paging import pages
from tests.e2e.test_bad_input import raw, state, typed
from tests.support.canary import (
    ADDRESS,
    SENTENCE,
    names_the_person,
    said,
    tells_the_sentence,
)
from tests.support.provider import Provider, document, eventually

TEXTS = ("changeReason", "implementationPlan", "testPlan", "customerImpact", "rollbackPlan")
FATES: list[dict[str, Any]] = [
    {"kind": "outcome", "outcome": "bounce"},
    {"kind": "outcome", "outcome": "complaint"},
    {"kind": "reject"},
    {"kind": "throttle", "times": 1},
]


@pytest.fixture
def person(provider: Provider) -> Iterator[str]:
    """A person on acme's list whose address is nowhere else."""
    ses = provider.preparing("acme").client("sesv2")
    ses.create_contact(ContactListName="changecast", EmailAddress=ADDRESS)
    yield ADDRESS
    provider.cloud.clear_faults(provider.account("acme"))
    with suppress(ses.exceptions.NotFoundException):
        ses.delete_contact(ContactListName="changecast", EmailAddress=ADDRESS)


def test_the_canary_is_in_mail_and_ledger_and_in_no_log_trace_or_status(
    provider: Provider, person: str
) -> None:
    for fate in (None, *FATES):
        announced_with(provider, fate)
    broken = raw(change={"title": SENTENCE, "status": SENTENCE})
    provider.put_raw(broken)
    eventually(lambda: state(provider, broken["change_id"]) == "rejected")

    acme, hub = provider.session("acme"), provider.cloud.session(HUB.account)
    parked = queues(hub, "tatus")
    kept = {
        "acme's logs": logs(acme), "the hub's logs": logs(hub),
        "acme's traces": traces(acme), "the hub's traces": traces(hub),
        "acme's metrics": metrics(acme), "the hub's metrics": metrics(hub),
        "the hub's table": table(hub),
        "the hub's dead letters' reasons": [message["MessageAttributes"] for message in parked],
        "acme's hints": queues(acme, "Deliveries") + queues(acme, "Reports"),
    }  # fmt: skip
    for place in ("acme's logs", "the hub's logs", "acme's traces", "the hub's table",
                  "the hub's dead letters' reasons"):  # fmt: skip
        assert kept[place], f"nothing was in {place}"
    for place, found in kept.items():
        assert not names_the_person(found), place
        assert not tells_the_sentence(found), place
    assert not names_the_person(parked), "an announcement lies there as it came, and names nobody"


def test_the_person_is_in_recipients_items_and_their_own_mail_only(
    provider: Provider, person: str
) -> None:
    change_id = announced_with(provider, None)
    mine = [mail for mail in provider.mails(change_id, "acme") if mail["to"] == person]
    assert len(mine) == 1
    items = scanned(provider.session("acme"), "Ledger")
    named = [item for item in items if names_the_person(item)]
    assert named
    assert all(item["sk"].startswith("r#") for item in named)
    assert not names_the_person(scanned(provider.session("globex"), "Ledger"))


def test_a_forgotten_person_is_in_no_item_and_the_counts_stay(
    provider: Provider, person: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_id = announced_with(provider, None)
    before = provider.status(change_id)["customers"]["acme"]["counts"]
    for name, value in provider.cloud.environment(provider.account("acme")).items():
        monkeypatch.setenv(name, value)
    assert typed(monkeypatch, "forget", person.upper(), "--dry-run") == 0
    assert names_the_person(scanned(provider.session("acme"), "Ledger"))
    for _ in range(2):
        assert typed(monkeypatch, "forget", person, "--yes", "--json") == 0
        assert not names_the_person(scanned(provider.session("acme"), "Ledger"))
    after = provider.status(change_id)["customers"]["acme"]["counts"]
    assert (after["planned"], after["sent"]) == (before["planned"], before["sent"]) == (6, 6)
    ses = provider.preparing("acme").client("sesv2")
    assert not names_the_person(ses.list_contacts(ContactListName="changecast")["Contacts"])


def announced_with(provider: Provider, fate: dict[str, Any] | None) -> str:
    """A change that everybody was told, while SES does this to the canary's mail."""
    account = provider.account("acme")
    if fate:
        provider.cloud.add_fault(account, address=ADDRESS, **fate)
    change = document(customers=["acme"], **dict.fromkeys(TEXTS, SENTENCE))
    run = provider.announce_and_wait(change)
    provider.cloud.clear_faults(account)
    assert run["customers"]["acme"]["state"] in ("sent", "partial")
    return str(run["change_id"])


def logs(session: boto3.Session) -> list[str]:
    """What every function of an account has logged, metrics in their lines too."""
    client: Any = session.client("logs")
    groups = [group["logGroupName"] for group in client.describe_log_groups()["logGroups"]]
    return [
        event["message"]
        for group in groups
        for page in client.get_paginator("filter_log_events").paginate(logGroupName=group)
        for event in page["events"]
    ]


def traces(session: boto3.Session) -> list[Any]:
    """Every segment of the last hour."""
    client: Any = session.client("xray")
    now = datetime.now(UTC)
    times = {"StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(minutes=1)}
    ids = [one["Id"] for one in pages(client.get_trace_summaries, "TraceSummaries", **times)]
    return [
        client.batch_get_traces(TraceIds=ids[start : start + 5])["Traces"]
        for start in range(0, len(ids), 5)
    ]


def metrics(session: boto3.Session) -> list[Any]:
    """Names and dimensions."""
    client: Any = session.client("cloudwatch")
    return list(client.list_metrics().get("Metrics", []))


def table(session: boto3.Session) -> list[str]:
    """The hub's status table, but the announced originals: they have the sentence, compressed."""
    items = scanned(session, "changecast-status")
    return [said(item) for item in items if not str(item["sk"]).startswith("original#")]


def scanned(session: boto3.Session, name: str) -> list[dict[str, Any]]:
    """Every item of the one table with this in its name."""
    found = session.client("dynamodb").list_tables()["TableNames"]
    (table_name,) = [one for one in found if name.lower() in one.lower()]
    client: Any = session.resource("dynamodb").Table(table_name)
    items: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    while True:
        page = client.scan(**more)
        items += page["Items"]
        if "LastEvaluatedKey" not in page:
            return items
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def queues(session: boto3.Session, name: str) -> list[Any]:
    """Return the messages in queues with this in their names, without receiving them for good."""
    client: Any = session.client("sqs")
    urls = [url for url in client.list_queues().get("QueueUrls", []) if name in url]
    return [
        message
        for url in urls
        for message in client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageAttributeNames=["All"]
        ).get("Messages", [])
    ]
