"""A change for many people at once: 30 customers x 100.

    python -m benchmarks.busy

The functions' processes are warm. Wall times in the embedded cloud depend on the machine, because
its SES, DynamoDB and EventBridge use the same cores. So they are compared, within the run, with the
time that the mails alone take.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.config import Config

from benchmarks.embedded_model import seen_in, to_last_mail
from benchmarks.fleet import WORKERS, Fleet, fleet_of, invocations, last_mail, subscribe, used
from benchmarks.measure import at_most, report

SAMPLE, CUSTOMERS, PEOPLE = 10, 30, 100
THREADS = 32
# Four functions for each of the 30, and the hub's.
WARM = 4 * CUSTOMERS + 5


def main() -> None:
    """Print one JSON line per measure."""
    with fleet_of(CUSTOMERS, warm=WARM) as fleet:
        _grow_warm(fleet, SAMPLE, PEOPLE)
        foreseen = _foreseen(fleet)
        _grow_warm(fleet, CUSTOMERS, PEOPLE)
        _many_people(fleet, foreseen)


def _grow_warm(fleet: Fleet, number: int, people: int) -> None:
    """Deploy more customers; a mail to one person at each starts their functions' processes."""
    more = fleet.stage.customers[len(fleet.standing) : number]
    fleet.grow(number, contacts=1)
    fleet.told([each.code for each in more])
    for each in more:
        subscribe(fleet.cloud, each, people, first=2)


def _foreseen(fleet: Fleet) -> float:
    """Predict the seconds to the last mail of all customers, from what a few of them took.

    It is calibrated with the time of those few, because the model does not know about new
    processes.
    """
    began = fleet.told(fleet.codes, seconds=600)
    lines = fleet.lines(began)
    seen = seen_in(lines, SAMPLE)
    few, all_ = (to_last_mail(seen, number, PEOPLE, WORKERS) for number in (SAMPLE, CUSTOMERS))
    return all_ * (last_mail(lines) - began) / few


def _many_people(fleet: Fleet, foreseen: float) -> None:
    began = fleet.told(fleet.codes, seconds=600)
    lines = fleet.lines(began)
    accounts = [each.account for each in fleet.standing]
    took = [last_mail(lines, account) - began for account in accounts]
    alone = _mails_alone(fleet)
    report("busy_30x100_to_last_mail", [max(took)], "s", peers=[alone])
    report("busy_30x100_to_a_customers_last_mail", took, "s")
    report("busy_30x100_foreseen_from_10x100", [foreseen], "s", peers=[max(took)])
    report("busy_30x100_model_is_off_by", [abs(foreseen / max(took) - 1)], "", at_most(0.2))
    cpu = [1e3 * each / PEOPLE for each in used(lines, accounts)]
    report("busy_30x100_cpu_per_mail_all_functions", cpu, "ms")
    memory = [line["memory_mb"] for line in invocations(lines)]
    report("busy_30x100_largest_function", [max(memory)], "MB", at_most(256))


def _mails_alone(fleet: Fleet) -> float:
    """Return the seconds that the same mails take by SendEmail alone, from many threads."""
    config = Config(max_pool_connections=THREADS)
    jobs = []
    for each in fleet.standing:
        ses = fleet.cloud.session(each.account, each.region).client("sesv2", config=config)
        mails = fleet.cloud.mails(each.account)[-PEOPLE:]
        jobs += [(ses, each.sender, mail["to"], mail["raw"].encode()) for mail in mails]
    began = time.time()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(_send, jobs))
    return time.time() - began


def _send(job: tuple[Any, str, str, bytes]) -> None:
    ses, sender, address, raw = job
    ses.send_email(
        FromEmailAddress=sender,
        Destination={"ToAddresses": [address]},
        Content={"Raw": {"Data": raw}},
    )


if __name__ == "__main__":
    main()
