"""A month of use in simulated time: nobody lost, nobody told twice, and every day costs the same.

    python -m benchmarks.month [CUSTOMERS DAYS CHANGES SEED]

By default 30 customers, 30 days and 600 changes, with revisions, cancellations, withdrawals,
answers, reminders, bounces, people who unsubscribe, one lost hour of a Region, and one customer
whose account is broken for a day and repaired by the documented verbs. The real functions run over
doubles of AWS, the hub over the embedded cloud's tables. Costs are counted, not timed: the last
full days against the second and third. Days on which hardly a change is new are not compared:
what the hub does once a minute would be shared by a few reports.
"""

import logging
import statistics
import sys
from collections.abc import Sequence

from benchmarks.measure import at_least, at_most, at_most_peer, report
from testbed.month.plot import month
from testbed.month.world import Costs, Played, played

SIZE = (30, 30, 600, 1)
# A day's costs follow what happens on it: revisions, reminders, faults.
FLAT = at_most_peer(1.3)
COSTS = (
    ("ledger_requests", "requests a mail", FLAT),
    ("ledger_bytes", "bytes a mail", FLAT),
    ("hub_requests", "requests a customer and revision", FLAT),
    ("status_requests", "requests", FLAT),
    ("status_items", "items", FLAT),
    ("status_ms", "ms", None),
    ("list_requests", "requests", FLAT),
    ("list_items", "items a customer and revision", FLAT),
    ("list_ms", "ms", None),
)
SHOWN = 20


def main() -> None:
    """Print the JSON lines; what is wrong goes to stderr."""
    customers, days, changes, seed = [int(word) for word in sys.argv[1:5]] or SIZE
    logging.disable(logging.CRITICAL)
    drawn = month(customers, days, changes, seed)
    with played(drawn, seed) as done:
        verdict = done.judge()
    for line in done.wrong[:SHOWN]:
        print(line, file=sys.stderr)
    report("month_mails", [verdict.mails], "mails")
    report("month_resumed", [done.resumed], "runs", at_least(1))
    wrong = {name: value for name, value in vars(verdict).items() if name != "mails"}
    for name, value in wrong.items():
        report(f"month_{name}", [value], "faults", at_most(0))
    _report_costs(done)


def _report_costs(done: Played) -> None:
    """Print what a day costs at the end of the month, beside what it cost at its beginning."""
    days = [one for one in done.costs if one.day < done.month.days]
    usual = statistics.median(one.new for one in days)
    days = [one for one in days if one.new >= usual / 2]
    half = len(days) // 2
    early, late = days[1 : min(4, half + 1)], days[-min(3, half) :]
    for name, unit, goal in COSTS:
        value, peer = _mean(late, name), _mean(early, name)
        report(f"month_{name}", [value], unit, goal, peers=[peer])


def _mean(days: Sequence[Costs], name: str) -> float:
    return statistics.fmean(float(getattr(one, name)) for one in days)


if __name__ == "__main__":
    main()
