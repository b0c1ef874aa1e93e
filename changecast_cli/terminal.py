"""Where output goes: results to stdout, progress and complaints to stderr."""

import io
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def print_everywhere() -> None:
    """Write a character that the terminal's encoding lacks as an escape, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_json(value: Any) -> None:
    """One JSON document on stdout and nothing else; what JSON does not know becomes text.

    Pure ASCII where stdout is not UTF-8: JSON has escapes of its own for the rest.
    """
    is_utf8 = (getattr(sys.stdout, "encoding", None) or "").lower() in {"utf-8", "utf8"}
    print(json.dumps(value, indent=2, ensure_ascii=not is_utf8, default=str))


@contextmanager
def working(doing: str) -> Iterator[None]:
    """Show that something is going on, and how long it took: a spinner, or two plain lines."""
    began = time.monotonic()
    if err.is_terminal:
        with err.status(doing):
            yield
    else:
        err.print(f"{doing} ...")
        yield
    err.print(f"[green]✓[/] {doing} [dim]{time.monotonic() - began:.1f} s[/]")
