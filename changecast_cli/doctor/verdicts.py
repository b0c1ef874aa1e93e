"""A doctor's verdict: one line with the level, the reason and the fix."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.markup import escape

from changecast_cli.terminal import counted as noun


class Level(StrEnum):
    """Level of a verdict: a warning may become worse; `broken` keeps mails from people."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Verdict:
    """A verdict on one thing. `fix` is a command or what to publish, empty only for `ok`."""

    check: str
    level: Level
    reason: str
    fix: str


# What a fault leaves behind. Sent again before the fault is repaired, it would only return.
_LEFT_BEHIND = frozenset({"dead-letters", "route-letters", "queue-age"})
_LOOKS = {
    Level.OK: "[green]✓ ok     [/]",
    Level.WARNING: "[yellow]! warning[/]",
    Level.BROKEN: "[bold red]✗ broken [/]",
}


def repair_of(environment: str) -> str:
    """Return the command that reverts a stack to its template, by its sam environment.

    A deployment does not help: with the same template and parameters, it changes nothing.
    """
    return f"changecast repair {environment.removesuffix('-route')}"


def verdict_lines(who: str, verdicts: Iterable[Verdict]) -> list[str]:
    """Return one line per verdict, in rich's markup."""
    return [
        f"{_LOOKS[one.level]}  {escape(who):<12}  {one.check:<18} {escape(one.reason)}"
        + (f"  [bold]→[/] {escape(one.fix)}" if one.fix else "")
        for one in verdicts
    ]


def causes_first(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts with what a fault left behind after the faults.

    People type the first command that they see.
    """
    return sorted(verdicts, key=lambda one: one.level is not Level.OK and one.check in _LEFT_BEHIND)


def problems(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts that need action."""
    return [one for one in verdicts if one.level is not Level.OK]


def counted(levels: Sequence[Level]) -> str:
    """Return the number of verdicts by level: 2 ok, 1 warning, 0 broken."""
    numbers = ((level, levels.count(level)) for level in Level)
    return ", ".join(
        noun(number, level.value) if level is Level.WARNING else f"{number} {level.value}"
        for level, number in numbers
    )


def summary_line(who: str, verdicts: Sequence[Verdict]) -> str:
    """Return one line about a customer or the hub: the worst level, and the counts."""
    levels = [one.level for one in verdicts]
    worst = max(levels, key=[*Level].index, default=Level.OK)
    return f"{_LOOKS[worst]}  [bold]{escape(who):<12}[/]  {counted(levels)}"


def ok(check: str, reason: str) -> Verdict:
    """Return the verdict that all is well."""
    return Verdict(check, Level.OK, reason, "")


def warning(check: str, reason: str, fix: str) -> Verdict:
    """Return the verdict that it still works, but may not for long."""
    return Verdict(check, Level.WARNING, reason, fix)


def broken(check: str, reason: str, fix: str) -> Verdict:
    """Return the verdict that people do not get their mails."""
    return Verdict(check, Level.BROKEN, reason, fix)
