"""Whether a customer's ledger remembers longer than the hub can bring an announcement again."""

from collections.abc import Iterator

import boto3
from botocore.exceptions import ClientError

from changecast_cli.doctor.hub import ARCHIVE
from changecast_cli.doctor.patient import patient
from changecast_cli.doctor.verdicts import Verdict, broken, ok

STACK = "changecast"
# An event that was replayed on the archive's last day may wait in a queue for as long as it keeps.
QUEUE_DAYS = 14


def outlasts(hub: boto3.Session, own: boto3.Session, code: str) -> Iterator[Verdict]:
    """The hub's archive as it is, against the ledger's days; no archive is the hub's own fault."""
    found = patient(own, code, STACK)
    archived = _archived_days(hub)
    if found is not None and archived is not None:
        yield verdict(archived, int(found.parameters["LedgerTtlDays"]), code)


def _archived_days(hub: boto3.Session) -> int | None:
    try:
        found = hub.client("events").describe_archive(ArchiveName=ARCHIVE)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    return found["RetentionDays"]


def verdict(archived: int, remembered: int, code: str) -> Verdict:
    """Days against days; an archive of 0 days keeps for ever."""
    if not archived:
        return broken(
            "ledger-days",
            f"the archive keeps for ever, the ledger {remembered} days: a replay would mail again",
            "set ArchiveDays of [hub] in samconfig.toml, then sam build --config-env hub && "
            "sam deploy --config-env hub",
        )
    needed = archived + QUEUE_DAYS + 1
    if remembered < needed:
        return broken(
            "ledger-days",
            f"the ledger forgets after {remembered} days, the archive brings again what is "
            f"{archived} days old, and queues keep it {QUEUE_DAYS}: a replay could mail again",
            f"set LedgerTtlDays={needed} of [{code}] in samconfig.toml, then "
            f"sam build --config-env {code} && sam deploy --config-env {code}",
        )
    return ok("ledger-days", f"remembers {remembered} days, {archived} can be replayed")
