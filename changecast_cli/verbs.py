"""The verbs of `changecast`: where each is, loaded only when it is used.

Importing all of them takes a second, and one verb needs few of their libraries.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, cast

import typer
from typer.core import TyperGroup
from typer.main import get_group

from changecast_cli.completion import complete_parameters
from changecast_cli.examples import finish_help


class Verb(NamedTuple):
    """A function, or a typer with more verbs, by `module:name`; and its panel in the help."""

    panel: str
    where: str


ANNOUNCE, WATCH, REPAIR, SET_UP, TRY = "Announce", "Watch", "Repair", "Set up", "Try"
VERBS = {
    "validate": Verb(ANNOUNCE, "announcing.validate:validate"),
    "announce": Verb(ANNOUNCE, "announcing.announce:announce"),
    "propose": Verb(ANNOUNCE, "announcing.two_persons:propose"),
    "approve": Verb(ANNOUNCE, "announcing.two_persons:approve"),
    "proposals": Verb(ANNOUNCE, "announcing.two_persons:proposals"),
    "start": Verb(ANNOUNCE, "announcing.progress:start"),
    "complete": Verb(ANNOUNCE, "announcing.progress:complete"),
    "freeze": Verb(ANNOUNCE, "announcing.freeze:app"),
    "status": Verb(WATCH, "watching.status:status"),
    "agenda": Verb(WATCH, "watching.agenda:agenda"),
    "history": Verb(WATCH, "watching.history:history"),
    "responses": Verb(WATCH, "watching.responses:responses"),
    "recipients": Verb(WATCH, "watching.recipients:recipients"),
    "trace": Verb(WATCH, "trace.command:trace"),
    "console": Verb(WATCH, "console.command:console"),
    "report": Verb(WATCH, "report.command:report"),
    "evidence": Verb(WATCH, "evidence.command:app"),
    "repair": Verb(REPAIR, "repair.command:repair"),
    "held": Verb(REPAIR, "repair.held:held"),
    "resume": Verb(REPAIR, "repair.resume:resume"),
    "replay": Verb(REPAIR, "repair.replay:replay"),
    "redrive": Verb(REPAIR, "repair.redrive:redrive"),
    "discard": Verb(REPAIR, "announcing.discard:discard"),
    "reannounce": Verb(REPAIR, "repair.reannounce:reannounce"),
    "customers": Verb(SET_UP, "customers.command:app"),
    "contacts": Verb(SET_UP, "contacts.command:app"),
    "channels": Verb(SET_UP, "channels.command:app"),
    "forget": Verb(SET_UP, "contacts.forget:forget"),
    "doctor": Verb(SET_UP, "doctor.command:doctor"),
    "cost": Verb(SET_UP, "cost.command:cost"),
    "preview": Verb(TRY, "preview.command:preview"),
    "send-test": Verb(TRY, "preview.command:send_test"),
    "demo": Verb(TRY, "local.demo:demo"),
    "game-day": Verb(TRY, "local.game_day:game_day"),
    "local": Verb(TRY, "local.command:app"),
}


class Verbs(TyperGroup):
    """The group of all verbs, which loads each verb on first use."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = cast(Any, _Loading())  # nobody adds to it

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer's signature
        """Return the names, without loading what they name."""
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
    """Return the command as typer makes it; KeyError if there is no such verb."""
    verb = VERBS[name]
    module, _, attribute = verb.where.partition(":")
    found = getattr(import_module(f"changecast_cli.{module}"), attribute)
    alone = typer.Typer()
    if isinstance(found, typer.Typer):
        alone.add_typer(found, name=name, rich_help_panel=verb.panel)
    else:
        alone.command(name, rich_help_panel=verb.panel)(found)
    command = get_group(alone).commands[name]
    finish_help(command, name)
    complete_parameters(command)
    return command
