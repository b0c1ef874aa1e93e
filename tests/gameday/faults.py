"""Faults beside those that the doctor's own tests plant; each returns how to undo it by hand."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from changecast.customer.hints import hint_delivery, hint_report
from changecast.customer.ledger.schema import run_id
from changecast.hub.tracking.revisions import revisions
from tests.e2e.test_doctor import CODE, Undo, Ward
from tests.support.builders import envelope, reported
from tests.support.provider import document, eventually

BUS, HUB_BUS = "changecast", "changecast-hub"


def nothing() -> None:
    """Nothing is to be undone: the cure leaves nothing behind."""


def planner_unplugged(ward: Ward) -> Undo:
    client, name = ward.own("lambda"), ward.name("PlanDeliveryFunction")
    found = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]

    def switch(*, on: bool) -> None:
        for each in found:
            client.update_event_source_mapping(UUID=each["UUID"], Enabled=on)

    switch(on=False)
    return lambda: switch(on=True)


def sweep_asleep(ward: Ward) -> Undo:
    return _rule_off(ward.own("events"), ward.name("SweepFunctionEveryMinute"))


def watch_asleep(ward: Ward) -> Undo:
    return _rule_off(ward.hub("events"), _of_the_hub(ward, "WatchFunctionEveryMinute"))


def tracker_deaf(ward: Ward) -> Undo:
    return _rule_off(ward.hub("events"), _of_the_hub(ward, "TrackReportedRule"), HUB_BUS)


def _rule_off(events: Any, name: str, bus: str = "default") -> Undo:
    bare = name.rpartition("|")[2]
    events.disable_rule(Name=bare, EventBusName=bus)
    return lambda: events.enable_rule(Name=bare, EventBusName=bus)


def _of_the_hub(ward: Ward, logical_id: str) -> str:
    found = ward.hub("cloudformation").describe_stack_resource(
        StackName="changecast-hub", LogicalResourceId=logical_id
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def sweep_without_rights(ward: Ward) -> Undo:
    iam, role = ward.own("iam"), ward.name("SweepRole")
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    before = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    return lambda: iam.put_role_policy(
        RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(before)
    )


def sweep_has_rights(ward: Ward) -> bool:
    role = ward.name("SweepRole")
    return bool(ward.own("iam").list_role_policies(RoleName=role)["PolicyNames"] == ["sweep"])


def route_rule_deleted(ward: Ward) -> Undo:
    events, name = ward.hub("events"), f"changecast-route-{CODE}"
    rule = events.describe_rule(Name=name, EventBusName=HUB_BUS)
    targets = events.list_targets_by_rule(Rule=name, EventBusName=HUB_BUS)["Targets"]
    events.remove_targets(Rule=name, EventBusName=HUB_BUS, Ids=[each["Id"] for each in targets])
    events.delete_rule(Name=name, EventBusName=HUB_BUS)

    def undo() -> None:
        events.put_rule(Name=name, EventBusName=HUB_BUS, EventPattern=rule["EventPattern"])
        events.put_targets(Rule=name, EventBusName=HUB_BUS, Targets=targets)

    return undo


def not_registered(ward: Ward) -> Undo:
    """Nobody knows the customer any more: its entry is gone, and its rule."""
    ssm, name = ward.hub("ssm"), f"/changecast/customers/{CODE}"
    before = ssm.get_parameter(Name=name)["Parameter"]["Value"]
    ssm.delete_parameter(Name=name)
    undo_rule = route_rule_deleted(ward)

    def undo() -> None:
        ssm.put_parameter(Name=name, Type="String", Value=before)
        undo_rule()

    return undo


def queue_closed(ward: Ward) -> Undo:
    """The rule of the customer's bus may no longer put into the queue."""
    sqs, url = ward.own("sqs"), ward.name("AnnouncementsQueue")
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    return lambda: sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


def archive_deleted(ward: Ward) -> Undo:
    events, name = ward.hub("events"), "changecast-announcements"
    found = events.describe_archive(ArchiveName=name)
    events.delete_archive(ArchiveName=name)
    return lambda: events.create_archive(
        ArchiveName=name, EventSourceArn=found["EventSourceArn"],
        RetentionDays=found["RetentionDays"], EventPattern=found["EventPattern"],
    )  # fmt: skip


def alarm_deleted(ward: Ward) -> Undo:
    cloudwatch, name = ward.hub("cloudwatch"), "changecast-hub-watch-fails"
    (found,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    wanted = {
        "AlarmName", "AlarmDescription", "AlarmActions", "OKActions", "Namespace", "MetricName",
        "Dimensions", "Statistic", "Period", "EvaluationPeriods", "Threshold",
        "ComparisonOperator", "TreatMissingData",
    }  # fmt: skip
    cloudwatch.delete_alarms(AlarmNames=[name])
    return lambda: cloudwatch.put_metric_alarm(
        **{key: value for key, value in found.items() if key in wanted}
    )


def event_of_ses_buried(ward: Ward) -> Undo:
    body = {
        "source": "aws.ses",
        "detail-type": "Email Delivered",
        "time": "2026-11-24T00:00:00Z",
        "detail": {"eventType": "Delivery", "mail": {"messageId": "1", "tags": {}}},
    }
    return _buried(ward.own("sqs"), ward.name("OutcomesDeadLetters"), json.dumps(body))


def hint_buried(ward: Ward) -> Undo:
    return _buried(ward.own("sqs"), ward.name("DeliveriesDeadLetters"), hint_delivery("0" * 16, 1))


def report_hint_buried(ward: Ward) -> Undo:
    change_id = ward.provider.announce_and_wait(document(customers=[CODE]))["change_id"]
    hint = hint_report(run_id(change_id, 1))
    return _buried(ward.own("sqs"), ward.name("ReportsDeadLetters"), hint)


def report_buried(ward: Ward) -> Undo:
    """A report that the tracker could not write down for a while."""
    change_id = ward.provider.announce_and_wait(document(customers=[CODE]))["change_id"]
    (record,) = revisions(ward.provider.table, change_id)
    detail = reported(
        change_id=change_id, customer=CODE, event_id=record.event_id, report_seq=1, state="planned"
    )
    body = envelope(detail, event=str(uuid4()), account=ward.provider.account(CODE))
    return _buried(ward.hub("sqs"), _of_the_hub(ward, "StatusDeadLetters"), json.dumps(body))


def _buried(sqs: Any, url: str, body: str) -> Undo:
    sqs.send_message(QueueUrl=url, MessageBody=body)
    return lambda: sqs.purge_queue(QueueUrl=url)


def announcement_buried(ward: Ward) -> Callable[[], None]:
    """What was announced becomes a dead letter, as after five receives that failed."""
    sqs = ward.own("sqs")
    live, dead = ward.name("AnnouncementsQueue"), ward.name("AnnouncementsDeadLetters")

    def messages() -> list[Any]:
        answer = sqs.receive_message(QueueUrl=live, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        return list(answer.get("Messages", []))

    for message in eventually(messages):
        sqs.send_message(QueueUrl=dead, MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=live, ReceiptHandle=message["ReceiptHandle"])
    return nothing
