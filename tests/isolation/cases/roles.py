"""Who may assume which role."""

from collections.abc import Iterator

from tests.isolation.cases.case import LAMBDA, A, B, by_service, case
from tests.isolation.questions import Context, Question, ask
from tests.isolation.world import EXTERNAL_ID, HUB, STRANGER, World

TAKE = "sts:AssumeRole"
NAME = "sts:SetSourceIdentity"


def taking(world: World) -> Iterator[Question]:
    """A route's role is EventBridge's, for its own rule; a function's role is Lambda's."""
    route, rule = world.what(f"{A}-route", "Role"), world.what(f"{A}-route", "Rule")
    other, says = world.what(f"{B}-route", "Rule"), "EventBridge takes acme's route role"
    hub, foreign = route.account, world.accounts[B]
    stolen = rule.arn.replace(hub, foreign)
    yield case(f"{says} for acme's rule", by_service(TAKE, route, rule.arn, hub), allowed=True)
    yield case(f"{says} for globex's rule", by_service(TAKE, route, other.arn, hub))
    yield case(f"{says} for a rule in globex", by_service(TAKE, route, stolen, foreign))
    yield case(f"{says} in globex's name", by_service(TAKE, route, rule.arn, foreign))
    yield case(f"{says} for nobody", by_service(TAKE, route))
    for name, is_own in _ON_FURTHER_BUSES.items():
        arn = f"{rule.arn.partition(':rule/')[0]}:rule/{name}"
        yield case(f"{says} for {name}", by_service(TAKE, route, arn, hub), allowed=is_own)
    yield case("Lambda takes acme's route role", by_service(TAKE, route, rule.arn, hub, LAMBDA))
    person = world.who(HUB, "Administrator")
    yield case("the hub's Administrator takes acme's route role", ask(person, TAKE, route))
    for name in ("PlanDeliveryRole", "SendMailRole", "ReportDeliveryRole"):
        role, own = world.what(A, name), world.who(A, "Administrator")
        lambdas = by_service(TAKE, role, service=LAMBDA)
        yield case(f"Lambda takes acme's {name}", lambdas, allowed=True)
        yield case(f"EventBridge takes acme's {name}", by_service(TAKE, role))
        yield case(f"acme's own Administrator takes {name}", ask(own, TAKE, role))
        yield case(f"the hub's Administrator takes acme's {name}", ask(person, TAKE, role))


_ON_FURTHER_BUSES = {
    "changecast-hub-2/changecast-route-acme.2": True,
    "changecast-hub-12/changecast-route-acme.12": True,
    "changecast-hub-2/changecast-route-acme2": False,
    "changecast-hub-2/changecast-route-acme2.2": False,
    "changecast-hub-2/changecast-route-acme-eu.2": False,
    "changecast-hub-2/changecast-route-globex.2": False,
    "changecast-other/changecast-route-acme": False,
    "another-2/changecast-route-acme.2": False,
}


def operating(world: World) -> Iterator[Question]:
    """The provider's engineers get into a customer's account by what both agreed on."""
    role, engineer = world.what(A, "OperatorRole"), world.who(HUB, "Administrator")
    knows: Context = {"sts:ExternalId": EXTERNAL_ID}
    guesses: Context = {"sts:ExternalId": "*"}
    yield case("the provider operates acme", ask(engineer, TAKE, role, knows), allowed=True)
    yield case("the provider operates acme without external id", ask(engineer, TAKE, role))
    yield case("the provider operates acme by a guess", ask(engineer, TAKE, role, guesses))
    for owner in (B, STRANGER):
        who = world.who(owner, "Administrator")
        yield case(f"{owner} operates acme", ask(who, TAKE, role, knows))
        yield case(f"{owner} names a session of acme's operator role", ask(who, NAME, role, knows))
    named = ask(engineer, NAME, role)
    yield case("the provider's engineer keeps their name in acme's role", named, allowed=True)


def repairing(world: World) -> Iterator[Question]:
    """An operator resumes runs, but does not change who gets mails or what happened to them."""
    role, ledger = world.who(A, "OperatorRole"), world.what(A, "Ledger")
    for says, names in (
        ("lets a run go on", ["paused", "tolerant", "reason_code"]),
        ("releases who is held", ["state", "attempt", "since"]),
    ):
        yield case(f"acme's operator {says}", ask(role, _WRITE, ledger, _writing(names)),
                   allowed=True)  # fmt: skip
    for name in _NOT_AN_OPERATORS:
        alone, beside = _writing([name]), _writing(["state", name])
        yield case(f"acme's operator writes {name}", ask(role, _WRITE, ledger, alone))
        yield case(f"acme's operator writes {name} beside", ask(role, _WRITE, ledger, beside))
    whole: Context = _writing(["paused"]) | {"dynamodb:ReturnValues": "ALL_OLD"}
    yield case("acme's operator writes to see all", ask(role, _WRITE, ledger, whole))


_WRITE = "dynamodb:UpdateItem"
_NOT_AN_OPERATORS = (
    "address", "variant", "owner", "lease_until", "message_id", "code", "change_id", "revision",
    "complete", "superseded", "planned", "batches", "n_SENT", "n_DELIVERED", "expires_at",
    "taken_until", "report_seq",
)  # fmt: skip


def _writing(names: list[str]) -> Context:
    return {"dynamodb:Attributes": ["pk", "sk", *names]}


def keeping(world: World) -> Iterator[Question]:
    """Who keeps the list of contacts is the customer's own business."""
    role = world.what(A, "ContactsManagerRole")
    own = world.who(A, "Administrator")
    yield case("acme's own people keep its contacts", ask(own, TAKE, role), allowed=True)
    for owner in (HUB, B, STRANGER):
        who = world.who(owner, "Administrator")
        yield case(f"{owner} keeps acme's contacts", ask(who, TAKE, role))
