"""Where people may get a digest: the sweep may hint at it, and nobody else may do anything new."""

from collections.abc import Iterator

from tests.isolation.engine import answers
from tests.isolation.questions import ACTIONS, ask
from tests.isolation.world import World, deployed

NEW = {("acme", "SweepRole", "acme", "AnnouncementsQueue", "sqs:SendMessage")}


def rights(world: World) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield what each role of a customer may do with everything of everybody."""
    who = [one for one in world.principals if one.owner == "acme"]
    tries = [
        (one, what, action) for one in who for what in world.things for action in ACTIONS[what.type]
    ]
    requests = [ask(one, action, what, {}) for one, what, action in tries]
    for (one, what, action), answer in zip(tries, answers(requests), strict=True):
        if answer:
            yield one.owner, one.kind, what.owner, what.name, action


def test_a_digest_lets_the_sweep_hint_at_it_and_nothing_else() -> None:
    off = {*rights(deployed(2, customer={"Reminders": ""}))}
    on = {*rights(deployed(2, customer={"Reminders": "", "Digest": "yes"}))}
    assert (on - off, off - on) == (NEW, set())
