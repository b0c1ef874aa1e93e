"""Who may put what on a bus."""

from collections.abc import Iterator

from tests.isolation.cases.case import A, B, case
from tests.isolation.engine import Request
from tests.isolation.questions import Context, Question, ask
from tests.isolation.things import Thing
from tests.isolation.world import HUB, STRANGER, Principal, World

SOURCE, KIND, BY_RULE = "events:source", "events:detail-type", "events:eventBusInvocation"
PROVIDER, REPORT, ANNOUNCEMENT = "changecast.changes", "DeliveryReported", "ChangeAnnounced"
ANSWER, ANSWERS, RESPONDED = "ResponseRecorded", "changecast.responses", "ChangeResponded"
FREEZE = "FreezeDeclared"
OTHER = "somebody.else"


def announcing(world: World) -> Iterator[Question]:
    """What may come onto a customer's bus: announcements, by the rule of that customer's route."""
    route, bus = world.who(f"{A}-route", "Role"), world.what(A, "Bus")
    yield case("acme's route announces to acme", _put(route, bus), allowed=True)
    for says, context in _TRIES_OF_A_ROUTE.items():
        yield case(f"acme's route announces to acme {says}", _put(route, bus, context))
    for owner, kind in ((HUB, "Administrator"), (HUB, "TrackStatusRole"), (f"{B}-route", "Role")):
        yield case(f"{owner}'s {kind} announces to acme", _put(world.who(owner, kind), bus))
    admin = world.who(HUB, "Administrator")
    for name in ("changecast-route-acme2", "changecast-route-acme-eu", "changecast-route-acm"):
        arn = f"arn:aws:iam::{admin.account}:role/{name}"
        armed = Principal(arn, admin.account, HUB, "Role", admin.policies)
        yield case(f"the hub's role {name} announces to acme", _put(armed, bus))


_TRIES_OF_A_ROUTE: dict[str, Context] = {
    "with another source": {SOURCE: [OTHER]},
    "with another detail-type": {KIND: [OTHER]},
    "with a report": {KIND: [REPORT]},
    "with a batch of right and wrong sources": {SOURCE: [PROVIDER, OTHER]},
    "with a batch of right and wrong detail-types": {KIND: [ANNOUNCEMENT, OTHER]},
    "without a source": {SOURCE: ""},
    "without a detail-type": {KIND: ""},
    "with its credentials, by no rule": {BY_RULE: "false"},
    "with nothing said of a rule": {BY_RULE: ""},
}


def reporting(world: World) -> Iterator[Question]:
    """What customers may put on the hub's bus: reports on themselves, by their reporter."""
    reporter, bus = world.who(B, "ReportDeliveryRole"), world.what(HUB, "Bus")
    own, foreign = (f"changecast.delivery.{world.accounts[code]}" for code in (B, A))
    tries: dict[str, Context] = {
        "as acme": {SOURCE: [foreign]},
        "as itself and as acme in one batch": {SOURCE: [own, foreign]},
        "a freeze as acme": {SOURCE: [foreign], KIND: [FREEZE]},
        "an announcement among freezes": {KIND: [FREEZE, ANNOUNCEMENT]},
        "as every account": {SOURCE: ["changecast.delivery.*"]},
        "without a source": {SOURCE: ""},
        "without a detail-type": {KIND: ""},
        "an announcement": {KIND: [ANNOUNCEMENT]},
        "an announcement among reports": {KIND: [REPORT, ANNOUNCEMENT]},
        "an announcement as the provider": {SOURCE: [PROVIDER], KIND: [ANNOUNCEMENT]},
        "an answer as acme": {SOURCE: [foreign], KIND: [ANSWER]},
        "an answer as the hub": {SOURCE: [ANSWERS], KIND: [RESPONDED]},
    }
    yield case("globex's reporter reports", _put(reporter, bus), allowed=True)
    answer: Context = {KIND: [ANSWER]}
    yield case("globex's reporter answers", _put(reporter, bus, answer), allowed=True)
    freezes: Context = {KIND: [FREEZE]}
    yield case("globex's reporter declares a freeze", _put(reporter, bus, freezes), allowed=True)
    for says, context in tries.items():
        yield case(f"globex's reporter reports {says}", _put(reporter, bus, context))
    for owner in (B, STRANGER):
        yield case(f"{owner}'s Administrator reports", _put(world.who(owner, "Administrator"), bus))
    sender, stranger = world.who(B, "SendMailRole"), world.who(STRANGER, "ReportDeliveryRole")
    yield case("globex's sender reports", _put(sender, bus))
    yield case("globex's sender declares a freeze", _put(sender, bus, freezes))
    yield case("a stranger's changecast-reporter reports", _put(stranger, bus))
    yield from _passing_on(world)


def _passing_on(world: World) -> Iterator[Question]:
    """What the tracker may put: what customers answered, and nothing that anybody obeys."""
    tracker, bus = world.who(HUB, "TrackStatusRole"), world.what(HUB, "Bus")
    yield case("the tracker passes answers on", _put(tracker, bus), allowed=True)
    tries: dict[str, Context] = {
        "an announcement": {SOURCE: [PROVIDER], KIND: [ANNOUNCEMENT]},
        "an answer and an announcement": {SOURCE: [ANSWERS, PROVIDER]},
        "an announcement under its own source": {KIND: [ANNOUNCEMENT]},
        "an answer without a source": {SOURCE: ""},
        "an answer without a detail-type": {KIND: ""},
    }
    for says, context in tries.items():
        yield case(f"the tracker puts {says}", _put(tracker, bus, context))


def _put(who: Principal, bus: Thing, context: Context | None = None) -> Request:
    return ask(who, "events:PutEvents", bus, context)
