"""The hub's record of every revision: what was announced, to whom, by whom.

There is one item per revision. A conditional put writes it before the event is put, so that two
people cannot take the same revision.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key

from changecast.contract.change import Change, Window, fingerprint, utc
from changecast.contract.change_announced import ChangeAnnounced
from changecast.hub.tracking.items import put_once, query, read_items
from changecast.hub.tracking.schema import (
    REANNOUNCEMENTS,
    RECORDS,
    Row,
    change_key,
    due,
    reannouncement_key,
    record_key,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# Version of how documents are read and hashed; raise it with every such change. Records with
# another version recognize their document by `document_hash`, which does not depend on our reading.
HASH_VERSION = 2
PUT_WITHIN = timedelta(minutes=10)
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
ITEMS_A_CALL = 100
CODES_IN_A_LIST = 1_000


@dataclass(frozen=True)
class Record:
    """One announced revision.

    `withdrawn` are the customers that it no longer names. `put_at` is empty until its event was
    certainly put. `despite` is the reason to ignore a freeze or notice, `past` to accept a doubtful
    window, `notify_all` to mail everybody. Where two persons announce, `approved_by` is the second,
    or `break_glass` the reason to announce without one, and `approved_hash` the SHA-256 of the
    proposal.
    """

    change_id: str
    revision: int
    content_hash: str
    customers: tuple[str, ...]
    withdrawn: tuple[str, ...]
    announced_by: str
    announced_at: str
    event_id: str
    title: str
    status: str
    versioned: bool
    put_at: str = ""
    previous_revision: int = 0
    hash_version: int = HASH_VERSION
    document_hash: str = ""
    window_start: str = ""
    window_end: str = ""
    despite: str = ""
    past: str = ""
    notify_all: str = ""
    approved_by: str = ""
    approved_hash: str = ""
    break_glass: str = ""

    @property
    def window(self) -> Window | None:
        """When the change will happen; None if the document has no window."""
        if not self.window_start:
            return None
        return Window(start=self.window_start, end=self.window_end)  # type: ignore[arg-type]


def revisions(table: "Table", change_id: str) -> list[Record]:
    """Return every recorded revision of a change, oldest first."""
    condition = Key("pk").eq(change_key(change_id)) & Key("sk").begins_with(RECORDS)
    found = query(table, KeyConditionExpression=condition, ConsistentRead=True)
    return [_record(item) for item in found]


def records_of(table: "Table", named: Sequence[tuple[str, int]]) -> dict[str, Record]:
    """Return the existing records of these revisions, each of a different change, by change id.

    Items that DynamoDB leaves unprocessed are missing too: ask for them again.
    """
    keys = [record_key(change_id, revision) for change_id, revision in named]
    found: dict[str, Record] = {}
    for start in range(0, len(keys), ITEMS_A_CALL):
        for item in read_items(table, keys[start : start + ITEMS_A_CALL]):
            if item:
                found[item["change_id"]] = _record(item)
    return found


def reserve(table: "Table", record: Record) -> bool:
    """Write the record if the revision is free; return False if it is taken."""
    item = {
        **record_key(record.change_id, record.revision),
        **asdict(record),
        "customers": _packed(record.customers),
        "withdrawn": _packed(record.withdrawn),
        # For watch: an event follows its record within seconds, unless it failed.
        **due(utc(datetime.fromisoformat(record.announced_at) + PUT_WITHIN)),
    }
    return put_once(table, item)


def note_put(table: "Table", record: Record, at: datetime) -> None:
    """Note that the event is on the bus; otherwise, the next revision assumes it may not be."""
    if record.put_at:
        return
    table.update_item(
        Key=record_key(record.change_id, record.revision),
        UpdateExpression="SET put_at = :at REMOVE due_key, deadline",
        ExpressionAttributeValues={":at": utc(at)},
    )


def note_again(table: "Table", detail: ChangeAnnounced, code: str) -> None:
    """Note, for the audit, who announced a revision again, to which customer."""
    at, event_id = utc(detail.announced_at), str(detail.event_id)
    item: Row = reannouncement_key(detail.change_id, detail.revision, at, event_id) | {
        "revision": detail.revision,
        "to": code,
        "announced_at": at,
        "announced_by": detail.announced_by,
        "event_id": event_id,
        "reannounces": str(detail.reannounces),
    }
    table.put_item(Item=item, ConditionExpression=Attr("pk").not_exists())


def reannouncements(table: "Table", change_id: str) -> list[Row]:
    """Return every note that a revision of the change was announced again."""
    condition = Key("pk").eq(change_key(change_id)) & Key("sk").begins_with(REANNOUNCEMENTS)
    return list(query(table, KeyConditionExpression=condition))


def window_of(change: Change) -> tuple[str, str]:
    """Return a change's start and end as a record stores them; ("", "") without a window."""
    if change.window is None:
        return "", ""
    return utc(change.window.start), utc(change.window.end)


def content_hash(change: Change, customers: Sequence[str]) -> str:
    """Return the hash that makes two documents the same revision: content and customers."""
    return _hash(fingerprint(change), customers)


def document_hash(document: Mapping[str, Any], customers: Sequence[str]) -> str:
    """Return the hash of a document as handed in, independent of the order of its keys."""
    return _hash(json.dumps(document, sort_keys=True, ensure_ascii=False), customers)


def _hash(text: str, customers: Sequence[str]) -> str:
    return hashlib.sha256(f"{text}|{','.join(sorted(customers))}".encode()).hexdigest()


def _packed(codes: Sequence[str]) -> Any:
    """Return codes in the form of an item: as a list, thousands would not fit into 400 KB."""
    if len(codes) <= CODES_IN_A_LIST:
        return list(codes)
    return zlib.compress(",".join(codes).encode())


def _unpacked(kept: Any) -> tuple[str, ...]:
    if isinstance(kept, list):
        return tuple(kept)
    return tuple(zlib.decompress(bytes(kept)).decode().split(","))


def _record(item: dict[str, Any]) -> Record:
    return Record(
        change_id=item["change_id"],
        revision=int(item["revision"]),
        content_hash=item["content_hash"],
        customers=_unpacked(item["customers"]),
        withdrawn=_unpacked(item["withdrawn"]),
        announced_by=item["announced_by"],
        announced_at=item["announced_at"],
        event_id=item["event_id"],
        title=item["title"],
        status=item["status"],
        versioned=item["versioned"],
        put_at=item.get("put_at", ""),
        previous_revision=int(item.get("previous_revision", 0)),
        hash_version=int(item.get("hash_version", 1)),
        document_hash=item.get("document_hash", ""),
        window_start=item.get("window_start", ""),
        window_end=item.get("window_end", ""),
        despite=item.get("despite", ""),
        past=item.get("past", ""),
        notify_all=item.get("notify_all", ""),
        approved_by=item.get("approved_by", ""),
        approved_hash=item.get("approved_hash", ""),
        break_glass=item.get("break_glass", ""),
    )
