"""How much of SES's rate is used, and how often SES refuses: real functions, simulated time.

    python -m benchmarks.quota

Two changes are sent at once; queues are out of order; the template limits how many functions run.
"""

from benchmarks.measure import ROUNDS, at_least, at_most, report
from testbed.simulation.pacing import measure

RATES = ((14.0, 1_000), (100.0, 2_000), (500.0, 3_000))


def main() -> None:
    """Print two JSON lines per rate."""
    for rate, mails in RATES:
        figures = [measure(rate, mails, seed) for seed in range(1, ROUNDS + 1)]
        used = [100 * each.used for each in figures]
        throttled = [100 * each.throttled for each in figures]
        report(f"quota_used_at_{rate:.0f}", used, "%", at_least(95))
        report(f"quota_throttled_at_{rate:.0f}", throttled, "%", at_most(0.5))


if __name__ == "__main__":
    main()
