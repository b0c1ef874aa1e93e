"""changecast console: the other verbs' results and actions as pages."""

from importlib.util import find_spec
from typing import Annotated

import typer

from changecast_cli.failures import Refused
from changecast_cli.options import As, Profile, Region
from changecast_cli.terminal import err, out

NEEDED = ("starlette", "uvicorn", "sse_starlette")


def console(
    port: Annotated[
        int,
        typer.Option(
            help="Port on this machine, at most 65535; 0, the default, picks a free one.",
            min=0,
            max=65_535,
        ),
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address, but do not open a browser.")
    ] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Show everything; change nothing.")
    ] = False,
    as_person: As = None,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Watch, announce and repair in a browser, with your own AWS credentials.

    Serves only this machine, at an address that can be opened once. Ctrl-C stops it.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise Refused(
            f"the console is not installed ({', '.join(missing)} missing): "
            "pip install 'changecast[console]'"
        )
    from changecast_cli.console.serving import serve  # noqa: PLC0415 - only with the extra

    serve(_show, port=port, browser=not no_browser, read_only=read_only, profile=profile,
          region=region, person=as_person)  # fmt: skip
    err.print("Stopped.")


def _show(address: str) -> None:
    out.print(f"The console is at {address}", markup=False)
    err.print("[dim]The address works once, in one browser. Ctrl-C ends the console.[/]")
