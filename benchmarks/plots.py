"""Plots for the documents: the same figures make the same file."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

if TYPE_CHECKING:
    from matplotlib.axes import Axes

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "changecast"


@contextmanager
def plot(path: Path, inches: tuple[float, float], title: str) -> Iterator["Axes"]:
    """Yield axes to draw on; the picture is saved at the end, with nothing cut off at its edges.

    Args:
        path: Where the SVG goes.
        inches: Width and height.
        title: What the picture shows, for screen readers.
    """
    from matplotlib import pyplot  # noqa: PLC0415 - after the backend is chosen

    figure, axes = pyplot.subplots(figsize=inches)
    yield axes
    figure.tight_layout()
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    path.write_text(titled(drawn.getvalue(), title), "utf-8")


def titled(svg: str, title: str) -> str:
    """Return an SVG that says what it shows: SVG 1.1 §5.4 wants the title first."""
    head, sign, rest = svg.partition(" <metadata>")
    return f"{head} <title>{escape(title)}</title>\n{sign}{rest}"
