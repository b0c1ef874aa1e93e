"""The steps of an upgrade, each in the middle of changes: in which order, and how far back."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from changecast_cli.local.receiver import Receiver
from changecast_cli.local.stage import HUB
from tests.upgrade.releases import Release
from tests.upgrade.states import (
    Answers,
    DeadLetters,
    Held,
    Open,
    Paused,
    Reminders,
    Sending,
    State,
    Unknown,
    Webhook,
)
from tests.upgrade.world import Broken, World

FROM, TO = "from", "to"
# Environments that change together, and the release that they then run.
Step = tuple[tuple[str, ...], str]
# The hub and one customer go back in the middle; then all of them are upgraded.
HUB_FIRST: tuple[Step, ...] = (
    (("hub",), TO),
    (("acme",), TO),
    (("acme",), FROM),
    (("hub",), FROM),
    (("hub",), TO),
    (("acme", "globex", "initech"), TO),
)
# One customer at a time, the hub last; one customer goes back and comes again.
CUSTOMERS_FIRST: tuple[Step, ...] = (
    (("acme",), TO),
    (("initech",), TO),
    (("initech",), FROM),
    (("globex",), TO),
    (("initech",), TO),
    (("hub",), TO),
)
ORDERS = {"hub first": HUB_FIRST, "customers first": CUSTOMERS_FIRST}
Say = Callable[[str], None]


@dataclass
class Story:
    """Both orders in one world, one after the other."""

    world: World
    receiver: Receiver
    say: Say
    only: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.webhook = Webhook(self.world, receiver=self.receiver)

    def tell(self, orders: Sequence[str]) -> None:
        """Prepare, upgrade and finish, in each of these orders. Raises Broken."""
        for number, name in enumerate(orders):
            if number:
                self.step(("hub", *self.world.codes), FROM)
            self._tell(name)

    def _tell(self, name: str) -> None:
        world = self.world
        self.say(f"{name}: every state by the earlier release")
        opened, held = Open(world), Held(world)
        first = self._chosen(
            opened, DeadLetters(world), held, Answers(world), Unknown(world), Reminders(world),
            self.webhook,
        )  # fmt: skip
        for state in first:
            self._prepared(state)
        if held in first:
            held.held()
        last = self._chosen(Paused(world), Sending(world))
        for state in last:
            self._prepared(state)
        world.check()
        for environments, release in ORDERS[name]:
            opened.step()
            self.step(environments, release)
            opened.settle()
            world.check()
        self.say("  everything ends")
        for state in (*last, *first):  # what is paused hides what is held
            state.finish()
            self.say(f"    {type(state).__name__}: ended")
        world.check_end()
        if letters := world.dead_letters():
            raise Broken(f"dead letters: {letters}")

    def _chosen(self, *states: State) -> list[State]:
        """Return the states that are asked for; `open` is always one."""
        return [
            each
            for each in states
            if not self.only or isinstance(each, Open) or type(each).__name__ in self.only
        ]

    def _prepared(self, state: State) -> None:
        began = time.monotonic()
        state.prepare()
        self.say(f"    {type(state).__name__}: {time.monotonic() - began:.0f} s")

    def step(self, environments: Sequence[str], release: str) -> None:
        """Deploy a release to these, and see that all their functions run it."""
        began = time.monotonic()
        chosen = self.world.releases[release]
        customers = [name for name in environments if name != "hub"]
        if "hub" in environments:
            chosen.line("sam build --config-env hub && sam deploy --config-env hub")
        if customers:
            self._upgrade(customers) if release == TO else self._go_back(customers)
        for name in environments:
            self._runs(name, chosen)
            self.world.runs[name] = release
        mixed = ", ".join(f"{name} {version}" for name, version in self.world.runs.items())
        self.say(f"  {', '.join(environments)} -> {release}: {time.monotonic() - began:.0f} s "
                 f"(now {mixed})")  # fmt: skip

    def _upgrade(self, customers: Sequence[str]) -> None:
        """Type `changecast customers upgrade`; the last customer is the canary."""
        named = [word for code in customers for word in ("--customer", code)]
        words = ("customers", "upgrade", *named, "--canary", customers[-1], "--json")
        done = json.loads(self.world.newest.types(*words))
        if sorted(done["upgraded"]) != sorted(customers):
            raise Broken(f"customers upgrade: {done}")

    def _go_back(self, customers: Sequence[str]) -> None:
        """Type in the earlier release's copy what `customers upgrade` prints for these."""
        named = [word for code in customers for word in ("--customer", code)]
        words = ("customers", "upgrade", *named, "--dry-run", "--json")
        for line in json.loads(self.world.newest.types(*words))["way_back"]:
            self.world.releases[FROM].line(line)

    def _runs(self, name: str, release: Release) -> None:
        account = HUB.account if name == "hub" else self.world.account(name)
        functions = self.world.cloud.preparing(account).client("lambda")
        found = {one["CodeSha256"] for one in functions.list_functions()["Functions"]}
        wanted = release.digest("hub" if name == "hub" else "customer")
        if found != {wanted}:
            raise Broken(f"{name} runs {found}, not {release.name}'s {wanted}")
