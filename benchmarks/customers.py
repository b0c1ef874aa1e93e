"""What one more customer costs: the same announcement to 3, 10, 30 and 100 customers.

    python -m benchmarks.customers [SIZE...]

Each customer has one person, so that the path is measured and not the mails. Every invocation
starts a new process, because no machine keeps a hundred customers' functions warm, and 3 customers
must be measured in the same way. CPU is that of our functions' invocations, without their starts;
wall times are only reported.
"""

import statistics
import sys

from benchmarks.fleet import Fleet, Line, fleet_of, last_mail, requests, used
from benchmarks.measure import QUICK, at_most_peer, report
from changecast_cli.local.stage import HUB

SIZES = (3, 10, 30) if QUICK else (3, 10, 30, 100)
FROM = 10
FLAT = at_most_peer(1.2)


def main() -> None:
    """Print the lines of every size; the peer is the size from which it must be flat."""
    found: dict[int, dict[str, float]] = {}
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    with fleet_of(sizes[-1], cold=True, warm=8) as fleet:
        for size in sizes:
            fleet.grow(size, contacts=1)
            found[size] = _announced(fleet)
            for measure, value in found[size].items():
                compared = size > FROM and measure != "wall_s"
                report(
                    f"customers_{measure.rpartition('_')[0]}_per_customer_{size}",
                    [value],
                    measure.rpartition("_")[2],
                    FLAT if compared else None,
                    peers=[found[FROM][measure]] if compared else [],
                )


def _announced(fleet: Fleet) -> dict[str, float]:
    began = fleet.told(fleet.codes, seconds=600)
    lines, size = fleet.lines(began), len(fleet.standing)
    accounts = [each.account for each in fleet.standing]
    return {
        "cpu_ms": 1e3 * statistics.median(used(lines, accounts)),
        "hub_cpu_ms": 1e3 * used(lines, [HUB.account])[0] / size,
        "requests_calls": _asked(lines, hub=False) / size,
        "hub_requests_calls": _asked(lines, hub=True) / size,
        "wall_s": (last_mail(lines) - began) / size,
    }


def _asked(lines: list[Line], *, hub: bool) -> int:
    return sum((line["account"] == HUB.account) is hub for line in requests(lines))


if __name__ == "__main__":
    main()
