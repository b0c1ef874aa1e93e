"""The command `changecast`: its verbs, and what becomes of errors."""

import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from changecast_cli.terminal import print_everywhere
from changecast_cli.verbs import Verbs

INTERRUPTED = 130

app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Announce a change once; every affected customer's people are told from that customer's "
    "own AWS account.\n\nTalks to the AWS account of your credentials (environment, --profile); "
    "AWS_ENDPOINT_URL sends it elsewhere. Exit status: 0 done, 1 failed, 2 bad input.",
)


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
        from changecast_cli.failures import exit_code  # noqa: PLC0415 - a second, only in trouble

        sys.exit(exit_code(error))
