"""Mails of earlier revisions: a report counts every mail of a change. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from changecast.hub.tracking.table import Row
from changecast_cli.watching.runs import COUNTS, Run

Counts = dict[str, int]


def with_earlier(runs: Iterable[Run], rows: Sequence[Row]) -> list[Run]:
    """Return the runs with the counts of each customer's earlier revisions, as `earlier`."""
    found: dict[tuple[str, str, int], Counts] = {}
    for row in rows:
        counts = row.get("counts") or {}
        key = row["change_id"], row["customer"], int(row["revision"])
        found[key] = {name: int(counts.get(name, 0)) for name in COUNTS}
    return [_with_sums(run, found) for run in runs]


def counts_of(customer: Run) -> Counts:
    """Return the counts of all of a customer's revisions together."""
    earlier = customer.get("earlier") or {}
    return {name: customer["counts"][name] + earlier.get(name, 0) for name in COUNTS}


def _with_sums(run: Run, found: dict[tuple[str, str, int], Counts]) -> Run:
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for (change_id, code, revision), counts in found.items():
        is_here = change_id == run["change_id"] and code in run["customers"]
        if is_here and revision != run["customers"][code]["revision"]:
            sums[code].update(counts)
    customers = {code: {**one, "earlier": sums[code]} for code, one in run["customers"].items()}
    return {**run, "customers": customers}
