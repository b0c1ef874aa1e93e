"""How the cost of a recipient grows with the list, and the memory that the longest one takes.

    python -m benchmarks.growth

One customer, 100 to 100,000 recipients; the peer is the list of 100. CPU and memory are those of
planner and sender as processes. DynamoDB's units are counted, by its rules, over everything that
happens to a run until its last report (outcomes, reports and sweeps too), in simulated time: so
they are the same on every machine.
"""

import statistics
from collections.abc import Iterator

from benchmarks.account import Account, account
from benchmarks.measure import QUICK, ROUNDS, at_most, at_most_peer, pin_to_one_core, report
from benchmarks.whole_run import Units, units_of_run
from changecast_cli.cost.prices import PRICES

SIZES = (100, 1_000, 10_000, 100_000)
# `make bench-check` leaves out the long lists, which take minutes.
MEASURED = SIZES[:2] if QUICK else SIZES
# Short lists are announced several times, so that each round has some batches.
MAILS_A_ROUND, MAILS_A_SIZE = 2_000, 10_000
PROCESSES = 4
FLAT = at_most_peer(1.1)


def main() -> None:
    """Print one JSON line per measure and size."""
    pin_to_one_core()
    _units()
    rounds = {size: list(_rounds(size)) for size in MEASURED}
    smallest = statistics.median(cpu for cpu, *_ in rounds[SIZES[0]])
    for size, found in rounds.items():
        values = [cpu for cpu, *_ in found]
        peers = [smallest] * len(values)
        report(f"growth_cpu_of_{size}", values, "ms CPU a recipient", FLAT, peers=peers)
    for size, found in rounds.items():
        goal = at_most(256) if size == SIZES[-1] else None
        _, planners, senders = zip(*found, strict=True)
        report(f"growth_memory_planner_of_{size}", [max(planners)], "MB", goal)
        report(f"growth_memory_sender_of_{size}", [max(senders)], "MB", goal)


def _units() -> None:
    runs = {size: units_of_run(size) for size in MEASURED}
    smallest = runs[SIZES[0]]
    for size, found in runs.items():
        _per_recipient(f"growth_dynamodb_reads_of_{size}", found.read, smallest.read, "units")
        _per_recipient(
            f"growth_dynamodb_writes_of_{size}", found.written, smallest.written, "units"
        )
        report(
            f"growth_dynamodb_price_of_{size}",
            [dynamodb_price(found)],
            "USD a million recipients",
            FLAT,
            peers=[dynamodb_price(smallest)],
        )
        _per_recipient(f"growth_reports_of_{size}", found.reports, smallest.reports, "reports")


def _per_recipient(measure: str, value: float, peer: float, unit: str) -> None:
    report(measure, [value], f"{unit} a recipient", peers=[peer])


def dynamodb_price(units: Units) -> float:
    """Return the dollars for a million recipients."""
    read, write = PRICES["dynamodb_read"].dollars, PRICES["dynamodb_write"].dollars
    return 1e6 * (units.read * read + units.written * write)


def _rounds(size: int) -> Iterator[tuple[float, float, float]]:
    """Yield for each round: CPU of a recipient in ms, and the peaks of planner and sender in MB."""
    with account(size) as place:
        for _ in range(max(1, min(ROUNDS, MAILS_A_SIZE // size))):
            yield _measured_round(place, size, max(1, MAILS_A_ROUND // size))


def _measured_round(place: Account, size: int, changes: int) -> tuple[float, float, float]:
    planned, hints = place.plan(changes)
    sent = place.send(hints, PROCESSES)
    cpu = 1e3 * (planned.cpu / (size * changes) + sent.cpu / sent.units)
    return cpu, planned.peak_mb, sent.peak_mb


if __name__ == "__main__":
    main()
