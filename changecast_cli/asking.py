"""Print what will be done, and ask whether to do it."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.markup import escape

from changecast_cli.failures import Refused
from changecast_cli.terminal import did_nothing, err

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, and do nothing.")]


def go_on(
    plan: Sequence[str],
    *,
    yes: bool,
    dry_run: bool,
    type_in: str | None = None,
    otherwise: str = "--dry-run",
) -> bool:
    """Print the plan on stderr and ask; return False if nothing should be done.

    With `type_in`, the only valid answer is that word, for actions that cannot be undone.
    `otherwise` is how to see the plan only. Raises Refused if nobody is there to answer.
    """
    for number, line in enumerate(plan):
        err.print(f"{'' if number == 0 else '  '}{escape(line)}")
    if dry_run:
        err.print("[dim]Dry run: nothing was done.[/]")
        did_nothing(plan)
        return False
    if yes:
        return True
    if not sys.stdin.isatty():
        raise Refused(
            "cannot ask for confirmation without a terminal: add --yes to go ahead, or "
            f"{otherwise} to see what would be done"
        )
    is_confirmed = _is_typed(type_in) if type_in else typer.confirm("Do it?", err=True)
    if not is_confirmed:
        did_nothing(plan)
    return is_confirmed


def _is_typed(word: str) -> bool:
    answer = typer.prompt(f"Type {word} to confirm", default="", show_default=False, err=True)
    if answer.strip() == word:
        return True
    err.print(f"The input is not {escape(word)}: nothing was done.")
    return False


def ask(question: str) -> str:
    """Ask for one line on the terminal; return "" if nobody is there to answer."""
    if not sys.stdin.isatty():
        return ""
    return str(typer.prompt(question, default="", show_default=False, err=True)).strip()
