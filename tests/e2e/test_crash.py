"""A sender that is killed while it sends, a replayed archive: everybody is mailed exactly once."""

import os
import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from changecast_cli.local.stage import HUB
from tests.support.provider import (
    CROWD,
    CROWDED,
    PATIENCE_SECONDS,
    Provider,
    document,
    eventually,
)

# A sender stops calling SES when its own end is nearer than the longest call can take (13 s).
TIMEOUT, LEASE, WINDOW_MINUTES = 25, "40", "1"
# The schedule sweeps each minute; a sweep costs a processor as much as sending many mails.
SWEPT_EVERY = 3


def shorten_waits(provider: Provider) -> None:
    """Lease and window as short as possible for a test; their meaning is the same."""
    functions = provider.session(CROWDED).client("lambda")
    for found in functions.list_functions()["Functions"]:
        values = dict(found["Environment"]["Variables"])
        values |= {"UNKNOWN_WINDOW_MINUTES": WINDOW_MINUTES}
        timeout = found["Timeout"]
        if "LEASE_SECONDS" in values:
            values |= {"LEASE_SECONDS": LEASE}
            timeout = TIMEOUT
        functions.update_function_configuration(
            FunctionName=found["FunctionName"], Environment={"Variables": values}, Timeout=timeout
        )


def sweep_now(provider: Provider) -> None:
    """What the schedule does every minute."""
    functions = provider.session(CROWDED).client("lambda")
    for found in functions.list_functions()["Functions"]:
        if "SweepFunction" in found["FunctionName"]:
            functions.invoke(FunctionName=found["FunctionName"], Payload=b"{}")


def sender_processes(provider: Provider) -> list[int]:
    """The processes of this cloud in which the crowded customer's send_mail runs now."""
    functions = provider.cloud.ask("GET", "processes")
    account = provider.account(CROWDED)
    return [
        int(pid)
        for pid, function in functions.items()
        if "SendMailFunction" in function and account in function
    ]


def test_killing_the_sender_in_the_middle_ends_with_one_mail_for_everybody(
    provider: Provider,
) -> None:
    shorten_waits(provider)
    account = provider.account(CROWDED)
    change = document(customers=[CROWDED])
    provider.cloud.add_fault(account, "slow", seconds=0.4)
    provider.announce(change)
    killed = sent = 0
    end = time.monotonic() + PATIENCE_SECONDS
    while killed < 3 and sent < CROWD and time.monotonic() < end:
        sent = len(provider.mailed(change["changeId"], CROWDED))
        if 40 <= sent < CROWD:
            for process in sender_processes(provider):
                os.kill(process, signal.SIGKILL)
                killed += 1
        time.sleep(1)
    assert killed
    provider.cloud.clear_faults(account)
    end = time.monotonic() + PATIENCE_SECONDS

    def all_told() -> bool:
        sweep_now(provider)
        reported = provider.status(change["changeId"])["customers"][CROWDED]
        mails = Counter(provider.mailed(change["changeId"], CROWDED))
        assert set(mails.values()) <= {1}, "somebody was mailed twice"
        assert reported["counts"]["sent"] <= len(mails), "the status says more than is true"
        return len(mails) == CROWD and reported["state"] == "sent"

    while not all_told():
        assert time.monotonic() < end, provider.status(change["changeId"])
        time.sleep(SWEPT_EVERY)


def test_replaying_the_hubs_archive_mails_nobody(provider: Provider) -> None:
    change = document(customers=["acme"])
    provider.announce_and_wait(change)
    events = provider.cloud.session(HUB.account).client("events")
    bus = "arn:aws:events:eu-central-1:111111111111:event-bus/changecast-hub"
    archive = events.describe_archive(ArchiveName="changecast-announcements")
    name = f"again-{change['changeId']}"
    events.start_replay(
        ReplayName=name,
        EventSourceArn=archive["ArchiveArn"],
        EventStartTime=datetime.now(UTC) - timedelta(hours=1),
        EventEndTime=datetime.now(UTC) + timedelta(minutes=1),
        Destination={"Arn": bus},
    )
    eventually(lambda: events.describe_replay(ReplayName=name)["State"] == "COMPLETED")
    after = document(customers=["acme"])
    provider.announce_and_wait(after)
    eventually(lambda: provider.queue_length("acme", "AnnouncementsQueue") == 0)
    assert len(provider.mails(change["changeId"])) == 5
