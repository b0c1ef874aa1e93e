"""The command `changecast`: its verbs and error handling."""

import signal
import sys
from types import FrameType
from typing import Annotated, Any

import typer

from changecast_cli.terminal import complained, print_everywhere, print_missing_json
from changecast_cli.verbs import Verbs

INTERRUPTED = 130
# typer has its own click.
UsageError: Any = typer.BadParameter.__bases__[0]

app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Announce a change once; every affected customer's people are told from that "
    "customer's own AWS account.\n\nUses the AWS account of your credentials "
    "(environment, --profile); AWS_ENDPOINT_URL sends the requests elsewhere. Exit "
    "status: 0 done, 1 failed or aborted at a question, 2 bad input, 3 not finished in time "
    "(announce --wait, approve --wait).",
)


def _version(requested: bool) -> None:
    if requested:
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
    """Exit with an exception, so that a stopped demo also stops its cloud."""
    raise SystemExit(128 + number)


def run() -> None:
    """Run the console script, without a traceback for errors with a cause outside our code."""
    print_everywhere()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores SIGHUP, and so do we
            signal.signal(number, _leave)
    code = _exit_code()
    if "--json" in sys.argv:
        print_missing_json(code)
    sys.exit(code)


def _exit_code() -> int:
    """Run the typed command; turn errors with a known cause into sentences."""
    try:
        return _done_as_typed()
    except SystemExit as left:
        if left.code == INTERRUPTED:
            typer.echo("Stopped.", err=True)
        return left.code if isinstance(left.code, int) else 1
    except Exception as error:  # noqa: BLE001 - the outermost edge: known causes become a sentence
        from changecast_cli.failures import exit_code  # noqa: PLC0415 - a second, only in trouble
        from changecast_cli.wrong_account import clearer  # noqa: PLC0415 - only in trouble too

        return exit_code(clearer(error))


def _done_as_typed() -> int:
    if "--json" not in sys.argv:
        app()
        return 0
    try:
        return int(app(standalone_mode=False) or 0)
    except UsageError as error:
        complained(error.format_message())
        error.show()
        return int(error.exit_code)
    except typer.Abort:
        complained("the question was not answered: nothing was changed")
        return 1
