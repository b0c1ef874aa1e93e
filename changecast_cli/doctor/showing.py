"""How verdicts are shown: each account as soon as it is checked, and the problems alone if many."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

import typer

from changecast_cli.doctor.verdicts import (
    Level,
    Verdict,
    counted,
    problems,
    summary_line,
    verdict_lines,
)
from changecast_cli.failures import FAILED
from changecast_cli.terminal import counted as noun
from changecast_cli.terminal import out, print_json

# Beyond this, healthy accounts get no line of their own: nobody would find the others.
MANY = 50
# Of many accounts with one and the same warning, this many show it; the rest are only counted.
ALIKE = 3


class Checked(NamedTuple):
    """One account, `hub` or a customer's code, and its verdicts."""

    who: str
    verdicts: list[Verdict]


def show(
    checked: Iterable[Checked],
    number: int,
    *,
    everything: bool,
    levels: frozenset[Level],
    as_json: bool,
) -> None:
    """Show accounts as they are checked, then exit with 1 if something is broken.

    Args:
        checked: The accounts, of which `number` are expected.
        number: With more than one, each has a line that sums it up.
        everything: Show healthy verdicts too; of several accounts, after their problems.
        levels: Show only verdicts of these levels; empty means all.
        as_json: Print one JSON object at the end instead.
    """
    found: dict[str, Any] = {}
    total: Counter[Level] = Counter()
    alike: Counter[tuple[str, str]] = Counter()
    unshown: Counter[bool] = Counter()  # True: with warnings, which other accounts show
    for each in checked:
        own = [one.level for one in each.verdicts]
        total.update(own)
        if levels and levels.isdisjoint(own):
            continue
        shown = _chosen(each.verdicts, levels, everything=everything)
        fresh = shown if everything or levels or number <= MANY else _fresh(shown, alike)
        if as_json:
            is_all = number <= MANY and not levels
            found[each.who] = [asdict(one) for one in (each.verdicts if is_all else shown)]
        elif fresh or number <= MANY:
            _print(each, fresh, summed_up=number > 1)
        else:
            unshown[bool(shown)] += 1
    if as_json:
        print_json({"verdicts": found})
    else:
        is_folded = not everything and not levels
        for line in _end(total, unshown, is_folded=is_folded):
            out.print(line)
    if total[Level.BROKEN]:
        raise typer.Exit(FAILED)


def _chosen(
    verdicts: list[Verdict], levels: frozenset[Level], *, everything: bool
) -> list[Verdict]:
    """Return the verdicts of the requested levels; without levels, the problems or everything."""
    if levels:
        return [one for one in verdicts if one.level in levels]
    return verdicts if everything else problems(verdicts)


def _fresh(shown: list[Verdict], alike: Counter[tuple[str, str]]) -> list[Verdict]:
    """Return what is worth a line: not a warning that ALIKE accounts have shown already."""
    fresh = []
    for one in shown:
        alike[one.check, one.reason] += 1
        if one.level is not Level.WARNING or alike[one.check, one.reason] <= ALIKE:
            fresh.append(one)
    return fresh


def _print(each: Checked, shown: Iterable[Verdict], *, summed_up: bool) -> None:
    if summed_up:
        out.print(summary_line(each.who, each.verdicts))
        shown = sorted(shown, key=lambda one: [*Level].index(one.level), reverse=True)
    for line in verdict_lines(each.who, shown):
        out.print(line)


def _end(total: Counter[Level], unshown: Counter[bool], *, is_folded: bool) -> Iterator[str]:
    healthy, repeating = unshown[False], unshown[True]
    if repeating:
        yield (
            f"\n{noun(repeating, 'more account')} with only the warnings above: --state warning "
            "shows them"
        )
    if healthy:
        yield f"\n{noun(healthy, 'account')} without a problem: --only everything shows them"
    yield f"\n{counted([*total.elements()])}"
    if is_folded and total[Level.OK] and not healthy:
        yield "To see what is ok too: --only everything"
