"""How fast one core sends with the ledger, and the CPU of a mail.

    python -m benchmarks.sending

SES takes 25 ms for an answer, everything else 5 ms. Two peers send without a ledger: a boto3 loop,
on fewer mails because it is slow, and boto3 in 32 threads. All of them run on the same core, and
the stubs on the others.
"""

from benchmarks.account import Account, Figures, account
from benchmarks.measure import (
    ROUNDS,
    at_least,
    at_least_peer,
    at_most_peer,
    pin_to_one_core,
    report,
)
from benchmarks.stubs.services import contact
from changecast.customer.ledger.schema import run_id
from changecast.customer.mailing import Variant
from changecast.customer.renderings.mails_bucket import rendering_key

MAILS, LOOPED = 5_000, 150
# Lambda gives a process one batch at a time; this many keep the core busy while others wait.
PROCESSES, THREADS = 4, 32
ADDRESSES = [contact(number) for number in range(MAILS)]
# What those without a ledger send: a rendering of an account's first change.
RENDERING = rendering_key(run_id("CHG2", 1), Variant.FULL)


def main() -> None:
    """Print one JSON line per measure."""
    ours, loop, threads = [], [], []
    with account(MAILS) as place:
        pin_to_one_core()
        for _ in range(ROUNDS):
            _, hints = place.plan()
            ours.append(place.send(hints, PROCESSES))
            loop.append(bare(place, 1, LOOPED))
            threads.append(bare(place, THREADS, MAILS))
        if place.counts("ses")["mails"] != ROUNDS * (2 * MAILS + LOOPED):
            raise SystemExit("not everybody was mailed once")
    rates, looped = _rates(ours), _rates(loop)
    report("send_rate_ledger_on", rates, "mails/s", at_least(800))
    report("send_rate_against_a_loop", rates, "mails/s", at_least_peer(22), peers=looped)
    report("send_rate_of_bare_threads", _rates(threads), "mails/s")
    cpu, peers = _cpu(ours), _cpu(threads)
    report("send_cpu_ledger_on", cpu, "ms CPU a mail", at_most_peer(1.25), peers=peers)


def bare(place: Account, threads: int, mails: int) -> Figures:
    """Send with boto3 alone, in this many threads; what that used."""
    program = ["bare", str(threads), RENDERING, *place.options]
    (figures,) = place.work(program, ADDRESSES[:mails])
    return figures


def _rates(figures: list[Figures]) -> list[float]:
    return [each.units / each.wall for each in figures]


def _cpu(figures: list[Figures]) -> list[float]:
    return [1e3 * each.cpu / each.units for each in figures]


if __name__ == "__main__":
    main()
