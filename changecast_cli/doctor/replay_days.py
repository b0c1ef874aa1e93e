"""Check that a customer's ledger keeps a change for longer than the hub can replay its events.

The check is `ledger-days`. functions/changecast/customer/ledger/retention.py decides what the
ledger keeps.
"""

from collections.abc import Iterator

import boto3
from botocore.exceptions import ClientError

from changecast.hub.registry import read_customers
from changecast_cli.doctor.checked_account import checked_account
from changecast_cli.doctor.hub import BUS, archive_of
from changecast_cli.doctor.verdicts import Verdict, broken, ok, repair_of

STACK = "changecast"
# An event replayed on the archive's last day may wait in a queue for the queue's retention.
QUEUE_DAYS = 14


def outlasts(hub: boto3.Session, own: boto3.Session, code: str) -> Iterator[Verdict]:
    """Compare the hub's archive with the ledger's days; a missing archive is the hub's fault."""
    found = checked_account(own, code, STACK)
    customer = read_customers(hub.client("ssm"), [code]).get(code)
    bus = customer.hub_bus if customer else BUS
    archived = _archived_days(hub, bus)
    if found is not None and archived is not None:
        yield _drifted(hub, bus, archived) or verdict(
            archived, int(found.parameters["LedgerTtlDays"]), code
        )


def _drifted(hub: boto3.Session, bus: str, archived: int) -> Verdict | None:
    """Return a verdict if the archive was changed by hand; then the ledger is not at fault."""
    found = checked_account(hub, "hub", bus)  # a bus and its stack have one name
    asked = int(found.parameters["ArchiveDays"]) if found else archived
    if asked == archived:
        return None
    said = (
        f"the archive keeps announcements for {archived} days, but the stack of {bus} says {asked}"
    )
    return broken("ledger-days", said, repair_of("hub"))


def _archived_days(hub: boto3.Session, bus: str) -> int | None:
    try:
        found = hub.client("events").describe_archive(ArchiveName=archive_of(bus))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    return found["RetentionDays"]


def verdict(archived: int, remembered: int, code: str) -> Verdict:
    """Compare the days; an archive with 0 days keeps events forever."""
    if not archived:
        return broken(
            "ledger-days",
            "the archive keeps announcements forever, but the ledger only for "
            f"{remembered} days: a replay would mail people again",
            "set ArchiveDays of [hub] in samconfig.toml, then sam build --config-env hub && "
            "sam deploy --config-env hub",
        )
    needed = archived + QUEUE_DAYS + 1
    if remembered < needed:
        return broken(
            "ledger-days",
            f"the ledger keeps announcements for {remembered} days, but a replay can "
            f"repeat those of {archived} days, and queues keep them for {QUEUE_DAYS} "
            "more: a replay could mail people again",
            f"set LedgerTtlDays={needed} of [{code}] in samconfig.toml, then "
            f"sam build --config-env {code} && sam deploy --config-env {code}",
        )
    return ok(
        "ledger-days",
        f"the ledger keeps announcements for {remembered} days, and those of the last "
        f"{archived} days can be replayed",
    )
