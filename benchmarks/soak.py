"""Announce steadily for a while: memory stays flat, nothing is lost, nothing waits longer.

    SOAK_MINUTES=30 python -m benchmarks.soak

The default is one minute. Sweep and watch run, as they do every minute.
"""

import os
import statistics
import time
from collections.abc import Sequence
from datetime import datetime

from benchmarks.fleet import SEND_EMAIL, Fleet, Line, fleet_of, invocations, requests
from benchmarks.measure import at_least, at_most, at_most_peer, report
from changecast.hub.announcing.announce import Announcement
from changecast.hub.tracking.table import statuses
from changecast_cli.local.stage import HUB

MINUTES = float(os.environ.get("SOAK_MINUTES", "1"))
CUSTOMERS, PEOPLE, EVERY = 4, 10, 5.0
QUEUES = ("Announcements", "Deliveries", "Outcomes", "Reports", "Status")
# The first invocations of a process still import and connect.
SETTLED = 10


def main() -> None:
    """Print one JSON line per measure."""
    with fleet_of(CUSTOMERS, warm=8 * CUSTOMERS, scheduled=True) as fleet:
        fleet.grow(CUSTOMERS, PEOPLE)
        fleet.told(fleet.codes)  # the processes start
        began = time.time()
        announced, longest = _steadily(fleet, began + 60 * MINUTES)
        for one, _ in announced:
            fleet.wait([one])
        lines = fleet.lines(began)
        took = [_until_all_ended(fleet, one, at) for one, at in announced]
        expected = len(announced) * CUSTOMERS * PEOPLE
        report("soak_announced", [len(announced)], "changes")
        report(
            "soak_mails_lost", [expected - len(requests(lines, SEND_EMAIL))], "mails", at_most(0)
        )
        report(
            "soak_mails_expected_and_sent",
            [len(requests(lines, SEND_EMAIL))],
            "mails",
            at_least(expected),
        )
        report("soak_messages_left", [_waiting(fleet)], "messages", at_most(0))
        report("soak_most_messages_waiting", [longest], "messages", at_most(CUSTOMERS * PEOPLE * 4))
        failed = sum(line["failed"] for line in invocations(lines))
        report("soak_failed_invocations", [failed], "invocations", at_most(0))
        third = max(1, len(took) // 3)
        report("soak_until_ended_at_the_end", [statistics.median(took[-third:])], "s",
               at_most_peer(1.5), peers=[statistics.median(took[:third])])  # fmt: skip
        growth = _memory_growth(lines)
        report("soak_memory_growth", growth, "MB a process", at_most(3))


def _steadily(fleet: Fleet, until: float) -> tuple[list[tuple[Announcement, float]], int]:
    """Announce every few seconds; returns the changes, their times, and the longest queue."""
    announced, longest = [], 0
    while time.time() < until:
        at = time.time()
        announced.append((fleet.announce(fleet.codes), at))
        while time.time() < at + EVERY:
            longest = max(longest, _waiting(fleet))
            time.sleep(1)
    return announced, longest


def _waiting(fleet: Fleet) -> int:
    """Return the number of messages in all queues that functions read from."""
    total = 0
    for account in (HUB.account, *(each.account for each in fleet.standing)):
        sqs = fleet.cloud.session(account).client("sqs")
        for url in sqs.list_queues().get("QueueUrls", []):
            if any(f"{name}Queue" in url for name in QUEUES):
                answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
                total += int(answer["Attributes"]["ApproximateNumberOfMessages"])
    return total


def _until_all_ended(fleet: Fleet, one: Announcement, at: float) -> float:
    """Return the seconds until the last customer's run had ended."""
    rows = statuses(fleet.hub.table, one.change_id)
    return max(datetime.fromisoformat(row["ended_at"]).timestamp() for row in rows) - at


def _memory_growth(lines: Sequence[Line]) -> list[float]:
    """Return how many MB each process that lasted has grown since it settled."""
    by_process: dict[int, list[float]] = {}
    for line in invocations(lines):
        by_process.setdefault(line["pid"], []).append(line["memory_mb"])
    lasted = [held[SETTLED:] for held in by_process.values() if len(held) > 2 * SETTLED]
    return [held[-1] - held[0] for held in lasted] or [0.0]


if __name__ == "__main__":
    main()
