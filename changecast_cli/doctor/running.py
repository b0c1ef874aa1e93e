"""Doctor checks of running parts: switches, late queues, reputation, failed stacks, alarms."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Any

from botocore.exceptions import ClientError

from changecast_cli.doctor.alerts import subscribers
from changecast_cli.doctor.checked_account import CheckedAccount
from changecast_cli.doctor.verdicts import Verdict, broken, ok, repair_of, warning
from changecast_cli.paging import pages
from changecast_cli.repair import fixes
from changecast_cli.terminal import counted

# These rules have their own verdict, with their targets.
CHECKED_RULES = ("AnnouncementsRule", "OutcomesRule", "TrackAnnouncedRule", "TrackReportedRule")
# A message normally waits minutes; an announcement that failed returns after 30.
OLDEST_SECONDS, AGE_OVER = 2_700, timedelta(minutes=15)
FAILED_STACKS = (
    "CREATE_FAILED", "ROLLBACK_FAILED", "ROLLBACK_COMPLETE", "DELETE_FAILED",
    "UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED",
)  # fmt: skip
ALERTS = "changecast-alerts"
# Near the limit, where SES reviews an account, and where it pauses it.
# https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-messages.html
RATES = {
    "BounceRate": ("bounce", 0.04, 0.05, 0.10),
    "ComplaintRate": ("complaint", 0.0008, 0.001, 0.005),
}
REPUTATION_OVER = timedelta(days=1)


def switched_off(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that no function, event source or schedule of the stack is switched off."""
    found = [each.what for each in chain(fixes.functions(checked), fixes.event_sources(checked))]
    found += [each.what for each in fixes.rules(checked) if not each.what.startswith(CHECKED_RULES)]
    if found:
        yield broken("switched-off", "; ".join(found), repair_of(checked.code))
    else:
        yield ok("switched-off", "every function, event source and schedule is on")


def queue_age(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that no queue has an old message; dead letters have their own verdict."""
    queues = {
        logical_id: url.rpartition("/")[2]
        for logical_id, url in checked.of_type("AWS::SQS::Queue").items()
        if not logical_id.endswith("DeadLetters")
    }
    metric = "ApproximateAgeOfOldestMessage"
    queries = [
        _query(number, logical_id, "AWS/SQS", metric, {"QueueName": name})
        for number, (logical_id, name) in enumerate(queues.items())
    ]
    ages = _newest(checked, queries, AGE_OVER)
    late = {name: age for name, age in ages.items() if age > OLDEST_SECONDS}
    if late:
        told = ", ".join(f"{name} {age / 60:.0f} min" for name, age in late.items())
        look = f"changecast status --customer {checked.code}"
        if checked.code == "hub":
            look = "changecast status --failed"
        yield warning("queue-age", f"oldest message: {told}", look)
    else:
        yield ok("queue-age", f"{len(queues)} queues are read")


def reputation(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that bounces and complaints are well below SES's limits for reviews and pauses."""
    queries = [
        _query(number, name, "AWS/SES", f"Reputation.{name}", {})
        for number, name in enumerate(RATES)
    ]
    found = _newest(checked, queries, REPUTATION_OVER)
    look = f"changecast contacts suppression list --customer {checked.code}"
    near = []
    for name, rate in found.items():
        kind, close, reviewed, paused = RATES[name]
        if rate >= close:
            near.append(f"{kind} rate {rate:.2%} (SES reviews at {reviewed:.1%}, pauses at "
                        f"{paused:.1%})")  # fmt: skip
    if near:
        yield warning("reputation", "; ".join(near), look)
    else:
        told = ", ".join(f"{RATES[name][0]} rate {rate:.2%}" for name, rate in found.items())
        yield ok("reputation", told or "SES has no figures for the last day")


def failed_stacks(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that none of our stacks failed to be created, updated or deleted."""
    listed = checked.session.client("cloudformation").list_stacks
    found = pages(listed, "StackSummaries", StackStatusFilter=list(FAILED_STACKS))
    left = [each for each in found if each["StackName"].startswith("changecast")]
    if left:
        told = ", ".join(f"{each['StackName']} {each['StackStatus']}" for each in left)
        name = left[0]["StackName"]
        look = f"aws cloudformation describe-stack-events --stack-name {name}"
        yield warning("failed-stacks", f"left over: {told}", look)
    else:
        yield ok("failed-stacks", "there is no failed stack")


# SNS says AuthorizationError where others say AccessDenied.
_MAY_NOT = frozenset({"AuthorizationError", "AccessDenied", "AccessDeniedException"})


def alarm_actions(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that every alarm publishes to the topic that the stack names, and somebody hears it."""
    topic = checked.parameters.get("AlarmTopicArn") or checked.name("AlertsTopic")
    if checked.code == "hub":  # a further bus uses the topic of the hub's stack
        topic = topic or ALERTS
    names = [*checked.of_type("AWS::CloudWatch::Alarm").values()]
    if not topic:
        yield _publish_nowhere(checked, len(names))
        return
    found = checked.session.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    silent = sorted(each["AlarmName"] for each in found if not each.get("AlarmActions"))
    gone = sorted({*names} - {each["AlarmName"] for each in found})
    if silent or gone:
        wrong = [f"{each} publishes nowhere" for each in silent] + [
            f"{each} is gone" for each in gone
        ]
        yield warning("alarm-actions", "; ".join(wrong), repair_of(checked.code))
    elif checked.code == "hub":  # its subscribers have their own verdict
        yield ok("alarm-actions", _published(len(found), topic))
    else:
        yield _heard(checked, topic, len(found))


def _heard(checked: CheckedAccount, topic: str, alarms: int) -> Verdict:
    """Return the verdict on a customer's own topic: does it exist, and does anybody subscribe?"""
    name = topic.rpartition(":")[2]
    told = _published(alarms, topic)
    try:
        confirmed, pending = subscribers(checked.session, topic)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _MAY_NOT:
            return warning(
                "alarm-actions",
                f"{told}; this role may not list who subscribes to it, because their addresses "
                "belong to the customer",
                "ask an operator of that account (docs/policies/operate-customer.json) to check: "
                f"aws sns list-subscriptions-by-topic --topic-arn {topic}",
            )
        if code != "NotFound":
            raise
        gone = f"{told}, which does not exist, so nobody gets them"
        return warning("alarm-actions", gone, f"aws sns create-topic --name {name}")
    if confirmed:
        return ok("alarm-actions", f"{told}, which has {counted(len(confirmed), 'subscriber')}")
    if pending:
        return warning(
            "alarm-actions",
            f"{told}, but nobody gets them until these confirm their subscription: "
            f"{', '.join(pending)}",
            'open the link in AWS\'s "Subscription Confirmation" mail',
        )
    return warning(
        "alarm-actions",
        f"{told}, but nobody subscribes to it",
        f"aws sns subscribe --topic-arn {topic} --protocol email "
        "--notification-endpoint ops@your-company.example",
    )


def _published(alarms: int, topic: str) -> str:
    """Return how many alarms publish to a topic, in words."""
    publish = "publishes" if alarms == 1 else "publish"
    return f"{counted(alarms, 'alarm')} {publish} to {topic.rpartition(':')[2]}"


def _publish_nowhere(checked: CheckedAccount, alarms: int) -> Verdict:
    """Return the verdict on a customer's stack that names no topic for its alarms."""
    partition = checked.outputs.get("BusArn", "arn:aws").split(":")[1]
    topic = f"arn:{partition}:sns:{checked.region}:{checked.account}:changecast-alarms"
    return warning(
        "alarm-actions",
        f"alarms of this account that publish nowhere: {alarms}. Only the hub's alerts report this "
        "account's failures",
        f"changecast customers set {checked.code} --alarm-topic {topic} --deploy (that topic must "
        "exist, and somebody must subscribe to it: docs/alerts.md)",
    )


def _query(
    number: int, label: str, namespace: str, metric: str, dimensions: dict[str, str]
) -> dict[str, Any]:
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    told = {"Namespace": namespace, "MetricName": metric, "Dimensions": named}
    return {
        "Id": f"q{number}",
        "Label": label,
        "MetricStat": {"Metric": told, "Period": 300, "Stat": "Maximum"},
    }


def _newest(checked: CheckedAccount, queries: list[Any], over: timedelta) -> dict[str, float]:
    """Return the newest value of each query, by its label; nothing if CloudWatch has none."""
    answer = checked.session.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries,
        StartTime=checked.now - over,
        EndTime=checked.now + timedelta(minutes=1),
        ScanBy="TimestampDescending",
    )
    return {
        each["Label"]: each["Values"][0] for each in answer["MetricDataResults"] if each["Values"]
    }
