"""How Changecast scales: to 10,000 customers, 1,000 changes a day, and lists of 100,000 people.

    python -m benchmarks.scale [--plots FOLDER]

A day of each case as discrete events (scale_model.py), its use of AWS's quotas (aws_quotas.py), and
the month's bill by the tables of `changecast cost`. Every change is for every customer, which is
the worst case. The same seed gives the same figures.
"""

import json
import statistics
import sys
from collections.abc import Iterable
from itertools import product
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.aws_quotas import RATES, STANDING
from benchmarks.measure import at_most, cpu_seconds, report
from benchmarks.scale_model import Case, Latencies, Outcome, Row, Units, World
from benchmarks.units import UNITS
from changecast.hub.tracking.schema import SHARDS
from changecast_cli.cost.command import bill

CUSTOMERS = (30, 300, 3_000, 10_000)
CHANGES = (1, 10, 100, 1_000)
PEOPLE = (10, 100, 1_000, 10_000, 100_000)
SEED = 1
SAMPLED = 2
DAYS_A_MONTH = 30
# SES's initial rates, and one that it grants on request.
FIRST_RATE = 14.0
DAY = 86_400


def main() -> None:
    """Print the table to stderr, and one JSON line per figure that counts."""
    began = cpu_seconds()
    units: Units = json.loads(UNITS.read_text("utf-8"))["units"]
    cases = [Case(*numbers) for numbers in product(CUSTOMERS, CHANGES, PEOPLE)]
    rows = [row_of(World(case, units, Latencies(), SEED, SAMPLED).day()) for case in cases]
    _print(rows)
    _report(rows, units)
    report("scale_model_cpu", [cpu_seconds() - began], "s", at_most(120))
    if "--plots" in sys.argv:
        from benchmarks.scale_plots import draw  # noqa: PLC0415 - matplotlib takes a while

        draw(rows, Path(sys.argv[sys.argv.index("--plots") + 1]))


def row_of(outcome: Outcome) -> Row:
    """Return the figures of a day."""
    case, took = outcome.case, outcome.to_last_mail
    binds, used = binding(outcome)
    runs = len(took) + outcome.unfinished
    lines = bill(case.customers, case.changes * DAYS_A_MONTH, case.people, mails=1.0)
    return Row(
        case,
        statistics.median(took) if took else None,
        max(took) if took else None,
        outcome.unfinished / runs,
        binds,
        used,
        sum(line.dollars for line in lines),
    )


def binding(outcome: Outcome) -> tuple[str, float]:
    """Return the rate with the highest use, and its share: 1 is all of it."""
    case, mails = outcome.case, outcome.case.changes * outcome.case.people
    taken = {
        "EventBridge invocations": outcome.hub_peak,
        # A report's row is written once; one change's rows are in SHARDS.
        "status table, one shard": outcome.hub_peak / SHARDS,
        "tracker (of its concurrency)": outcome.tracker_busy / case.tracker_slots / DAY,
        "SES mails a day": mails,
        "SES send rate": mails / case.rate / DAY,
    }
    used = {name: amount / RATES[name].limit for name, amount in taken.items()}
    name = max(used, key=lambda each: used[each])
    return name, used[name]


def _report(rows: list[Row], units: Units) -> None:
    """Return the table as lines."""
    by_case = {(row.case.customers, row.case.changes, row.case.people): row for row in rows}
    for customers in CUSTOMERS:
        row = by_case[customers, 10, 100]
        report(f"scale_to_last_mail_{customers}_customers", [row.longest or 0], "s")
        report(f"scale_month_{customers}_customers_10x100", [row.dollars], "USD")
    most, few = (by_case[customers, 10, 100].longest or 0 for customers in (CUSTOMERS[-1], 30))
    report("scale_to_last_mail_10000_against_30_customers", [most / few], "times", at_most(1.3))
    for name, quota in STANDING.items():
        report(f"scale_full_{name}", [quota.limit // quota.per_customer], "customers")
    quiet = World(Case(30, 1, 100), units, Latencies(), SEED, 30).day()
    took = statistics.median(quiet.to_last_mail)
    report(
        "scale_announcement_to_last_mail_30x100_simulated", [took], "s",
        at_most(1.5 * 100 / FIRST_RATE), peers=[100 / FIRST_RATE],
    )  # fmt: skip


def _print(rows: Iterable[Row]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for name in (
        "CUSTOMERS",
        "CHANGES/DAY",
        "PEOPLE",
        "MEDIAN",
        "LONGEST",
        "NOT TODAY",
        "USD/MONTH",
    ):
        table.add_column(name, justify="right")
    table.add_column("FULLEST RATE")
    for row in rows:
        case = row.case
        table.add_row(
            f"{case.customers:,}", f"{case.changes:,}", f"{case.people:,}", said(row.median),
            said(row.longest), f"{row.unfinished:.0%}", f"{row.dollars:,.0f}",
            f"{row.binds} {row.used:.0%}",
        )  # fmt: skip
    Console(stderr=True, width=140).print(table)


def said(seconds: float | None) -> str:
    """Return a time in words."""
    if seconds is None:
        return "-"
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"


if __name__ == "__main__":
    main()
