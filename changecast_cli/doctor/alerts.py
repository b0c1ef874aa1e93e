"""Doctor checks of the hub's alerts: does anybody get them, and a test of the real path."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from changecast_cli.doctor.checked_account import CheckedAccount
from changecast_cli.doctor.verdicts import Verdict, broken, ok, repair_of, warning
from changecast_cli.watching.announced_by import short

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_sns.type_defs import SubscriptionTypeDef

TOPIC = "changecast-alerts"
PENDING = "PendingConfirmation"
SUBSCRIBE = "changecast customers alerts ops@your-company.example --deploy"
# CloudWatch records the result of an alarm's action within seconds.
ACTION_TIME, POLL_SECONDS = timedelta(seconds=10), 1.0


def alerts(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that somebody subscribes to the topic for alerts, and has confirmed it."""
    topic = checked.name("AlertsTopic") or ""
    confirmed, pending = subscribers(checked.session, topic)
    if pending:
        yield warning(
            "alerts-confirmed",
            f"these addresses are not confirmed and get no alerts: {', '.join(pending)}",
            'open the link in AWS\'s "Subscription Confirmation" mail; to have the mail sent '
            f"again: aws sns subscribe --topic-arn {topic} --protocol email "
            f"--notification-endpoint {pending[0]}",
        )
    if confirmed:
        yield ok("alerts", f"go to {', '.join(confirmed)}")
    elif not pending:
        yield warning(
            "alerts", f"nobody subscribes to {TOPIC}, so nobody is alerted to failures", SUBSCRIBE
        )


def alarms(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that no alarm of the stack is switched off."""
    cloudwatch = checked.session.client("cloudwatch")
    names = [*checked.of_type("AWS::CloudWatch::Alarm").values()]
    found = cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
    silent = sorted(each["AlarmName"] for each in found if not each["ActionsEnabled"])
    if silent:
        yield warning("alarms", f"switched off: {', '.join(silent)}", repair_of(checked.code))
    else:
        yield ok("alarms", f"{len(found)} are on")


def alarm_test(hub: "boto3.Session", checked: CheckedAccount) -> Iterator[Verdict]:
    """Set an alarm of the hub to ALARM and back, so that its action really runs.

    AWS recommends this for testing alarms. It shows that CloudWatch may publish to the topic, and
    sends two messages to every subscriber.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
    """
    confirmed, pending = subscribers(hub, checked.name("AlertsTopic") or "")
    if pending and not confirmed:
        yield broken(
            "alarm-test",
            f"nobody would get it until these addresses are confirmed: {', '.join(pending)}",
            'open the link in AWS\'s "Subscription Confirmation" mail',
        )
        return
    if not confirmed:
        yield broken(
            "alarm-test", "nobody would get it, because nobody subscribes to the alerts", SUBSCRIBE
        )
        return
    cloudwatch = hub.client("cloudwatch")
    names = [*checked.of_type("AWS::CloudWatch::Alarm").values()]
    found = cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
    quiet = sorted(each["AlarmName"] for each in found if each["StateValue"] != "ALARM")
    if not quiet:
        yield warning(
            "alarm-test",
            "every alarm of the hub is already in the state ALARM",
            "changecast doctor --hub",
        )
        return
    who = short(hub.client("sts").get_caller_identity()["Arn"])
    yield _rung(cloudwatch, quiet[0], confirmed, who)


def own_alarm_untested(checked: CheckedAccount) -> Iterator[Verdict]:
    """Say that the test of the hub's alarm did not test a customer's own, and what tests those."""
    names = sorted(checked.of_type("AWS::CloudWatch::Alarm").values())
    if names and checked.parameters.get("AlarmTopicArn"):
        yield warning(
            "alarm-test",
            f"only the hub's alarm was tested, not {checked.code}'s own alarms ({len(names)})",
            f"aws cloudwatch set-alarm-state --alarm-name {names[0]} --state-value ALARM "
            "--state-reason Test",
        )


def _rung(cloudwatch: "CloudWatchClient", alarm: str, confirmed: list[str], who: str) -> Verdict:
    began = datetime.now(UTC)
    why = f"A test, started by {who} (changecast doctor --alarm-test)"
    cloudwatch.set_alarm_state(
        AlarmName=alarm, StateValue="ALARM", StateReason=f"{why}: nothing is wrong."
    )
    try:
        failed = _failed_action(cloudwatch, alarm, began)
    finally:
        cloudwatch.set_alarm_state(
            AlarmName=alarm, StateValue="OK", StateReason=f"{why}: the test is over."
        )
    if failed:
        return broken("alarm-test", failed, "changecast doctor --hub")
    return ok(
        "alarm-test",
        f"{alarm} was set to ALARM and back to OK; expect two messages at {', '.join(confirmed)}",
    )


def _failed_action(cloudwatch: "CloudWatchClient", alarm: str, began: datetime) -> str | None:
    """Return what CloudWatch says if it could not publish; None if it could, or says nothing."""
    while datetime.now(UTC) < began + ACTION_TIME:
        items = cloudwatch.describe_alarm_history(
            AlarmName=alarm, HistoryItemType="Action", StartDate=began - timedelta(seconds=1)
        )["AlarmHistoryItems"]
        told = [each["HistorySummary"] for each in items]
        if told:
            return next((each for each in told if "fail" in each.lower()), None)
        time.sleep(POLL_SECONDS)
    return None


def subscribers(session: "boto3.Session", topic: str) -> tuple[list[str], list[str]]:
    """Return (confirmed, unconfirmed) subscribers by endpoint."""
    paged = session.client("sns").get_paginator("list_subscriptions_by_topic")
    found: list[SubscriptionTypeDef] = [
        each for page in paged.paginate(TopicArn=topic) for each in page["Subscriptions"]
    ]

    def those(*, pending: bool) -> list[str]:
        return [
            each["Endpoint"]
            for each in found
            if (each["SubscriptionArn"] == PENDING) is pending
            and each["SubscriptionArn"] != "Deleted"
        ]

    return those(pending=False), those(pending=True)
