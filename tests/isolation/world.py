"""A hub, its routes and N customers as deployed: who there is, what there is, and every policy."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from testbed.expand import REGION, TEMPLATES, Template, expanded
from tests.isolation.engine import Policy
from tests.isolation.keys import CUSTOMERS, HUBS, KEY_ID, key_policy, keys
from tests.isolation.resolve import Place, Stack
from tests.isolation.things import Thing, things

HUB_ACCOUNT = "111111111111"
STRANGER_ACCOUNT = "999999999999"
HUB, STRANGER = "hub", "stranger"
EXTERNAL_ID = "agreed-between-the-two"
CODES = ("acme", "globex", "initech", *(f"customer-{number:02}" for number in range(4, 100)))
EVERYTHING: Policy = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}

Weaken = Mapping[str, Callable[[Template], object]]


@dataclass(frozen=True)
class Principal:
    """Somebody with credentials: `kind` is the role's logical id, `owner` a code, or hub."""

    arn: str
    account: str
    owner: str
    kind: str
    policies: tuple[Policy, ...] = field(hash=False)


@dataclass(frozen=True)
class World:
    """All that is deployed. `accounts`: code -> account."""

    accounts: Mapping[str, str]
    principals: Sequence[Principal]
    things: Sequence[Thing]

    @property
    def customers(self) -> list[str]:
        """The customers' codes."""
        return [code for code in self.accounts if code not in (HUB, STRANGER)]

    def who(self, owner: str, kind: str) -> Principal:
        """One principal, by its owner and kind."""
        return next(p for p in self.principals if (p.owner, p.kind) == (owner, kind))

    def has(self, owner: str, name: str) -> bool:
        """Whether this is deployed: a key stands beside the stacks or in the hub's."""
        return any((t.owner, t.name) == (owner, name) for t in self.things)

    def what(self, owner: str, name: str) -> Thing:
        """One thing, by its owner and logical id."""
        return next(t for t in self.things if (t.owner, t.name) == (owner, name))


def deployed(
    customers: int,
    weaken: Weaken | None = None,
    customer: Mapping[str, str] | None = None,
    *,
    keyed: bool = True,
    hub: Mapping[str, str] | None = None,
) -> World:
    """A hub with `customers` customers, each account with a key of its own where `keyed`.

    `weaken` changes a template, or the policy of a key, before it is deployed; `customer` and
    `hub` are parameters of their stacks beside the usual ones.
    """
    accounts = _accounts(customers)
    principals: list[Principal] = []
    found = [_registry(), *(_keys(accounts, weaken or {}) if keyed else ())]
    for owner, stack in stacks(customers, weaken, customer, keyed=keyed, hub=hub):
        principals += list(_principals(owner, stack))
        found += list(things(owner, stack))
    everybody = accounts | {HUB: HUB_ACCOUNT, STRANGER: STRANGER_ACCOUNT}
    principals += [_administrator(owner, account) for owner, account in everybody.items()]
    arn = f"arn:aws:iam::{STRANGER_ACCOUNT}:role/changecast-reporter"
    look_alike = Principal(arn, STRANGER_ACCOUNT, STRANGER, "ReportDeliveryRole", (EVERYTHING,))
    return World(everybody, [*principals, look_alike], found)


def _accounts(customers: int) -> dict[str, str]:
    codes = CODES[:customers]
    return {code: str(222222222222 + number) for number, code in enumerate(codes)}


def _keys(accounts: Mapping[str, str], weaken: Weaken) -> Iterator[Thing]:
    owners = ((HUB, HUB_ACCOUNT, HUBS), *((code, a, CUSTOMERS) for code, a in accounts.items()))
    for owner, account, path in owners:
        policy = key_policy(path, account)
        if path in weaken:
            weaken[path](policy)
        yield from keys(owner, account, policy)


def _registry() -> Thing:
    """The hub's registry: a path of parameters, which the routes write."""
    arn = f"arn:aws:ssm:{REGION}:{HUB_ACCOUNT}:parameter/changecast/customers/"
    return Thing(arn, HUB_ACCOUNT, HUB, "Registry", "path", None)


def _administrator(owner: str, account: str) -> Principal:
    """Whom an account's own policies let do everything: only others' policies can stop them."""
    arn = f"arn:aws:iam::{account}:role/Administrator"
    return Principal(arn, account, owner, "Administrator", (EVERYTHING,))


def stacks(
    customers: int,
    weaken: Weaken | None = None,
    customer: Mapping[str, str] | None = None,
    *,
    keyed: bool = True,
    hub: Mapping[str, str] | None = None,
) -> Iterator[tuple[str, Stack]]:
    """The stack of the hub, then each customer's and its route's, with their owners."""
    accounts, key = _accounts(customers), {"KmsKeyId": KEY_ID if keyed else ""}
    templates = {path: expanded(path) for path in TEMPLATES}
    for path, change in (weaken or {}).items():
        if path in templates:
            change(templates[path])
    own = {"CustomerAccounts": ",".join(accounts.values()), "CanarySchedule": "rate(1 day)"} | key
    own |= dict(hub or {})
    yield HUB, Stack(templates["hub/template.yaml"], own, Place(HUB_ACCOUNT, REGION, "hub"))
    for code, account in accounts.items():
        parameters = _customer(code) | key | dict(customer or {})
        place = Place(account, REGION, "changecast")
        yield code, Stack(templates["template.yaml"], parameters, place)
        place = Place(HUB_ACCOUNT, REGION, f"route-{code}")
        route = _route(code, account) | key
        yield f"{code}-route", Stack(templates["hub/route.yaml"], route, place)


def _customer(code: str) -> dict[str, str]:
    return {
        "CustomerCode": code,
        "CustomerName": code,
        "HubAccount": HUB_ACCOUNT,
        "HubBusArn": f"arn:aws:events:{REGION}:{HUB_ACCOUNT}:event-bus/changecast-hub",
        "Sender": f"changes@{code}.example",
        "SenderName": code,
        "SenderIdentity": f"{code}.example",
        "OperatorAccount": HUB_ACCOUNT,
        "OperatorExternalId": EXTERNAL_ID,
    }


def _route(code: str, account: str) -> dict[str, str]:
    return {
        "CustomerCode": code,
        "CustomerName": code,
        "CustomerAccount": account,
        "CustomerRegion": REGION,
    }


def _principals(owner: str, stack: Stack) -> Iterator[Principal]:
    for name, role in stack.resources.items():
        if role["Type"] == "AWS::IAM::Role":
            policies = tuple(policy["PolicyDocument"] for policy in role.get("Policies", []))
            yield Principal(stack.arn(name), stack.place.account, owner, name, policies)
