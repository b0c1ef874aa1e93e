"""The timelines of a change as one HTML page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from changecast_cli.html_pages import render
from changecast_cli.trace.spans import Span, Way, end_to_end
from changecast_cli.trace.text import came_by, said
from changecast_cli.watching.runs import Run


def write_page(path: Path, run: Run, ways: Sequence[Way]) -> None:
    """Write the page, replacing a file of that name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page = render("trace/page.html.j2", run=run, ways=[drawn(way) for way in ways])
    path.write_text(page, "utf-8")


def drawn(way: Way) -> dict[str, Any]:
    """Return one customer's timeline with every bar's place in percent of the whole."""
    if not way.traces:
        return {"customer": way.customer, "revision": way.revision, "lacks": way.lacks,
                "hub_lacks": way.hub_lacks, "whole": "", "began": "", "troubled": False,
                "traces": []}  # fmt: skip
    begin, end = end_to_end(way.traces)
    return {
        "customer": way.customer,
        "revision": way.revision,
        "lacks": way.lacks,
        "hub_lacks": way.hub_lacks,
        "whole": said(end - begin),
        "troubled": any(span.mark for spans in way.traces for span in spans),
        "began": datetime.fromtimestamp(begin, UTC).isoformat(" ", "milliseconds"),
        "traces": [
            {
                "came_by": came_by(way.traces[:number], spans) if number else "",
                "bars": [_bar(span, begin, end) for span in spans],
            }
            for number, spans in enumerate(way.traces)
        ],
    }


def _bar(span: Span, begin: float, end: float) -> dict[str, Any]:
    whole = max(end - begin, 1e-6)
    left = min((span.begin - begin) / whole * 100, 99.4)
    return {
        "name": span.name,
        "kind": span.kind,
        "mark": span.mark,
        "code": span.code,
        "depth": span.depth,
        "left": round(left, 2),
        "width": round(max(span.seconds / whole * 100, 0.6), 2),
        "at": said(span.begin - begin),
        "took": said(span.seconds),
        "trace_id": span.trace_id,
    }
