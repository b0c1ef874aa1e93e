"""One customer's timeline as a waterfall for the terminal. Pure."""

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from changecast_cli.trace.spans import Span, end_to_end

_BARS = {"call": "cyan", "function": "blue", "step": "magenta", "service": "blue"}
_MARKS = {"fault": "✗ fault", "error": "✗ error", "throttle": "! throttled"}


def waterfall(way: Sequence[Sequence[Span]], width: int) -> Table:
    """Return one row per span: its name, a bar from start to end, its start and duration.

    `width` is the terminal's; a line separates traces.
    """
    begin, end = end_to_end(way)
    table = Table(box=None, pad_edge=False, header_style="bold dim", show_edge=False)
    longest = max(len(mark_of(span)) for spans in way for span in spans)
    room = max(10, min(70, width - 57 - (longest + 2 if longest else 0)))
    table.add_column("WHAT", no_wrap=True, overflow="ellipsis", max_width=35)
    table.add_column("", no_wrap=True, min_width=room, max_width=room)
    table.add_column("AT", justify="right", no_wrap=True)
    table.add_column("TOOK", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for number, spans in enumerate(way):
        if number:
            table.add_row(Text(f"  ↓ {came_by(way[:number], spans)}", style="dim italic"))
        for span in spans:
            table.add_row(*_cells(span, begin, end, room))
    return table


def _cells(span: Span, begin: float, end: float, room: int) -> Iterator[Text]:
    style = "bold red" if span.mark else _BARS[span.kind]
    yield Text("  " * span.depth + span.name, style="bold" if span.depth == 0 else "")
    yield Text(bar_of(span, begin, end, room), style=style)
    yield Text(f"+{said(span.begin - begin)}", style="dim")
    yield Text(said(span.seconds))
    yield Text(mark_of(span), style=style)


def mark_of(span: Span) -> str:
    """Return what went wrong, with the error's code; "" if nothing did."""
    return f"{_MARKS.get(span.mark, '')} {span.code}".strip()


def bar_of(span: Span, begin: float, end: float, room: int) -> str:
    """Return the bar, at least one character wide, at its place in the given width."""
    whole = max(end - begin, 1e-6)
    first = min(int((span.begin - begin) / whole * room), room - 1)
    last = max(first + 1, min(round((span.end - begin) / whole * room), room))
    return " " * first + "█" * (last - first)


def said(seconds: float) -> str:
    """Return a duration for people."""
    if seconds < 0.0005:
        return "0 ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def came_by(earlier: Sequence[Sequence[Span]], spans: Sequence[Span]) -> str:
    """Return how a trace follows from earlier ones: through a queue that links them, or later."""
    links = {link for span in spans for link in span.links}
    senders = [trace[0].name for trace in earlier if trace[0].trace_id in links]
    return f"queue from {', '.join(dict.fromkeys(senders))}" if senders else "later"
