"""Watch: who is silent, why, told once, and again when it is resolved."""

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError

from changecast.contract.change_announced import parse_announced
from changecast.contract.envelope import Envelope
from changecast.contract.errors import ContractError, Retry
from changecast.hub import routes
from changecast.hub.announcing.announce import announce
from changecast.hub.registry import Customer
from changecast.hub.routes import route_name, rule_name
from changecast.hub.tracking import watching
from changecast.hub.tracking.completeness import AnnouncementFact
from changecast.hub.tracking.findings import Cause
from changecast.hub.tracking.history import claim_fact, note_fact
from changecast.hub.tracking.items import read_item
from changecast.hub.tracking.queries import overdue
from changecast.hub.tracking.table import Row, apply_report, open_status_rows, statuses
from changecast.lambdas.bus import NotPut
from tests.support.builders import (
    ACCOUNTS,
    announced,
    arrived,
    change,
    document,
    envelope,
    reported,
)
from tests.support.builders import registered as entries
from tests.support.fake_hub import fake_hub

BUS = "changecast-hub"


class Plenty:
    """A context with a minute left."""

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Watcher:
    """Watch in moto, with a queue that its alerts come into."""

    def __init__(self, module: Any, table: Any, alerts: str) -> None:
        self.module, self.table, self.alerts = module, table, alerts
        self.events, self.sqs = boto3.client("events"), boto3.client("sqs")

    def silent(self, *codes: str, change_id: str = "CHG-1", minutes: int = 16) -> None:
        """A change was announced to these customers long ago, and they did not report."""
        what = announced(change(change_id=change_id), customers=codes)
        open_status_rows(self.table, _event(what), datetime.now(UTC) - timedelta(minutes=minutes))

    def route(self, code: str, **target: Any) -> str:
        """Make the route of a customer; returns its dead-letter queue."""
        customer = entries(code)[code]
        rule = rule_name(customer)
        self.events.put_rule(Name=rule, EventBusName=BUS, EventPattern='{"source": ["x"]}')
        targets: Any = [{"Id": "customer", "Arn": customer.bus_arn, **target}]
        self.events.put_targets(Rule=rule, EventBusName=BUS, Targets=targets)
        return str(self.sqs.create_queue(QueueName=route_name(code))["QueueUrl"])

    def watch(self) -> list[tuple[str, str]]:
        """Watch once; returns (customer, event and cause) of every alert."""
        self.module.handler({}, Plenty())
        return [(one.get("customer", ""), f"{one['event']} {one['cause']}") for one in self.told()]

    def told(self) -> list[dict[str, str]]:
        found = []
        while messages := self.sqs.receive_message(
            QueueUrl=self.alerts, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in messages:
                body = json.loads(message["Body"])
                values = {name: one["Value"] for name, one in body["MessageAttributes"].items()}
                found.append(values | {"text": body["Message"], "subject": body["Subject"]})
                self.sqs.delete_message(
                    QueueUrl=self.alerts, ReceiptHandle=message["ReceiptHandle"]
                )
        return found

    def row(self, code: str) -> Row:
        return next(one for one in statuses(self.table, "CHG-1") if one["customer"] == code)


def _event(what: Any) -> Envelope[Any]:
    return parse_announced(json.dumps(envelope(what)))


@pytest.fixture(scope="module")
def module(made: Any) -> Iterator[Any]:
    topic = boto3.client("sns").create_topic(Name="changecast-alerts")["TopicArn"]
    boto3.client("events").create_event_bus(Name=BUS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STATUS_TABLE", made.name)
        patch.setenv("REPORT_DEADLINE_MINUTES", "15")
        patch.setenv("ALERTS_TOPIC_ARN", topic)
        sys.modules.pop("watch", None)
        yield importlib.import_module("watch")
        sys.modules.pop("watch", None)


@pytest.fixture
def watcher(module: Any, table: Any, register: Any) -> Iterator[Watcher]:
    register("acme", "globex", "initech")
    sqs, sns, events = boto3.client("sqs"), boto3.client("sns"), boto3.client("events")
    queue = f"alerts-{uuid4()}"
    url = sqs.create_queue(QueueName=queue)["QueueUrl"]
    arn = f"arn:aws:sqs:eu-central-1:123456789012:{queue}"
    topic = module.settings.alerts_topic_arn
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    yield Watcher(module, table, url)
    sns.unsubscribe(SubscriptionArn=subscription)
    for rule in events.list_rules(EventBusName=BUS)["Rules"]:
        events.remove_targets(Rule=rule["Name"], EventBusName=BUS, Ids=["customer"])
        events.delete_rule(Name=rule["Name"], EventBusName=BUS)
    for code in entries():
        for found in sqs.list_queues(QueueNamePrefix=route_name(code)).get("QueueUrls", []):
            sqs.delete_queue(QueueUrl=found)


def bury(
    url: str, sqs: Any, change_id: str, revision: int = 1, code: str = "NO_PERMISSIONS"
) -> None:
    body = {"detail": {"change_id": change_id, "revision": revision}}
    why = {"ERROR_CODE": code, "ERROR_MESSAGE": "the bus refuses"}
    sqs.send_message(
        QueueUrl=url,
        MessageBody=json.dumps(body),
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in why.items()
        },
    )


def test_nobody_is_named_before_the_deadline(watcher: Watcher) -> None:
    watcher.silent("acme", "umbrella", minutes=14)
    assert watcher.watch() == []


def test_each_silence_has_its_own_cause(watcher: Watcher) -> None:
    watcher.silent("umbrella", "acme", "globex", "initech")
    bury(watcher.route("globex"), watcher.sqs, "CHG-1")
    watcher.route("initech")
    assert sorted(watcher.watch()) == [
        ("acme", "found no_route"),
        ("globex", "found refused_by_bus"),
        ("initech", "found forwarded_no_report"),
        ("umbrella", "found unknown_customer"),
    ]
    states = {row["customer"]: row["state"] for row in statuses(watcher.table, "CHG-1")}
    assert states == {
        "acme": "no_route",
        "globex": "refused_by_bus",
        "initech": "forwarded_no_report",
        "umbrella": "unknown_customer",
    }
    assert "NO_PERMISSIONS: the bus refuses" in watcher.row("globex")["reason"]["message"]


def test_an_alert_says_what_to_look_at_and_where_it_is_explained(watcher: Watcher) -> None:
    watcher.silent("acme")
    watcher.module.handler({}, Plenty())
    (alert,) = watcher.told()
    assert alert["subject"] == "Changecast: no_route: CHG-1 for acme"
    for line in (
        "Change:    CHG-1 revision 1, Patch the hosts",
        "Cause:     no_route: the bus changecast-hub has no rule changecast-route-acme",
        "See:       aws events describe-rule --event-bus-name changecast-hub "
        "--name changecast-route-acme",
        "Page:      docs/runbook/no-route.md",
    ):
        assert line in alert["text"]


def test_customers_that_are_silent_for_one_cause_are_one_alert_and_told_once(
    watcher: Watcher,
) -> None:
    codes = ("acme", "globex", "initech")
    watcher.silent(*codes)
    watcher.module.handler({}, Plenty())
    (alert,) = watcher.told()
    assert alert["cause"] == "no_route"
    assert json.loads(alert["customer"]) == list(codes)
    for code in codes:
        assert f"changecast doctor --customer {code}" in alert["text"]
    assert watcher.watch() == []


def test_a_finding_is_told_once_and_again_when_it_is_resolved(watcher: Watcher) -> None:
    watcher.silent("acme")
    assert len(watcher.watch()) == 1
    assert watcher.watch() == []
    apply_report(watcher.table, arrived(reported(state="sent")), "acme", datetime.now(UTC))
    assert watcher.watch() == [("acme", "resolved no_route")]
    assert watcher.watch() == []
    assert watcher.row("acme")["state"] == "sent"


def test_a_resumed_run_is_resolved_only_when_its_mails_leave(watcher: Watcher) -> None:
    """After a resume without a repair, the run pauses again, without a "resolved" in between."""
    reason = {"class": "paused", "code": "sender_not_verified", "message": "not verified",
              "at": "2027-01-16T08:05:00Z"}  # fmt: skip

    def reports(seq: int, state: str, sent: int = 0, **more: Any) -> list[tuple[str, str]]:
        counts = {"planned": 3, "sent": sent}
        report = reported(state=state, report_seq=seq, counts=counts, **more)
        apply_report(watcher.table, arrived(report), "acme", datetime.now(UTC))
        return watcher.watch()

    watcher.silent("acme", minutes=0)
    assert reports(1, "paused", reason=reason) == [("acme", "found paused")]
    assert reports(2, "planned") == []
    assert reports(3, "paused", reason=reason) == []
    assert reports(4, "sending") == []
    assert reports(5, "sending", sent=1) == [("acme", "resolved paused")]
    assert reports(6, "sent", sent=3) == []


def test_what_the_account_reports_itself_is_told_at_once(watcher: Watcher) -> None:
    watcher.silent("acme", minutes=0)
    reason = {
        "class": "plan",
        "code": "c",
        "message": "nobody subscribes",
        "at": "2027-01-16T08:05:00Z",
    }
    report = reported(state="nothing_to_send", reason=reason)
    apply_report(watcher.table, arrived(report), "acme", datetime.now(UTC))
    watcher.module.handler({}, Plenty())
    (alert,) = watcher.told()
    assert (alert["cause"], "nobody subscribes" in alert["text"]) == ("nothing_to_send", True)


@pytest.mark.parametrize(
    ("broken", "says"), [("disabled", "is disabled"), ("elsewhere", "does not point to")]
)
def test_a_rule_that_carries_nothing_is_no_route(watcher: Watcher, broken: str, says: str) -> None:
    watcher.silent("acme")
    if broken == "disabled":
        watcher.route("acme")
        watcher.events.disable_rule(Name=route_name("acme"), EventBusName=BUS)
    else:
        watcher.route("acme", Arn="arn:aws:events:eu-central-1:999999999999:event-bus/changecast")
    assert watcher.watch() == [("acme", "found no_route")]
    assert says in watcher.row("acme")["reason"]["message"]


def test_dead_letters_of_other_revisions_and_of_nonsense_prove_nothing(watcher: Watcher) -> None:
    watcher.silent("acme")
    url = watcher.route("acme")
    bury(url, watcher.sqs, "CHG-1", revision=2)
    bury(url, watcher.sqs, "CHG-2")
    for body in (
        "",
        "[]",
        "null",
        '{"detail": {}}',
        '{"detail": {"change_id": 1, "revision": []}}',
    ):
        watcher.sqs.send_message(QueueUrl=url, MessageBody=body or " ")
    assert watcher.watch() == [("acme", "found forwarded_no_report")]


def test_dead_letters_are_found_among_many_and_left_where_they_are(watcher: Watcher) -> None:
    watcher.silent("acme")
    url = watcher.route("acme")
    for number in range(25):
        bury(url, watcher.sqs, f"OTHER-{number}")
    bury(url, watcher.sqs, "CHG-1")
    assert watcher.watch() == [("acme", "found refused_by_bus")]
    names: Any = ["ApproximateNumberOfMessages"]
    left = watcher.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert left == {"ApproximateNumberOfMessages": "26"}


def test_one_route_that_cannot_be_looked_at_does_not_hide_the_others(
    watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher.silent("acme", "globex", "umbrella")
    look = routes.look_at

    def broken(events: Any, sqs: Any, customer: Customer) -> Any:
        if customer.code == "acme":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeRule")
        return look(events, sqs, customer)

    monkeypatch.setattr(watching, "look_at", broken)
    with pytest.raises(Retry, match="failed checks: 1; the first error: "):
        watcher.watch()
    assert {one["customer"] for one in watcher.told()} == {"globex", "umbrella"}


def test_many_forged_reports_of_one_account_are_one_alert(watcher: Watcher) -> None:
    for number in range(3):
        forged = arrived(reported(), account=ACCOUNTS["globex"], event=f"event-{number}")
        with pytest.raises(ContractError):
            apply_report(watcher.table, forged, "globex", datetime.now(UTC))
    watcher.module.handler({}, Plenty())
    (alert,) = watcher.told()
    assert (alert["cause"], "forged, 3 times" in alert["text"]) == ("forged", True)
    assert watcher.watch() == []


def test_two_who_watch_at_once_tell_a_fact_once_and_who_dies_is_stood_in_for(
    watcher: Watcher,
) -> None:
    now = datetime.now(UTC)
    note_fact(watcher.table, _event(announced()), Cause.BYPASSED, "m", now)
    (key,) = overdue(watcher.table, now)
    item = read_item(watcher.table, key)
    assert claim_fact(watcher.table, item, now + timedelta(hours=1))
    assert not claim_fact(watcher.table, item, now + timedelta(hours=1))
    assert watcher.watch() == []
    # As if the hour were over, and the function that claimed it had not published.
    assert claim_fact(watcher.table, read_item(watcher.table, key), now - timedelta(seconds=1))
    assert watcher.watch() == [("", "found bypassed")]


def test_a_wrong_announcement_is_told_once(watcher: Watcher) -> None:
    fact = AnnouncementFact(Cause.BYPASSED, "was put without announce")
    for _ in range(2):
        note_fact(watcher.table, _event(announced()), *fact, datetime.now(UTC))
        watcher.module.handler({}, Plenty())
    (alert,) = watcher.told()
    assert (alert["cause"], alert["change_id"]) == ("bypassed", "CHG-1")


def test_a_revision_that_was_reserved_and_never_put_is_told(watcher: Watcher) -> None:
    hub = fake_hub()
    hub.events.answers = ["AccessDenied"]
    long_ago = datetime.now(UTC) - timedelta(minutes=11)
    where = replace(hub, table=watcher.table)
    with pytest.raises(NotPut):
        announce(document(), hub=where, now=lambda: long_ago)
    assert watcher.watch() == [("", "found not_put")]
    announce(document(changeId="CHG-2"), hub=where, now=lambda: long_ago)
    assert watcher.watch() == []


def test_a_refused_event_that_names_no_change_is_told(watcher: Watcher) -> None:
    reason = {"class": "rejected", "code": "too_deep", "message": "1,000 levels",
              "at": "2027-01-16T08:05:00Z"}  # fmt: skip
    nameless = reported(state="rejected", event_id=None, change_id=None, revision=None,
                        reason=reason)  # fmt: skip
    apply_report(watcher.table, arrived(nameless), "acme", datetime.now(UTC))
    watcher.module.handler({}, Plenty())
    (alert,) = watcher.told()
    assert alert["subject"] == "Changecast: rejected: no change for acme"
    assert "too_deep: 1,000 levels" in alert["text"]


def test_the_oldest_silence_is_measured(
    watcher: Watcher, capsys: pytest.CaptureFixture[str]
) -> None:
    what = announced(customers=["acme"], announced_at=datetime.now(UTC) - timedelta(minutes=5))
    open_status_rows(watcher.table, _event(what), datetime.now(UTC))
    watcher.watch()
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (silence,) = [one["OldestSilence"] for one in metrics if "OldestSilence" in one]
    assert 300 <= silence < 360


def test_without_time_nothing_is_looked_at_and_nothing_is_lost(watcher: Watcher) -> None:
    class NoTime(Plenty):
        def get_remaining_time_in_millis(self) -> int:
            return 1_000

    watcher.silent("acme")
    watcher.module.handler({}, NoTime())
    assert watcher.told() == []
    assert watcher.watch() == [("acme", "found no_route")]
