"""Two plots of the scale model: time to the last mail, and the month's bill."""

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.plots import plot
from benchmarks.scale_model import Row

CHANGES_A_DAY = 10


def draw(rows: Sequence[Row], folder: Path) -> None:
    """Write scale-time.svg and scale-bill.svg."""
    folder.mkdir(parents=True, exist_ok=True)
    here = [row for row in rows if row.case.changes == CHANGES_A_DAY]
    ended = [row for row in here if row.median is not None and row.unfinished < 0.5]
    _draw(
        folder / "scale-time.svg", ended, lambda row: row.median or 0, "median seconds to last mail"
    )
    _draw(folder / "scale-bill.svg", here, lambda row: row.dollars, "USD a month")


def _draw(path: Path, rows: Sequence[Row], value: Callable[[Row], float], says: str) -> None:
    with plot(path, (6, 4), tight=False) as axes:
        for customers in sorted({row.case.customers for row in rows}):
            line = [row for row in rows if row.case.customers == customers]
            axes.plot(
                [row.case.people for row in line],
                [value(row) for row in line],
                marker="o",
                label=f"{customers:,} customers",
            )
        axes.set(
            xscale="log", yscale="log", xlabel="people on each list", ylabel=says,
            title=f"{CHANGES_A_DAY} changes a day, each for every customer",
        )  # fmt: skip
        axes.legend()
        axes.grid(alpha=0.3)
