"""Two plots of the scale model: time to the last mail, and the month's bill."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.plots import plot
from benchmarks.scale_model import Row

CHANGES_A_DAY = 10
# Lines that never differ by more than this factor are drawn as one.
ALIKE = 2.0


class Line(NamedTuple):
    """One line of a plot: its label, and a value for each number of people."""

    label: str
    values: dict[int, float]


def draw(rows: Sequence[Row], folder: Path) -> None:
    """Write scale-time.svg and scale-bill.svg."""
    folder.mkdir(parents=True, exist_ok=True)
    here = [row for row in rows if row.case.changes == CHANGES_A_DAY]
    ended = [row for row in here if row.median is not None and row.unfinished < 0.5]
    seconds = lines_of(ended, lambda row: row.median or 0)
    _draw(folder / "scale-time.svg", seconds, "median seconds to last mail")
    _draw(folder / "scale-bill.svg", lines_of(here, lambda row: row.dollars), "USD a month")


def lines_of(rows: Sequence[Row], value: Callable[[Row], float]) -> list[Line]:
    """Return a line for each number of customers, or one for all if they hardly differ."""
    found: dict[int, dict[int, float]] = defaultdict(dict)
    for row in rows:
        found[row.case.customers][row.case.people] = value(row)
    lines = [Line(f"{customers:,} customers", found[customers]) for customers in sorted(found)]
    if len(lines) > 1 and _are_alike(lines):
        label = f"{min(found):,} to {max(found):,} customers (alike)"
        return [Line(label, lines[-1].values)]
    return lines


def _are_alike(lines: Sequence[Line]) -> bool:
    if any(line.values.keys() != lines[0].values.keys() for line in lines):
        return False
    columns = zip(*(line.values.values() for line in lines), strict=True)
    return all(max(column) <= ALIKE * min(column) for column in columns)


def _draw(path: Path, lines: Sequence[Line], says: str) -> None:
    about = f"{CHANGES_A_DAY} changes a day, each for every customer"
    with plot(path, (6, 4), f"{says} by people on each list; {about}") as axes:
        for line in lines:
            axes.plot([*line.values], [*line.values.values()], marker="o", label=line.label)
        axes.set(xscale="log", yscale="log", xlabel="people on each list", ylabel=says, title=about)
        axes.legend()
        axes.grid(alpha=0.3)
