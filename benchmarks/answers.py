"""The cost of answers: a link for each mail, a page, and a thousand answers until all are counted.

    python -m benchmarks.answers

The real functions over doubles of AWS, in one process on one core: what is measured is their own
CPU. Twenty people who load pages at once share a core, so a page with 15 ms of CPU takes 300 ms.
At the end, twenty people load pages of the deployed function in the embedded cloud, on all cores.
"""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks import answer_page
from benchmarks.measure import (
    at_least,
    at_most,
    cpu_of,
    pin_to_one_core,
    report,
    rounds,
    use_every_core,
)
from changecast.customer.ledger.schema import Batch
from changecast.customer.renderings.splice import RESPONSE, load, splice
from testbed.doubles.account import ANSWERING, Account, configure
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import Ses
from testbed.doubles.visitor import Visitor, link_in, responder

# What a mail costs the sender (send_cpu_ledger_on), of which a link may be 2%.
MAIL_US, SHARE = 1_165.0, 0.02
PEOPLE, CLIENTS, PAGES = 1_000, 20, 400


def main() -> None:
    """Print one JSON line per measure."""
    pin_to_one_core()
    logging.disable(logging.WARNING)
    account = _account()
    visitors = _visitors(account)
    report("link_of_one_mail", _links(account), "us CPU", at_most(SHARE * MAIL_US))
    pages = [1e3 * seconds / PAGES for seconds in rounds(lambda: _open(visitors[:PAGES]))]
    report("response_page", pages, "ms CPU", at_most(300 / CLIENTS))
    report("response_page_p95_of_20_clients", [_p95(visitors)], "ms")
    seconds = cpu_of(lambda: _answer(account, visitors))
    counted = account.events.reports()[-1]["counts"]["acknowledged"]
    report("answers_counted_of_1000", [counted], "answers", at_least(PEOPLE))
    report("answers_1000_recorded_and_reported", [seconds], "s CPU", at_most(60))
    use_every_core()
    answer_page.measure()


def _account() -> Account:
    people = [f"person{number}@acme.example" for number in range(PEOPLE)]
    contacts = {"announcements": people, "approvals": [], "calendar": []}
    account = Account(ses=Ses(contacts=contacts), environment=ANSWERING)
    # Metrics are lines on stdout.
    configure(account.modules["sweep"], "sweeper", measure=lambda *_: None)
    account.announce(envelope())
    account.settle()
    return account


def _visitors(account: Account) -> list[Visitor]:
    found = responder(account)
    return [Visitor(found, link_in(mail)) for mail in account.ses.mails]


def _links(account: Account) -> list[float]:
    """Return the extra CPU of a mail with its link, in microseconds."""
    sender: Any = account.modules["send_mail"].deliveries.sender
    run = account.run("CHG1")
    people = [*account.recipients("CHG1").values()]
    batch = Batch(run.run, 1, run.change_id, run.revision)
    (key,) = [name for name in account.s3.objects if name.endswith(f"{run.run}/full.json")]
    rendering = load(account.s3.objects[key])
    assert RESPONSE in rendering.gaps
    ready = sender.links.respond(run, batch.number, people[0])
    plain = rounds(lambda: [splice(rendering, one.address, ready) for one in people])
    own = rounds(
        lambda: [
            splice(rendering, one.address, sender.links.respond(run, batch.number, one))
            for one in people
        ]
    )
    return [
        1e6 * (with_own - without) / PEOPLE for with_own, without in zip(own, plain, strict=True)
    ]


def _open(visitors: list[Visitor]) -> None:
    for each in visitors:
        assert each.open().status == 200


def _p95(visitors: list[Visitor]) -> float:
    """Return the 95th percentile of a page's milliseconds, while 20 people load pages in turn."""

    def timed(each: Visitor) -> float:
        began = time.perf_counter()
        assert each.open().status == 200
        return 1e3 * (time.perf_counter() - began)

    with ThreadPoolExecutor(CLIENTS) as clients:
        taken = sorted(clients.map(timed, visitors))
    return taken[int(0.95 * len(taken))]


def _answer(account: Account, visitors: list[Visitor]) -> None:
    """Let everybody acknowledge within a minute, and the reporter keep up."""
    for number, each in enumerate(visitors):
        asked = each.choose("acknowledged")
        assert each.confirm(asked, "SEEN").status == 200
        account.clock.now += 60 / PEOPLE
        if number % 20 == 19:
            account.report()
    account.settle(2)


if __name__ == "__main__":
    main()
