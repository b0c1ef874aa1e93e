"""Plots for the documents: the same figures make the same file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

if TYPE_CHECKING:
    from matplotlib.axes import Axes

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "changecast"


@contextmanager
def plot(path: Path, inches: tuple[float, float], *, tight: bool) -> Iterator["Axes"]:
    """Axes to draw on; the picture is saved at the end."""
    from matplotlib import pyplot  # noqa: PLC0415 - after the backend is chosen

    figure, axes = pyplot.subplots(figsize=inches)
    yield axes
    if tight:
        figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
