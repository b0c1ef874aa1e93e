"""The verbs of `changecast`: where each lives, and loading it only when somebody asks for it.

To import them all takes a second, for libraries of which one verb needs few.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, cast

import typer
from typer.core import TyperGroup
from typer.main import get_group


class Verb(NamedTuple):
    """A function, or a typer of more verbs, by `module:name`; and its panel in the help."""

    panel: str
    where: str


ANNOUNCE, WATCH, REPAIR, SET_UP, TRY = "Announce", "Watch", "Repair", "Set up", "Try"
VERBS = {
    "validate": Verb(ANNOUNCE, "announcing.validate:validate"),
    "announce": Verb(ANNOUNCE, "announcing.announce:announce"),
    "status": Verb(WATCH, "watching.status:status"),
    "history": Verb(WATCH, "watching.history:history"),
    "recipients": Verb(WATCH, "watching.recipients:recipients"),
    "trace": Verb(WATCH, "trace.command:trace"),
    "report": Verb(WATCH, "report.command:report"),
    "held": Verb(REPAIR, "repair.held:held"),
    "resume": Verb(REPAIR, "repair.resume:resume"),
    "replay": Verb(REPAIR, "repair.replay:replay"),
    "redrive": Verb(REPAIR, "repair.redrive:redrive"),
    "reannounce": Verb(REPAIR, "repair.reannounce:reannounce"),
    "customers": Verb(SET_UP, "customers.command:app"),
    "contacts": Verb(SET_UP, "contacts.command:app"),
    "forget": Verb(SET_UP, "contacts.forget:forget"),
    "doctor": Verb(SET_UP, "doctor.command:doctor"),
    "cost": Verb(SET_UP, "cost.command:cost"),
    "preview": Verb(TRY, "preview.command:preview"),
    "send-test": Verb(TRY, "preview.command:send_test"),
    "demo": Verb(TRY, "local.demo:demo"),
    "local": Verb(TRY, "local.command:app"),
}


class Verbs(TyperGroup):
    """The group of all verbs: it knows their names, and loads each at its first use."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = cast(Any, _Loading())  # nobody adds to it

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        """The names, without loading what they name."""
        return [*self.commands]


class _Loading(Mapping[str, Any]):
    def __getitem__(self, name: str) -> Any:
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        return iter(VERBS)

    def __len__(self) -> int:
        return len(VERBS)


@cache
def _command(name: str) -> Any:
    """The command as typer makes it; KeyError where there is no such verb."""
    verb = VERBS[name]
    module, _, attribute = verb.where.partition(":")
    found = getattr(import_module(f"changecast_cli.{module}"), attribute)
    alone = typer.Typer()
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name, rich_help_panel=verb.panel)
    else:
        alone.command(name, rich_help_panel=verb.panel)(found)
    return get_group(alone).commands[name]
