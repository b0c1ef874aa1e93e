"""The cost of the functions' running time, compared with SES's price of the same mails.

    python -m benchmarks.billed

Each function has the memory that the template sets, and Lambda gives it a matching share of a core.
The estimate is the measured wall time, plus the extra time that its CPU needs on such a share. This
is more than AWS bills, because a function that waits has CPU to spare. The price is that of arm64,
which `changecast customers add` deploys; the CPU is that of this machine.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""

from typing import NamedTuple

from benchmarks.account import BATCH, NEWS_SECONDS, Figures, account
from benchmarks.measure import ROUNDS, at_most, pin_to_one_core, report
from changecast_cli.cost.prices import PRICES
from testbed.templates import resource

# Mails a second, how many batches are sent at that rate, and the goal: percent of SES's price.
RATES = ((14.0, 5, 1.0), (500.0, 40, 0.1))
MB_OF_A_CORE = 1_769


class Billed(NamedTuple):
    """Percent of SES's price, per function."""

    planner: float
    sender: float
    outcomes: float


def main() -> None:
    """Print one JSON line per rate and function."""
    pin_to_one_core()
    for rate, batches, goal in RATES:
        rounds = [_measured_round(rate, batches) for _ in range(ROUNDS)]
        for function in Billed._fields:
            values = [getattr(each, function) for each in rounds]
            report(f"billed_{function}_at_{rate:.0f}", values, "% of SES's price")
        sending = [each.planner + each.sender for each in rounds]
        report(f"billed_sending_at_{rate:.0f}", sending, "% of SES's price", at_most(goal))
        everything = [sum(each) for each in rounds]
        report(f"billed_together_at_{rate:.0f}", everything, "% of SES's price", at_most(goal))


def _measured_round(rate: float, batches: int) -> Billed:
    with account(BATCH * (1 + batches), rate) as place:
        planned, hints = place.plan()
        sent = place.send(hints, 1)
        heard = place.hear()
    planner = price("PlanDeliveryFunction", planned) / (BATCH * (1 + batches))
    return Billed(
        planner=planner,
        sender=price("SendMailFunction", sent) / sent.units,
        outcomes=len(NEWS_SECONDS) * price("RecordOutcomeFunction", heard) / heard.units,
    )


def price(function: str, used: Figures) -> float:
    """Return what a process would cost as this function, in percent of SES's price of a mail."""
    memory: int = resource("template.yaml", function)["MemorySize"]
    share = min(1.0, memory / MB_OF_A_CORE)
    seconds = used.wall + used.cpu * (1 / share - 1)
    dollars = seconds * memory / 1_024 * PRICES["lambda_gb_second"].dollars
    return 100 * dollars / PRICES["ses_mail"].dollars


if __name__ == "__main__":
    main()
