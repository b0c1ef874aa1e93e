"""The command `changecast`: its verbs, and what becomes of errors."""

import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from changecast_cli.announcing import announce, validate
from changecast_cli.contacts import command as contacts
from changecast_cli.contacts import forget
from changecast_cli.cost import command as cost
from changecast_cli.customers import command as customers
from changecast_cli.doctor import command as doctor
from changecast_cli.failures import exit_code
from changecast_cli.local import command as local
from changecast_cli.local import demo
from changecast_cli.preview import command as preview
from changecast_cli.repair import held, reannounce, redrive, replay, resume
from changecast_cli.report import command as report
from changecast_cli.terminal import print_everywhere
from changecast_cli.trace import command as trace
from changecast_cli.watching import history, recipients, status

ANNOUNCE, WATCH, REPAIR, TRY = "Announce", "Watch", "Repair", "Try"
SET_UP = "Set up"
INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Announce a change once; every affected customer's people are told from that customer's "
    "own AWS account.\n\nTalks to the AWS account of your credentials (environment, --profile); "
    "AWS_ENDPOINT_URL sends it elsewhere. Exit status: 0 done, 1 failed, 2 bad input.",
)
app.command("validate", rich_help_panel=ANNOUNCE)(validate.validate)
app.command("announce", rich_help_panel=ANNOUNCE)(announce.announce)
app.command("status", rich_help_panel=WATCH)(status.status)
app.command("history", rich_help_panel=WATCH)(history.history)
app.command("recipients", rich_help_panel=WATCH)(recipients.recipients)
app.command("trace", rich_help_panel=WATCH)(trace.trace)
app.command("report", rich_help_panel=WATCH)(report.report)
app.command("held", rich_help_panel=REPAIR)(held.held)
app.command("resume", rich_help_panel=REPAIR)(resume.resume)
app.command("replay", rich_help_panel=REPAIR)(replay.replay)
app.command("redrive", rich_help_panel=REPAIR)(redrive.redrive)
app.command("reannounce", rich_help_panel=REPAIR)(reannounce.reannounce)
app.add_typer(customers.app, name="customers", rich_help_panel=SET_UP)
app.add_typer(contacts.app, name="contacts", rich_help_panel=SET_UP)
app.command("forget", rich_help_panel=SET_UP)(forget.forget)
app.command("doctor", rich_help_panel=SET_UP)(doctor.doctor)
app.command("cost", rich_help_panel=SET_UP)(cost.cost)
app.command("preview", rich_help_panel=TRY)(preview.preview)
app.command("send-test", rich_help_panel=TRY)(preview.send_test)
app.command("demo", rich_help_panel=TRY)(demo.demo)
app.add_typer(local.app, name="local", rich_help_panel=TRY)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - 20 ms that only this flag needs

        typer.echo(f"changecast {version('changecast')}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options before the verb."""


def _leave(number: int, _: FrameType | None) -> None:
    """Leave as an exception does, so that a demo that is ended takes its cloud with it."""
    raise SystemExit(128 + number)


def run() -> None:
    """What the console script calls: no traceback for what has a cause outside our code."""
    print_everywhere()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores SIGHUP, and so do we
            signal.signal(number, _leave)
    try:
        app()
    except SystemExit as left:
        if left.code == INTERRUPTED:
            typer.echo("Stopped.", err=True)
        raise
    except Exception as error:  # noqa: BLE001 - the outermost edge: known causes become a sentence
        sys.exit(exit_code(error))
