"""Many changes at once: 50 of them share 10 customers, and no customer waits for the others.

    python -m benchmarks.concurrent

Each change is for 4 of the 10 in turn, so everybody has the same share of the work; the time to a
customer's last mail is compared with the median customer's.
"""

import statistics
import time

from benchmarks.fleet import SEND_EMAIL, Fleet, Line, fleet_of, last_mail, requests
from benchmarks.measure import at_least, at_most, report

CUSTOMERS, PEOPLE, CHANGES, NAMED = 10, 2, 50, 4
# Four functions for each, and the hub's.
WARM = 4 * CUSTOMERS + 5


def main() -> None:
    """Print one JSON line per measure."""
    with fleet_of(CUSTOMERS, warm=WARM) as fleet:
        fleet.grow(CUSTOMERS, PEOPLE)
        fleet.told(fleet.codes)  # the processes start
        codes = fleet.codes
        named = [
            [codes[(number + n) % CUSTOMERS] for n in range(NAMED)] for number in range(CHANGES)
        ]
        began = time.time()
        fleet.wait([fleet.announce(each) for each in named], seconds=600)
        lines = fleet.lines(began)
        took = [last_mail(lines, fleet.account(code)) - began for code in codes]
        mails = [_mails_to(lines, fleet, code) for code in codes]
    report("concurrent_50_changes_to_last_mail", [max(took)], "s")
    slowest = max(took) / statistics.median(took)
    report("concurrent_50_changes_slowest_of_its_share", [slowest], "x", at_most(1.3))
    expected = CHANGES * NAMED // CUSTOMERS * PEOPLE
    report("concurrent_50_changes_fewest_mails", [min(mails)], "mails", at_least(expected))


def _mails_to(lines: list[Line], fleet: Fleet, code: str) -> int:
    account = fleet.account(code)
    return sum(line["account"] == account for line in requests(lines, SEND_EMAIL))


if __name__ == "__main__":
    main()
