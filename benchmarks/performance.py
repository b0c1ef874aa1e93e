"""Write the results into docs/performance.md: its table, and plots beside it.

The rest of the page is written by hand. Rows of measures that were not taken now are kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import ROOT
from benchmarks.plots import plot

PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "performance"
INCHES = 7, 3.2
BEGIN, END = "<!-- make bench writes this table -->\n", "<!-- to here -->"
COLUMNS = ("measure", "value", "peer", "ratio", "goal", "met", "printed by")
HEAD = f"\n| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|\n"
Line = dict[str, Any]
COLD = "cold_start_"


class Growth(NamedTuple):
    """What a plot of growth shows: series by the beginning of their measures' names.

    Everything is drawn as a multiple of what it is at `reference`; `goal` is the line above.
    """

    of: str
    series: Mapping[str, str]
    reference: int
    goal: float


GROWTHS = {
    "growth": Growth(
        "recipients of one customer",
        {
            "growth_cpu_of_": "CPU of planner and sender, a recipient",
            "growth_dynamodb_price_of_": "price of DynamoDB's units, a recipient",
        },
        100,
        1.1,
    ),
    "customers": Growth(
        "customers of one announcement",
        {
            "customers_cpu_per_customer_": "CPU of its functions, a customer",
            "customers_requests_per_customer_": "requests of its functions, a customer",
            "customers_hub_cpu_per_customer_": "CPU of the hub, a customer",
            "customers_hub_requests_per_customer_": "requests of the hub, a customer",
        },
        10,
        1.2,
    ),
}


def write(taken: Mapping[str, Sequence[Line]], page: Path = PAGE) -> None:
    """Put the lines of each module into the table, and draw the plots that have enough data."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    table, _, after = rest.partition(END)
    rows = _rows(table) | {
        line["measure"]: _row(line, module) for module, lines in taken.items() for line in lines
    }
    page.write_text("".join([before, BEGIN, HEAD, *rows.values(), "\n", END, after]), "utf-8")
    PLOTS.mkdir(exist_ok=True)
    if cold := [line for line in taken.get("cold_start", ()) if line["goal"]]:
        draw_cold_starts(cold, PLOTS / "cold-start.svg")
    for module, growth in GROWTHS.items():
        if module in taken:
            draw_growth(growth, taken[module], PLOTS / f"{module}.svg")


def _rows(table: str) -> dict[str, str]:
    """Return each measure's row on the page."""
    rows = [row for row in table.splitlines(keepends=True) if row.startswith("| `")]
    return {row.split("`")[1]: row for row in rows}


def _row(line: Line, module: str) -> str:
    met = {True: "yes", False: "**no**", None: ""}[line["met"]]
    cells = [
        f"`{line['measure']}`", f"{line['value']:,g} {line['unit']}", _number(line["peer"]),
        _number(line["ratio"]), line["goal"] or "", met, f"`make bench MEASURES={module}`",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |\n"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,g}"


def draw_cold_starts(lines: Iterable[Line], path: Path) -> None:
    """Draw each function's cold start beside its goal; a single client of boto3 is 1."""
    by_cost = sorted(lines, key=lambda line: float(line["ratio"]))
    names = [line["measure"].removeprefix(COLD) for line in by_cost]
    goals = [float(line["goal"].split()[1]) for line in by_cost]
    with plot(path, INCHES, "CPU of each function's cold start, beside its goal") as axes:
        axes.barh(names, [line["ratio"] for line in by_cost], color="#0b57a4", label="measured")
        axes.scatter(goals, names, marker="|", s=250, color="#b3261e", label="goal", zorder=3)
        axes.axvline(1, color="#777777", linewidth=0.8)
        axes.set_xlabel('CPU of a cold start, boto3.client("sesv2") alone = 1')
        axes.legend(frameon=False)


def draw_growth(growth: Growth, lines: Iterable[Line], path: Path) -> None:
    """Draw a line for each series: how its cost grows with the size, on a logarithmic axis."""
    values = {str(line["measure"]): float(line["value"]) for line in lines}
    highest = 1.6
    with plot(path, INCHES, f"How cost grows with the {growth.of}") as axes:
        axes.set_xscale("log")
        for prefix, label in growth.series.items():
            one = values.get(f"{prefix}{growth.reference}")
            if one is None:
                continue  # the measure failed before
            by_size = sorted(
                (int(name.removeprefix(prefix)), value)
                for name, value in values.items()
                if name.startswith(prefix)
            )
            sizes = [size for size, _ in by_size]
            costs = [value / one for _, value in by_size]
            highest = max(highest, *costs)
            axes.plot(sizes, costs, marker="o", label=label)
            axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.axhline(growth.goal, color="#b3261e", linewidth=0.8, linestyle="--", label="goal")
        axes.minorticks_off()
        axes.set_ylim(0, highest)
        axes.set_xlabel(growth.of)
        axes.set_ylabel(f"cost at {growth.reference:,} = 1")
        axes.legend(frameon=False, fontsize="small", loc="lower left")
