"""Process a file of the intake bucket: announce it, or reject it with a reason."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from changecast.contract.envelope import EVENT_LIMIT
from changecast.contract.errors import ContractError, Retry
from changecast.hub.announcing.announce import Announcement, Hub, Outcome, announce
from changecast.hub.announcing.freeze_gate import kept_objections
from changecast.hub.announcing.intake_bucket import (
    Drop,
    drop_of,
    keep_announced,
    keep_draft,
    keep_rejected,
    read,
    remove,
)
from changecast.hub.announcing.metadata import MetadataFault
from changecast.hub.tracking import alerts
from changecast.hub.tracking.revisions import revisions
from changecast.lambdas.metrics import count, measured

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient

log = logging.getLogger("changecast")


@dataclass(frozen=True)
class Intake:
    """What the intake needs: its bucket's client, and the topic for alerts."""

    s3: "S3Client"
    sns: "SNSClient"
    alerts_topic: str


def take_in(intake: Intake, connect: Callable[[], Hub], body: str) -> None:
    """Announce the file of an event, or reject it; skip a file that is gone."""
    drop = drop_of(body)
    document = read(intake.s3, drop, EVENT_LIMIT) if drop.is_file else None
    if document is None:
        return
    try:
        announced = _announce_once(connect(), drop, document)
    except ContractError as fault:
        if fault.code == "busy":
            raise Retry(fault.message) from fault
        _reject(intake, drop, fault)
    else:
        _file(intake, drop, document, announced)
    remove(intake.s3, drop)


def _announce_once(hub: Hub, drop: Drop, document: bytes) -> Announcement:
    """Announce a document, unless its content was announced before.

    Raises:
        ContractError: Of `announce`; `older_revision` if it has the content of an earlier revision.
    """
    who = f"account {drop.requester} by the file {drop.key}"
    objections = kept_objections(hub.table)
    rehearsed = announce(
        document, hub=hub, announced_by=who, dry_run=True, objections=objections, past=""
    )
    if rehearsed.newer:
        raise ContractError("older_revision", rehearsed.warnings[-1])
    was_put = any(
        one.revision == rehearsed.revision and one.put_at
        for one in revisions(hub.table, rehearsed.change_id)
    )
    if was_put:
        return replace(rehearsed, outcome=Outcome.ANNOUNCED_AGAIN)
    if rehearsed.outcome is Outcome.DRAFT:
        return rehearsed
    return announce(document, hub=hub, announced_by=who, objections=objections, past="")


def _file(intake: Intake, drop: Drop, document: bytes, announced: Announcement) -> None:
    """Move the document to where it belongs."""
    change_id, revision = announced.change_id, announced.revision
    if announced.outcome is Outcome.DRAFT:
        key = keep_draft(intake.s3, drop)
    else:
        key = keep_announced(intake.s3, drop, document, change_id, revision)
    outcome = {"outcome": announced.outcome.value}
    measured(outcome, {"Files": count(1)})
    said = {"change_id": change_id, "revision": revision, "kept_as": key}
    log.info("taken in", extra=outcome | said)


def _reject(intake: Intake, drop: Drop, fault: ContractError) -> None:
    """Move a document to rejected/, with a list of its faults, and send an alert."""
    key, reason = keep_rejected(intake.s3, drop, _reason(drop, fault))
    alert = alerts.rejected_file(
        drop.key, fault.message, f"s3://{drop.bucket}/{reason}", f"s3://{drop.bucket}/{key}"
    )
    alerts.publish(intake.sns, intake.alerts_topic, alert)
    measured({"outcome": "rejected"}, {"Files": count(1)})
    log.warning("rejected", extra={"kept_as": key, "code": fault.code})


def _reason(drop: Drop, fault: ContractError) -> str:
    """Write the reason for the owner of the file."""
    lines = [f"{drop.key} was not announced, so nobody was told.", ""]
    if isinstance(fault, MetadataFault):
        lines += [f"{one.path}: {one.message}" for one in fault.faults]
    else:
        lines += [f"{fault.code}: {fault.message}"]
    return "\n".join([*lines, "", "Fix the document and upload it to incoming/ again.", ""])
