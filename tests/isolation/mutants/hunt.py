"""Check every mutant: what it breaks, by the engine's answers or in its statements."""

from collections.abc import Iterator, Mapping

from tests.isolation.cases import cases
from tests.isolation.engine import Request, answers
from tests.isolation.mutants import MUTANTS
from tests.isolation.pairs import pairs
from tests.isolation.questions import Question, at_home, wrong
from tests.isolation.statements import too_wide
from tests.isolation.world import HUB, World, deployed


def hunt() -> dict[str, list[str]]:
    """Return the wrong sentences of each mutant; the engine is asked once for all."""
    sound = deployed(2)
    settled = {question.says: question.request for question in [*cases(sound), *pairs(sound)]}
    found: dict[str, list[str]] = {}
    asked: list[tuple[str, Question]] = []
    for mutant in MUTANTS:
        world = deployed(2, {mutant.document: mutant.weaken})
        found[mutant.says] = too_wide(world)
        asked += [(mutant.says, question) for question in _questions(world, sound, settled)]
    given = answers([question.request for _, question in asked])
    for (says, question), answer in zip(asked, given, strict=True):
        found[says] += wrong([question], [answer])
    return found


def _questions(world: World, sound: World, settled: Mapping[str, Request]) -> Iterator[Question]:
    """All cases and pairs, and the home of each principal whose rights changed.

    A request that is the same with all its policies has the same answer, which is known.
    """
    for question in [*cases(world), *pairs(world)]:
        if settled.get(question.says) != question.request:
            yield question
    for who in world.principals:
        if who.owner in ("acme", "acme-route", HUB) and who not in sound.principals:
            yield from at_home(world, who)
