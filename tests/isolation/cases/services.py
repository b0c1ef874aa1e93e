"""AWS's own services, on behalf of the right rule, another rule, another account's, or none."""

from collections.abc import Iterator

from tests.isolation.cases.case import A, B, by_service, case
from tests.isolation.questions import Question
from tests.isolation.things import Thing
from tests.isolation.world import HUB, World

_SENT = (
    (A, "AnnouncementsQueue", "AnnouncementsRule"),
    (A, "AnnouncementsDeadLetters", "AnnouncementsRule"),
    (A, "OutcomesQueue", "OutcomesRule"),
    (A, "OutcomesDeadLetters", "OutcomesRule"),
    (f"{A}-route", "DeadLetters", "Rule"),
    (HUB, "StatusQueue", "TrackReportedRule"),
    (HUB, "StatusQueue", "TrackAnnouncedRule"),
    (HUB, "StatusDeadLetters", "TrackReportedRule"),
    (HUB, "IntakeQueue", "DroppedRule"),
    (HUB, "IntakeDeadLetters", "DroppedRule"),
)
ALARMS = "cloudwatch.amazonaws.com"


def deputies(world: World) -> Iterator[Question]:
    """EventBridge at every queue that it feeds, and at the function that it starts."""
    foreign = world.accounts[B]
    for owner, queue, name in _SENT:
        what, rule = world.what(owner, queue), world.what(owner, name)
        says = f"EventBridge puts into {owner}'s {queue}"
        yield from _sent("sqs:SendMessage", what, rule, foreign, says)
        mixed = by_service("sqs:SendMessage", what, rule.arn, foreign)
        yield case(f"{says} for {name} in globex's name", mixed)
        yield case(f"{says[:11]} reads {owner}'s {queue} for {name}", by_service(
            "sqs:ReceiveMessage", what, rule.arn, rule.account))  # fmt: skip
    sweep, rule = world.what(A, "SweepFunction"), world.what(A, "SweepFunctionEveryMinute")
    yield from _sent("lambda:InvokeFunction", sweep, rule, foreign, "EventBridge starts sweep")


def _sent(action: str, what: Thing, rule: Thing, foreign: str, says: str) -> Iterator[Question]:
    right = by_service(action, what, rule.arn, rule.account)
    stolen = by_service(action, what, rule.arn.replace(rule.account, foreign), foreign)
    other = by_service(action, what, f"{rule.arn}-2", rule.account)
    yield case(f"{says} for {rule.name}", right, allowed=True)
    yield case(f"{says} for another rule", other)
    yield case(f"{says} for a rule of globex's", stolen)
    yield case(f"{says} for nobody", by_service(action, what))


def alarms(world: World) -> Iterator[Question]:
    """CloudWatch at the topic that people are told by, and at the key that the topic is under."""
    alarm, foreign = world.what(HUB, "StatusDeadLettersAlarm"), world.accounts[B]
    stolen = alarm.arn.replace(alarm.account, foreign)
    key = "Key" if world.has(HUB, "Key") else "AlertsKey"
    for action, name in (("sns:Publish", "AlertsTopic"), ("kms:GenerateDataKey", key)):
        what, says = world.what(HUB, name), f"CloudWatch: {action} on the hub's {name}"
        own = by_service(action, what, alarm.arn, alarm.account, ALARMS)
        yield case(f"{says} for its own alarm", own, allowed=True)
        theirs = by_service(action, what, stolen, foreign, ALARMS)
        yield case(f"{says} for globex's alarm", theirs)
        mixed = by_service(action, what, alarm.arn, foreign, ALARMS)
        yield case(f"{says} in globex's name", mixed)
        other = by_service(action, what, alarm.arn.replace(":alarm:", ":x:"), alarm.account, ALARMS)
        yield case(f"{says} for what is no alarm", other)
        yield case(f"{says} for nobody", by_service(action, what, service=ALARMS))
