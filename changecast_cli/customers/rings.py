"""An upgrade in rings: who comes when, what stops it, and how to go back. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.deploying.samconfig_file import ROUTE
from changecast_cli.doctor.verdicts import Level, Verdict

Ring = tuple[CustomerStack, ...]


def rings(chosen: Sequence[CustomerStack], canary: str, at_a_time: int) -> list[Ring]:
    """Return the canary alone, then the others in groups, in their order."""
    first = tuple(each for each in chosen if each.code == canary)
    rest = [each for each in chosen if each.code != canary]
    return [first, *(tuple(rest[at : at + at_a_time]) for at in range(0, len(rest), at_a_time))]


def worse(before: Iterable[Verdict], after: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts that an upgrade made worse: a check's level, or more of that level.

    Checks that were already broken before the upgrade do not count, and stop nothing.
    """
    were, are = _by_check(before), list(after)
    return [
        each
        for each in are
        if each.level is not Level.OK and _count(are, each) > _at_least(were, each)
    ]


def _by_check(verdicts: Iterable[Verdict]) -> Counter[tuple[str, Level]]:
    return Counter((each.check, each.level) for each in verdicts)


def _count(verdicts: Iterable[Verdict], one: Verdict) -> int:
    """Return how many verdicts of the same check are as bad, or worse."""
    return sum(n for (check, level), n in _by_check(verdicts).items()
               if check == one.check and _rank(level) >= _rank(one.level))  # fmt: skip


def _at_least(were: Counter[tuple[str, Level]], one: Verdict) -> int:
    return sum(n for (check, level), n in were.items()
               if check == one.check and _rank(level) >= _rank(one.level))  # fmt: skip


def _rank(level: Level) -> int:
    return [*Level].index(level)


def way_back(codes: Iterable[str]) -> Iterator[str]:
    """Yield the commands that put the previous release back, to run in a checkout of it.

    Our own commands refuse an older release, so that nobody deploys one by mistake.
    """
    for code in codes:
        yield f"sam build --config-env {code} && sam deploy --config-env {code}"
        yield f"sam deploy --config-env {code}{ROUTE}"
