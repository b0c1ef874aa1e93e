"""Saying what will be done, and asking whether to do it."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape

from changecast_cli.failures import Refused
from changecast_cli.terminal import err

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, do nothing.")]


def go_on(plan: Sequence[str], *, yes: bool, dry_run: bool) -> bool:
    """Say the plan on stderr and ask; False where nothing shall be done.

    Refused where it must ask and nobody is there.
    """
    for number, line in enumerate(plan):
        err.print(f"{'' if number == 0 else '  '}{escape(line)}", soft_wrap=True)
    if dry_run:
        err.print("[dim]Dry run: nothing was done.[/]")
        return False
    if yes:
        return True
    if not sys.stdin.isatty():
        raise Refused("nobody is here to be asked: say --yes, or --dry-run to only look")
    return typer.confirm("Do it?", err=True)
