"""Every ordered pair of customers: whatever the first may try at the second must be refused.

An administrator has every right of an account, so what it is refused each of its roles is refused
as well, but for roles that a policy names: the route and the reporter, which are asked by name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tests.isolation.cases.case import by_service
from tests.isolation.questions import Context, Question, ask
from tests.isolation.things import Thing
from tests.isolation.world import HUB, Principal, World

_TRIED = {
    "Bus": ("events:PutEvents",),
    "AnnouncementsQueue": ("sqs:SendMessage", "sqs:ReceiveMessage"),
    "AnnouncementsDeadLetters": ("sqs:SendMessage", "sqs:ReceiveMessage"),
    "DeliveriesQueue": ("sqs:SendMessage",),
    "OutcomesQueue": ("sqs:SendMessage",),
    "Ledger": ("dynamodb:Query", "dynamodb:UpdateItem"),
    "Mails/runs": ("s3:GetObject", "s3:PutObject", "s3:PutObjectTagging"),
    "CreatedContactList": ("ses:ListContacts", "ses:CreateContact"),
    "CreatedIdentity": ("ses:SendEmail",),
    "ReportDeliveryRole": ("sts:AssumeRole",),
    "OperatorRole": ("sts:AssumeRole",),
    "SweepFunction": ("lambda:InvokeFunction",),
    "Key": ("kms:Decrypt", "kms:CreateGrant"),
    "Key/sqs": ("kms:Decrypt", "kms:GenerateDataKey"),
}


def pairs(world: World) -> Iterator[Question]:
    """The route's and the reporter's one right, and every customer's tries at every other one."""
    things = {(what.owner, what.name): what for what in world.things}
    people = {(who.owner, who.kind): who for who in world.principals}
    for a in world.customers:
        route, reporter = people[f"{a}-route", "Role"], people[a, "ReportDeliveryRole"]
        for b in world.customers:
            between = [
                _put(route, things[b, "Bus"], allowed=a == b),
                _reported(reporter, things[HUB, "Bus"], b, world.accounts[b], allowed=a == b),
            ]
            if a != b:
                between.append(_put(reporter, things[b, "Bus"]))
                rule, queue = things[a, "AnnouncementsRule"], things[b, "AnnouncementsQueue"]
                between.append(_deputy(rule, queue))
                between += _everything(people[a, "Administrator"], b, things)
            yield from (replace(question, pair=(a, b)) for question in between)


def _put(who: Principal, bus: Thing, *, allowed: bool = False) -> Question:
    says = f"{who.owner}'s {who.kind}: events:PutEvents on {bus.owner}'s {bus.name}"
    return Question(ask(who, "events:PutEvents", bus), allowed, says)


def _reported(who: Principal, hub: Thing, b: str, account: str, *, allowed: bool) -> Question:
    context: Context = {"events:source": [f"changecast.delivery.{account}"]}
    request = ask(who, "events:PutEvents", hub, context)
    return Question(request, allowed, f"{who.owner}'s reporter reports as {b}")


def _deputy(rule: Thing, queue: Thing) -> Question:
    request = by_service("sqs:SendMessage", queue, rule.arn, rule.account)
    says = f"EventBridge for {rule.owner}'s rule: sqs:SendMessage on {queue.owner}'s {queue.name}"
    return Question(request, False, says)


def _everything(
    administrator: Principal, b: str, things: Mapping[tuple[str, str], Thing]
) -> Iterator[Question]:
    for name, actions in _TRIED.items():
        for action in actions:
            says = f"{administrator.owner}'s Administrator: {action} on {b}'s {name}"
            yield Question(ask(administrator, action, things[b, name]), False, says)
