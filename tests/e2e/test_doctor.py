"""The doctor names each planted fault, and nothing that is not one."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from changecast_cli.contacts.topics_known import TOPICS
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.doctor.customer import examine_hub
from changecast_cli.doctor.look import look_at
from changecast_cli.doctor.verdicts import Level, Verdict
from changecast_cli.local.stage import HUB
from tests.support.provider import Provider
from tests.support.shell import make_alarm_topic

CODE = "initech"
Undo = Callable[[], object]


@dataclass
class Ward:
    """One customer and the hub, with a client of every service on both sides."""

    provider: Provider

    def own(self, service: str) -> Any:
        return self.provider.preparing(CODE).client(service)  # type: ignore[call-overload]

    def hub(self, service: str) -> Any:
        return self.provider.cloud.session(HUB.account).client(service)  # type: ignore[call-overload]

    def name(self, logical_id: str) -> str:
        found = self.own("cloudformation").describe_stack_resource(
            StackName="changecast", LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def ill(self, *, counted: bool = False) -> dict[str, Verdict]:
        """Check -> verdict on whatever is not well.

        SES limits the doctor to one request a second only if its requests are `counted`.
        """
        session = self.provider.session if counted else self.provider.preparing
        (customer,) = [one for one in self.provider.stage.customers if one.code == CODE]
        hub = self.provider.cloud.session(HUB.account)
        verdicts = look_at(hub, customer, lambda one: session(one.code), None)
        verdicts += examine_hub(hub)
        ill = [verdict for verdict in verdicts if verdict.level is not Level.OK]
        assert not [verdict for verdict in ill if not verdict.fix]
        return {verdict.check: verdict for verdict in ill}


@pytest.fixture(scope="module", autouse=True)
def no_dead_letters_of_other_tests(provider: Provider) -> None:
    for account in (provider.account(CODE), HUB.account):
        sqs = provider.cloud.session(account).client("sqs")
        for url in sqs.list_queues()["QueueUrls"]:
            sqs.purge_queue(QueueUrl=url)


@pytest.fixture(scope="module", autouse=True)
def somebody_is_alerted(provider: Provider) -> None:
    sns = provider.cloud.session(HUB.account).client("sns")
    sns.subscribe(TopicArn=_alerts(sns), Protocol="email", Endpoint="ops@provider.example")


def _alerts(sns: Any) -> str:
    (topic,) = [each["TopicArn"] for each in sns.list_topics()["Topics"]]
    return str(topic)


@pytest.fixture
def ward(provider: Provider) -> Ward:
    return Ward(provider)


def paused(ward: Ward) -> Undo:
    ses = ward.own("sesv2")
    ses.put_account_sending_attributes(SendingEnabled=False)
    return lambda: ses.put_account_sending_attributes(SendingEnabled=True)


def suspended(ward: Ward) -> Undo:
    account = ward.provider.account(CODE)
    ward.provider.cloud.add_fault(account, "suspended")
    return lambda: ward.provider.cloud.clear_faults(account)


def small_quota(ward: Ward) -> Undo:
    account = ward.provider.account(CODE)
    table = ward.provider.table
    key = {"pk": "change#QUOTA", "sk": f"status#000001#{CODE}"}
    row: dict[str, Any] = {
        "customer": CODE, "announced_at": "2026-11-24T00:00:00Z", "state": "sent",
        "change_id": "QUOTA", "revision": 1, "counts": {"planned": 300},
    }  # fmt: skip
    table.put_item(Item={**key, **row})
    ward.provider.cloud.add_fault(account, "limits", max_24_hour_send=200)

    def undo() -> None:
        table.delete_item(Key=key)
        ward.provider.cloud.clear_faults(account)

    return undo


def no_identity(ward: Ward) -> Undo:
    ses, name = ward.own("sesv2"), f"{CODE}.example"
    ses.delete_email_identity(EmailIdentity=name)

    def undo() -> None:
        ses.create_email_identity(EmailIdentity=name)
        _signing(ward, on=True)

    return undo


def _signing(ward: Ward, *, on: bool) -> None:
    ward.own("sesv2").put_email_identity_dkim_attributes(
        EmailIdentity=f"{CODE}.example", SigningEnabled=on
    )


def not_signing(ward: Ward) -> Undo:
    _signing(ward, on=False)
    return lambda: _signing(ward, on=True)


def no_event_destination(ward: Ward) -> Undo:
    ses = ward.own("sesv2")
    (found,) = ses.get_configuration_set_event_destinations(ConfigurationSetName="changecast")[
        "EventDestinations"
    ]
    name = found.pop("Name")
    ses.delete_configuration_set_event_destination(
        ConfigurationSetName="changecast", EventDestinationName=name
    )
    return lambda: ses.create_configuration_set_event_destination(
        ConfigurationSetName="changecast", EventDestinationName=name, EventDestination=found
    )


def set_does_not_send(ward: Ward) -> Undo:
    ses = ward.own("sesv2")
    ses.put_configuration_set_sending_options(
        ConfigurationSetName="changecast", SendingEnabled=False
    )
    return lambda: ses.put_configuration_set_sending_options(
        ConfigurationSetName="changecast", SendingEnabled=True
    )


def topic_missing(ward: Ward) -> Undo:
    ses = ward.own("sesv2")
    before = ses.get_contact_list(ContactListName="changecast")["Topics"]
    ses.update_contact_list(ContactListName="changecast", Topics=list(TOPICS[:2]))
    return lambda: ses.update_contact_list(ContactListName="changecast", Topics=before)


def many_suppressed(ward: Ward) -> Undo:
    ses = ward.own("sesv2")
    people = [f"s{n}@{CODE}.example" for n in range(20)]
    for each in people:
        ses.put_suppressed_destination(EmailAddress=each, Reason="BOUNCE")
    return lambda: [ses.delete_suppressed_destination(EmailAddress=each) for each in people]


def bus_lets_anybody_in(ward: Ward) -> Undo:
    events = ward.own("events")
    arn = events.describe_event_bus(Name="changecast")["Arn"]
    statement = {"Sid": "anybody", "Effect": "Allow", "Principal": "*",
                 "Action": "events:PutEvents", "Resource": arn}  # fmt: skip
    return _with_policy(events, "changecast", lambda old: [*old, statement])


def bus_lets_nobody_in(ward: Ward) -> Undo:
    return _with_policy(ward.own("events"), "changecast", lambda _: [])


def hub_hears_not(ward: Ward) -> Undo:
    account = ward.provider.account(CODE)

    def without(old: list[Any]) -> list[Any]:
        kept: list[Any] = json.loads(json.dumps(old))
        for each in kept:
            each["Principal"]["AWS"] = [
                one for one in each["Principal"]["AWS"] if account not in one
            ]
        return kept

    return _with_policy(ward.hub("events"), "changecast-hub", without)


def _with_policy(events: Any, bus: str, change: Callable[[list[Any]], list[Any]]) -> Undo:
    before = json.loads(events.describe_event_bus(Name=bus)["Policy"])

    def put(statements: list[Any]) -> None:
        for each in json.loads(events.describe_event_bus(Name=bus).get("Policy") or "{}").get(
            "Statement", []
        ):
            events.remove_permission(EventBusName=bus, StatementId=each["Sid"])
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
            events.put_permission(EventBusName=bus, Policy=policy)

    put(change(before["Statement"]))
    return lambda: put(before["Statement"])


def rule_disabled(ward: Ward) -> Undo:
    events = ward.own("events")
    name = ward.name("AnnouncementsRule").rpartition("|")[2].rpartition("/")[2]
    events.disable_rule(Name=name, EventBusName="changecast")
    return lambda: events.enable_rule(Name=name, EventBusName="changecast")


def outcomes_lead_nowhere(ward: Ward) -> Undo:
    events = ward.own("events")
    name = ward.name("OutcomesRule").rpartition("|")[2].rpartition("/")[2]
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    events.remove_targets(Rule=name, Ids=[each["Id"] for each in targets])
    return lambda: events.put_targets(Rule=name, Targets=targets)


def route_disabled(ward: Ward) -> Undo:
    events, name = ward.hub("events"), f"changecast-route-{CODE}"
    events.disable_rule(Name=name, EventBusName="changecast-hub")
    return lambda: events.enable_rule(Name=name, EventBusName="changecast-hub")


def route_takes_all(ward: Ward) -> Undo:
    events, name = ward.hub("events"), f"changecast-route-{CODE}"
    before = events.describe_rule(Name=name, EventBusName="changecast-hub")["EventPattern"]
    wide = json.dumps({"source": ["changecast.changes"]})
    put = {"Name": name, "EventBusName": "changecast-hub"}
    events.put_rule(**put, EventPattern=wide)
    return lambda: events.put_rule(**put, EventPattern=before)


def registered_elsewhere(ward: Ward) -> Undo:
    ssm, name = ward.hub("ssm"), f"/changecast/customers/{CODE}"
    before = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    put = {"Name": name, "Type": "String", "Overwrite": True}
    ssm.put_parameter(**put, Value=before.replace(ward.provider.account(CODE), "999999999999"))
    return lambda: ssm.put_parameter(**put, Value=before)


def dead_letter(ward: Ward) -> Undo:
    sqs, url = ward.own("sqs"), ward.name("OutcomesDeadLetters")
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    return lambda: sqs.purge_queue(QueueUrl=url)


def failing_function(ward: Ward) -> Undo:
    cloudwatch = ward.own("cloudwatch")
    dimension = {"Name": "FunctionName", "Value": ward.name("SendMailFunction")}
    metric = {"MetricName": "Errors", "Dimensions": [dimension], "Value": 3.0,
              "Timestamp": datetime.now(UTC)}  # fmt: skip
    cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[metric])
    return lambda: cloudwatch.put_metric_data(
        Namespace="AWS/Lambda", MetricData=[{**metric, "Value": -3.0}]
    )


def long_archive(ward: Ward) -> Undo:
    events, name = ward.hub("events"), "changecast-announcements"
    before = events.describe_archive(ArchiveName=name)["RetentionDays"]
    events.update_archive(ArchiveName=name, RetentionDays=3_000)
    return lambda: events.update_archive(ArchiveName=name, RetentionDays=before)


def nobody_alerted(ward: Ward) -> Undo:
    sns = ward.hub("sns")
    topic = _alerts(sns)
    for each in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
    return lambda: sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@provider.example")


def alarms_off(ward: Ward) -> Undo:
    cloudwatch, names = ward.hub("cloudwatch"), ["changecast-hub-watch-fails"]
    cloudwatch.disable_alarm_actions(AlarmNames=names)
    return lambda: cloudwatch.enable_alarm_actions(AlarmNames=names)


def alarm_topic_deleted(ward: Ward) -> Undo:
    sns = ward.own("sns")
    (topic,) = [each["TopicArn"] for each in sns.list_topics()["Topics"]]
    sns.delete_topic(TopicArn=topic)
    return lambda: make_alarm_topic(ward.provider.cloud, ward.provider.account(CODE))


def few_functions(ward: Ward) -> Undo:
    account = ward.provider.account(CODE)
    ward.provider.cloud.add_fault(account, "limits", concurrent_executions=10)
    return lambda: ward.provider.cloud.clear_faults(account)


def no_room_for_rules(ward: Ward) -> Undo:
    ward.provider.cloud.add_fault(HUB.account, "limits", rules_per_bus=6)
    return lambda: ward.provider.cloud.clear_faults(HUB.account)


@dataclass(frozen=True)
class Planted:
    """A fault, the checks that name it, and a word of what they must say."""

    plant: Callable[[Ward], Undo]
    found: dict[str, str]
    says: str


# Each round plants faults that have nothing to do with each other, and each kind of fault that a
# check knows is in another round, so that what one of them hides or adds by mistake is seen.
ROUNDS: dict[str, list[Planted]] = {
    "first": [
        Planted(paused, {"sending": "broken"}, "is paused"),
        Planted(not_signing, {"dkim": "broken"}, "turned off"),
        Planted(set_does_not_send, {"configuration-set": "broken"}, "sending is turned off for"),
        Planted(topic_missing, {"topics": "broken"}, "calendar"),
        Planted(
            bus_lets_anybody_in,
            {"bus-policy": "broken"},
            "has 1 statement that the template does not have",
        ),
        Planted(rule_disabled, {"AnnouncementsRule": "broken"}, "disabled"),
        Planted(route_disabled, {"route": "broken"}, "disabled"),
        Planted(failing_function, {"functions": "warning"}, "SendMailFunction 3"),
        Planted(few_functions, {"concurrency": "warning"}, "10 functions"),
        Planted(nobody_alerted, {"alerts": "warning"}, "nobody subscribes"),
    ],
    "second": [
        Planted(suspended, {"sending": "broken"}, "suspended"),
        Planted(no_event_destination, {"event-destination": "broken"}, "no events"),
        Planted(bus_lets_nobody_in, {"bus-policy": "broken"}, "accepts no events"),
        Planted(outcomes_lead_nowhere, {"OutcomesRule": "broken"}, "nowhere"),
        Planted(hub_hears_not, {"reporters": "broken", "reports": "broken"}, CODE),
        Planted(dead_letter, {"dead-letters": "broken"}, "1 in OutcomesDeadLetters"),
        Planted(no_room_for_rules, {"rules-quota": "broken"}, "of 6 rules"),
        Planted(alarms_off, {"alarms": "warning"}, "changecast-hub-watch-fails"),
        Planted(alarm_topic_deleted, {"alarm-actions": "warning"}, "which does not exist"),
    ],
    "third": [
        Planted(small_quota, {"quota": "broken"}, "300 mails"),
        Planted(no_identity, {"identity": "broken"}, f"{CODE}.example"),
        Planted(many_suppressed, {"suppression": "warning"}, "20 suppressed addresses"),
        Planted(route_takes_all, {"route-pattern": "broken"}, "differs from the template"),
        Planted(long_archive, {"ledger-days": "broken"}, "3000 days"),
    ],
    "fourth": [
        # An account that may report and has no route is told of too.
        Planted(
            registered_elsewhere, {"registry": "broken", "reporters": "warning"}, "999999999999"
        ),
    ],
}


@pytest.fixture
def planted(request: pytest.FixtureRequest, ward: Ward) -> Iterator[list[Planted]]:
    with ExitStack() as undone:
        for fault in request.param:
            undone.callback(fault.plant(ward))
        yield request.param


def test_a_fresh_customer_is_well(ward: Ward) -> None:
    assert ward.ill(counted=True) == {}


@pytest.mark.parametrize("planted", ROUNDS.values(), ids=ROUNDS, indirect=True)
def test_every_fault_is_named_and_nothing_else(planted: list[Planted], ward: Ward) -> None:
    found = ward.ill()
    levels = {check: verdict.level.value for check, verdict in found.items()}
    assert levels == {check: level for fault in planted for check, level in fault.found.items()}
    for fault in planted:
        told = " ".join(found[check].reason for check in fault.found)
        assert fault.says in told, f"{fault.plant.__name__}: {told}"


def test_a_profile_that_is_missing_is_a_verdict_and_stops_nothing(ward: Ward) -> None:
    (customer,) = [one for one in ward.provider.stage.customers if one.code == CODE]

    def missing(_: CustomerStack) -> boto3.Session:
        return boto3.Session(profile_name="nobody-has-this")

    verdicts = look_at(ward.provider.cloud.session(HUB.account), customer, missing, None)
    assert {each.check: each.level.value for each in verdicts} == {
        "route": "ok",
        "reports": "ok",
        "access": "broken",
    }
    assert "nobody-has-this" in verdicts[-1].reason


def test_a_customer_is_well_again_after_all_of_them(ward: Ward) -> None:
    assert ward.ill() == {}
