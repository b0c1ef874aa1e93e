"""Lambda of the hub: announce the metadata.json files that are dropped into the intake bucket."""

import logging
from dataclasses import replace
from typing import Any

import boto3

import changecast.startup  # noqa: F401
from changecast import alerts
from changecast.announce import Announcement, Hub, Outcome, announce, connect
from changecast.batches import Answer, Record, each_record
from changecast.drops import (
    Drop,
    drop_of,
    keep_announced,
    keep_draft,
    keep_rejected,
    read,
    remove,
)
from changecast.errors import ContractError, Retry
from changecast.event import EVENT_LIMIT
from changecast.metadata import MetadataFault
from changecast.metrics import count, measured
from changecast.records import revisions
from changecast.settings import Intake

log = logging.getLogger("changecast")
settings = Intake.from_env()
s3 = boto3.client("s3")
sns = boto3.client("sns")


def handler(event: dict[str, Any], context: object) -> Answer:
    """Take in every file of the batch; one that fails goes back to the queue alone."""
    return each_record(event, take_in)


def take_in(record: Record) -> None:
    """Announce one dropped file, or reject it with a reason; gone files were taken in before."""
    drop = drop_of(record["body"])
    body = read(s3, drop, EVENT_LIMIT) if drop.is_file else None
    if body is None:
        return
    try:
        announced = announce_once(connect(table=settings.status_table), drop, body)
    except ContractError as fault:
        if fault.code == "busy":
            raise Retry(fault.message) from fault
        reject(drop, fault)
    else:
        file(drop, body, announced)
    remove(s3, drop)


def announce_once(hub: Hub, drop: Drop, body: bytes) -> Announcement:
    """Announce a document, unless its content was announced before: then nothing is put."""
    who = f"account {drop.requester} by the file {drop.key}"
    rehearsed = announce(body, hub=hub, announced_by=who, dry_run=True)
    was_put = any(
        one.revision == rehearsed.revision and one.put_at
        for one in revisions(hub.table, rehearsed.change_id)
    )
    if was_put:
        return replace(rehearsed, outcome=Outcome.ANNOUNCED_AGAIN)
    if rehearsed.outcome is Outcome.DRAFT:
        return rehearsed
    return announce(body, hub=hub, announced_by=who)


def file(drop: Drop, body: bytes, announced: Announcement) -> None:
    """Put the document where it belongs."""
    if announced.outcome is Outcome.DRAFT:
        key = keep_draft(s3, drop)
    else:
        key = keep_announced(s3, drop, body, announced.change_id, announced.revision)
    measured({"outcome": announced.outcome.value}, {"Files": count(1)})
    extra = {
        "change_id": announced.change_id,
        "revision": announced.revision,
        "outcome": announced.outcome.value,
        "kept_as": key,
    }
    log.info("taken in", extra=extra)


def reject(drop: Drop, fault: ContractError) -> None:
    """Put a document aside with every fault, and tell people."""
    key = keep_rejected(s3, drop, reason_of(drop, fault))
    alert = alerts.rejected_file(drop.key, fault.message, f"s3://{drop.bucket}/{key}")
    alerts.publish(sns, settings.alerts_topic_arn, alert)
    measured({"outcome": "rejected"}, {"Files": count(1)})
    log.warning("rejected", extra={"kept_as": key, "code": fault.code})


def reason_of(drop: Drop, fault: ContractError) -> str:
    """What a person reads who looks for their file."""
    lines = [f"{drop.key} was not announced; nobody was told.", ""]
    if isinstance(fault, MetadataFault):
        lines += [f"{one.path}: {one.message}" for one in fault.faults]
    else:
        lines += [f"{fault.code}: {fault.message}"]
    return "\n".join([*lines, "", "Mend the document and put it under incoming/ again.", ""])
