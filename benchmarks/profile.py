"""Where the CPU of a mail goes, and what a mail would cost if our own Python took none.

    python -m benchmarks.profile

A row's ratio is its share of the function's CPU for a mail. `own` is everything but boto3's
clients: our code, and Python's threads. The floors are the figures of `benchmarks.billed` and
`benchmarks.sending` without `own`: what is left is botocore, HTTP and waiting for AWS. To measure
the layers takes some CPU itself, so the totals are higher than there.
"""

from typing import NamedTuple

from benchmarks import billed, sending
from benchmarks.account import BATCH, NEWS_SECONDS, Figures, account
from benchmarks.layers import LAYERS
from benchmarks.measure import ROUNDS, pin_to_one_core, report

RATE, BATCHES, _ = billed.RATES[-1]
SERVICES = ("sesv2", "dynamodb", "s3", "sqs")


class Used(NamedTuple):
    """What a function used for a number of mails."""

    function: str
    figures: Figures
    mails: float

    def cpu(self) -> float:
        """Return the microseconds of CPU for a mail."""
        return 1e6 * self.figures.cpu / self.mails

    def in_layer(self, service: str, layer: str) -> float:
        """Return the microseconds of CPU for a mail in one layer."""
        return 1e6 * self.figures.layers.get(f"{service}_{layer}", 0.0) / self.mails

    def own(self) -> float:
        """Return the microseconds of CPU for a mail outside of boto3's clients."""
        return self.cpu() - sum(self.in_layer(service, layer)
                                for service in SERVICES for layer in LAYERS)  # fmt: skip

    def price(self, *, own: bool = True) -> float:
        """Return the percent of SES's price, perhaps as if our own Python took no time."""
        free = 0.0 if own else self.own() * self.mails / 1e6
        figures = self.figures
        left = Figures(figures.units, figures.cpu - free, figures.wall - free, figures.peak_mb)
        return billed.price(self.function, left) / self.mails


def main() -> None:
    """Print the rows of each function, then the floors."""
    pin_to_one_core()
    rounds = [_round() for _ in range(ROUNDS)]
    for name in billed.Billed._fields:
        _report(name, [each[name] for each in rounds])
    prices = [sum(used.price() for used in each.values()) for each in rounds]
    floors = [sum(used.price(own=False) for used in each.values()) for each in rounds]
    report("profile_together_floor", floors, "% of SES's price", peers=prices)
    _report_sending()


def _round() -> dict[str, Used]:
    mails = BATCH * (1 + BATCHES)
    with account(mails, RATE) as place:
        place.options = ("layers",)
        planned, hints = place.plan()
        sent = place.send(hints, 1)
        heard = place.hear()
    return {
        "planner": Used("PlanDeliveryFunction", planned, mails),
        "sender": Used("SendMailFunction", sent, sent.units),
        "outcomes": Used("RecordOutcomeFunction", heard, heard.units / len(NEWS_SECONDS)),
    }


def _report(name: str, rounds: list[Used]) -> None:
    _report_layers(name, rounds)
    waits = [1e6 * used.figures.wall / used.mails - used.cpu() for used in rounds]
    report(f"profile_{name}_waits", waits, "us a mail")
    floors, prices = [used.price(own=False) for used in rounds], [used.price() for used in rounds]
    report(f"profile_{name}_floor", floors, "% of SES's price", peers=prices)


def _report_layers(name: str, rounds: list[Used]) -> None:
    cpu = [used.cpu() for used in rounds]
    for service in SERVICES:
        requests = [used.figures.layers.get(f"{service}_requests", 0) for used in rounds]
        if not any(requests):
            continue
        a_mail = [one / used.mails for one, used in zip(requests, rounds, strict=True)]
        report(f"profile_{name}_{service}_requests", a_mail, "requests a mail")
        for layer in LAYERS:
            taken = [used.in_layer(service, layer) for used in rounds]
            report(f"profile_{name}_{service}_{layer}", taken, "us CPU a mail", peers=cpu)
    own = [used.own() for used in rounds]
    report(f"profile_{name}_own", own, "us CPU a mail", peers=cpu)


def _report_sending() -> None:
    """Compare a mail's CPU at full speed with bare boto3 in threads, whole and without `own`."""
    ours, threads = [], []
    with account(sending.MAILS) as place:
        place.options = ("layers",)
        for _ in range(ROUNDS):
            _, hints = place.plan()
            figures = place.send(hints, sending.PROCESSES)
            ours.append(Used("SendMailFunction", figures, figures.units))
            figures = sending.bare(place, sending.THREADS, sending.MAILS)
            threads.append(Used("SendMailFunction", figures, figures.units))
    _report_layers("sending", ours)
    _report_layers("bare", threads)
    peers = [used.cpu() for used in threads]
    report("profile_sending_cpu", [used.cpu() for used in ours], "us CPU a mail", peers=peers)
    without = [used.cpu() - used.own() for used in ours]
    report("profile_sending_floor", without, "us CPU a mail", peers=peers)


if __name__ == "__main__":
    main()
