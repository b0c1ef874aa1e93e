"""Output: results to stdout, progress and errors to stderr.

Others wrote the titles and reasons, so none of their characters may control a terminal.
"""

import io
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

# Characters that move the cursor or reverse a line: controls except tab and line feed, the
# separators, and Unicode's Bidi_Control (UAX #9, table 2).
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

# A command to paste, up to the end of its sentence; a text in quotes is part of it.
_COMMAND = (
    r"""[`("]*(?:changecast|aws|sam|eval|pip) [a-z"'].*?(?:"[^"]*"|'[^']*'|.)*?"""
    r"""(?=[;,.:)`]+(?:\s|$)|\s+[#(]|$)\S*"""
)
_PIECE = re.compile(rf"(?:{_COMMAND}|\S+)\s*")
# The width of a file or a pipe, where other programs read lines.
ENDLESS = 10_000


def harmless(text: str) -> str:
    """Return the text with a replacement for each character that would control a terminal."""
    return _STEERING.sub("\N{REPLACEMENT CHARACTER}", text)


class HarmlessConsole(Console):
    """A console whose texts control nothing; its own colours and cursor moves work.

    A terminal shows long lines with a break between words, never inside a command. Elsewhere no
    line is broken, unless COLUMNS says how wide a line is.
    """

    @property
    def size(self) -> ConsoleDimensions:
        """The size of the terminal; a file's lines have no end."""
        size = super().size
        is_endless = not self.is_terminal and self._width is None and not _columns()
        return ConsoleDimensions(ENDLESS, size.height) if is_endless else size

    @size.setter
    def size(self, size: tuple[int, int]) -> None:
        self._width, self._height = size

    def print(self, *objects: Any, **options: Any) -> None:
        """Print like rich, but break the lines of a text as this class says."""
        if not objects or not all(isinstance(one, str | Text) for one in objects):
            super().print(*objects, **options)
            return
        options["soft_wrap"] = True
        if not self.is_terminal:
            super().print(*objects, **options)
            return
        markup = options.pop("markup", None)
        kept = {name: options.pop(name) for name in ("sep", "emoji") if name in options}
        text = Text(kept.get("sep", " ")).join(
            self.render_str(one, markup=self._markup if markup is None else markup, highlight=False)
            if isinstance(one, str)
            else one
            for one in objects
        )
        lines = [part for line in text.split("\n", allow_blank=True)
                 for part in broken_lines(line, self.width)]  # fmt: skip
        super().print(Text("\n").join(lines), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """Yield the same, with every text made harmless."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else harmless(text), style, control)


def broken_lines(line: Text, width: int) -> list[Text]:
    """Break a line between words; a command is a word, and a longer word stays whole."""
    if line.cell_len <= width:
        return [line]
    indent = len(line.plain) - len(line.plain.lstrip()) + 2
    breaks, used = [], indent - 2
    for number, piece in enumerate(_PIECE.finditer(line.plain)):
        if number and used + cell_len(piece[0].rstrip()) > width:
            breaks.append(piece.start())
            used = indent
        used += cell_len(piece[0])
    first, *more = line.divide(breaks)
    for part in (first, *more):
        part.rstrip()
    return [first, *(Text(" " * indent) + part for part in more)]


def _columns() -> str:
    return os.environ.get("COLUMNS", "")


out = HarmlessConsole(highlight=False)
err = HarmlessConsole(stderr=True, highlight=False)


def print_rows(
    console: Console,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    below: Callable[[Sequence[str]], Iterator[str]],
) -> None:
    """Print a table with one line for each row; no word is cut or broken.

    Where a line of a terminal is too short for that, prints for each row the lines that `below`
    yields, which may have markup. Files and pipes always get the table.
    """
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in header:
        table.add_column(column, no_wrap=True)
    for row in rows:
        table.add_row(*map(escape, row))
    endless = console.options.update_width(ENDLESS)
    if not console.is_terminal:
        HarmlessConsole(file=console.file, width=ENDLESS, highlight=False).print(table)
    elif Measurement.get(console, endless, table).maximum <= console.width:
        console.print(table)
    else:
        for line in (line for row in rows for line in below(row)):
            console.print(line)


def some_of(names: Sequence[str], most: int = 5) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: 1 recipient, 2 recipients."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def print_everywhere() -> None:
    """Print characters that the terminal's encoding lacks as escapes, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


# The errors of this command so far, for `--json`; and whether JSON was printed.
_errors: list[dict[str, str]] = []
_printed: list[bool] = []
# What a command would have done that did nothing, by a dry run or an answer.
_not_done: list[str] = []


def complained(message: str, **more: str) -> None:
    """Keep an error for the `errors` of `--json`."""
    _errors.append({**more, "message": message})


def did_nothing(plan: Iterable[str]) -> None:
    """Keep the plan of a command that does nothing after all, for `--json`."""
    _not_done[:] = plan


def print_missing_json(code: int) -> None:
    """Print one JSON object with the errors or the plan, unless the command has printed one."""
    if _printed:
        return
    if _not_done:
        print_json({"done": False, "plan": _not_done})
    elif code:
        print_json({})


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on stdout; types that JSON lacks become text.

    It always has `errors`: the value's own, else those of the command so far. If stdout is not
    UTF-8, it is pure ASCII with JSON's escapes, which also replace characters that control a
    terminal.
    """
    is_utf8 = (getattr(sys.stdout, "encoding", None) or "").lower() in {"utf-8", "utf8"}
    value = {**value, "errors": value.get("errors", _errors)}
    _printed.append(True)
    text = json.dumps(value, indent=2, ensure_ascii=not is_utf8, default=str)
    print(_STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def print_csv(text: str) -> None:
    """Print a CSV file on stdout, unchanged except for harmless text on a terminal."""
    sys.stdout.write(harmless(text.replace("\r\n", "\n")) if out.is_terminal else text)


@contextmanager
def working(doing: str) -> Iterator[Callable[[str], None]]:
    """Show progress and how long it took: a spinner, or two plain lines.

    Yields a function that sets the progress text, which only a terminal shows.
    """
    began = time.monotonic()
    if err.is_terminal:
        with err.status(doing) as status:
            yield lambda far: status.update(f"{doing}: {far}")
    else:
        err.print(f"{doing} ...")
        yield lambda _: None
    err.print(f"[green]✓[/] {doing} [dim]{time.monotonic() - began:.1f} s[/]")
