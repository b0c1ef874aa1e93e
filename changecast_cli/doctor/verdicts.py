"""A doctor's verdict: one line that says how it stands, why, and what mends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rich.markup import escape


class Level(StrEnum):
    """How bad it is: a warning may become worse, what is broken keeps mails from people."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True)
class Verdict:
    """On one thing. `mend` is a command or what to publish; empty where nothing is to be done."""

    check: str
    level: Level
    reason: str
    mend: str = ""


_LOOKS = {
    Level.OK: "[green]✓ ok     [/]",
    Level.WARNING: "[yellow]! warning[/]",
    Level.BROKEN: "[bold red]✗ broken [/]",
}


def verdict_lines(who: str, verdicts: Iterable[Verdict]) -> list[str]:
    """A line each, as rich writes it."""
    return [
        f"{_LOOKS[one.level]}  {escape(who):<12}  {one.check:<18} {escape(one.reason)}"
        + (f"  [bold]→[/] {escape(one.mend)}" if one.mend else "")
        for one in verdicts
    ]


def ok(check: str, reason: str) -> Verdict:
    """All is well."""
    return Verdict(check, Level.OK, reason)


def warning(check: str, reason: str, mend: str = "") -> Verdict:
    """It works, for now."""
    return Verdict(check, Level.WARNING, reason, mend)


def broken(check: str, reason: str, mend: str = "") -> Verdict:
    """Somebody does not get what they should."""
    return Verdict(check, Level.BROKEN, reason, mend)
