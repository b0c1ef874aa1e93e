"""Where output goes: results to stdout, progress and complaints to stderr.

Titles and reasons were written by others: none of their characters steers a terminal.
"""

import io
import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

# What moves the cursor or turns a line round: controls but tab and line feed, the separators, and
# Unicode's Bidi_Control (UAX #9, table 2).
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """The text with a replacement character for each one that would steer a terminal."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


class HarmlessConsole(Console):
    """A console whose texts steer nothing; its own colours and cursor moves do."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """The same, with every text made harmless."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else harmless(text), style, control)


out = HarmlessConsole(highlight=False)
err = HarmlessConsole(stderr=True, highlight=False)


def print_everywhere() -> None:
    """Write a character that the terminal's encoding lacks as an escape, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_json(value: Any) -> None:
    """One JSON document on stdout and nothing else; what JSON does not know becomes text.

    Pure ASCII where stdout is not UTF-8: JSON has escapes of its own for the rest, as for what
    would steer a terminal.
    """
    is_utf8 = (getattr(sys.stdout, "encoding", None) or "").lower() in {"utf-8", "utf8"}
    text = json.dumps(value, indent=2, ensure_ascii=not is_utf8, default=str)
    print(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def print_csv(text: str) -> None:
    """A whole CSV file on stdout; as it is, but on a terminal harmless."""
    sys.stdout.write(harmless(text.replace("\r\n", "\n")) if out.is_terminal else text)


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
