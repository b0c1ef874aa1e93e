"""Every path between accounts has two locks; each must hold when the other one is open."""

from collections.abc import Iterator
from dataclasses import replace

from tests.isolation.cases.case import A, B, case
from tests.isolation.engine import Policy
from tests.isolation.questions import Question, ask
from tests.isolation.world import EVERYTHING, HUB, World

OPEN: Policy = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}


def apart(world: World) -> Iterator[Question]:
    """acme's route and reporter: with all rights of their own, then at buses that refuse nobody."""
    put = "events:PutEvents"
    route, reporter = world.who(f"{A}-route", "Role"), world.who(A, "ReportDeliveryRole")
    own, other, hub = world.what(A, "Bus"), world.what(B, "Bus"), world.what(HUB, "Bus")
    for who in (route, reporter):
        armed = replace(who, policies=(EVERYTHING,))
        says = f"acme's {who.kind} with all rights of its own puts on globex's bus"
        yield case(says, ask(armed, put, other))
        unguarded = replace(other, policy=OPEN)
        says = f"acme's {who.kind} puts on globex's bus if that refuses nobody"
        yield case(says, ask(who, put, unguarded))
    another = replace(hub, arn=hub.arn.replace("changecast-hub", "another"), policy=OPEN)
    for who, what, right in ((route, own, True), (reporter, hub, True), (reporter, another, False)):
        says = f"acme's {who.kind} puts on {what.arn} if that refuses nobody"
        yield case(says, ask(who, put, replace(what, policy=OPEN)), allowed=right)
