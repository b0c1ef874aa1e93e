"""The hub's record of every revision: what was announced, for whom, by whom.

One item per revision, pk `change#<change id>`, sk `record#<revision, six digits>`, written by a
conditional put before the event is put, so that two people cannot take the same revision.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from changecast.change import utc
from changecast.conditions import lost_condition
from changecast.event import ChangeAnnounced

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

PUT_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Record:
    """One announced revision. `withdrawn` are those whom it drops; `put_at` is empty until its
    event was surely put.
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


def change_key(change_id: str) -> str:
    """The partition of everything that the hub knows of a change."""
    return f"change#{change_id}"


def revisions(table: "Table", change_id: str) -> list[Record]:
    """Every recorded revision of a change, oldest first."""
    condition = Key("pk").eq(change_key(change_id)) & Key("sk").begins_with("record#")
    found: list[dict[str, Any]] = []
    page = table.query(KeyConditionExpression=condition, ConsistentRead=True)
    found.extend(page["Items"])
    while "LastEvaluatedKey" in page:
        page = table.query(
            KeyConditionExpression=condition,
            ConsistentRead=True,
            ExclusiveStartKey=page["LastEvaluatedKey"],
        )
        found.extend(page["Items"])
    return [_record(item) for item in found]


def reserve(table: "Table", record: Record) -> bool:
    """Write the record if nobody has this revision yet; False if somebody has."""
    item = {
        **_key(record),
        **asdict(record),
        "customers": list(record.customers),
        "withdrawn": list(record.withdrawn),
        # For watch: whoever reserves a revision puts it within seconds, or tried in vain.
        "due_key": "due#0",
        "deadline": utc(datetime.fromisoformat(record.announced_at) + PUT_WITHIN),
    }
    try:
        table.put_item(Item=item, ConditionExpression=Attr("pk").not_exists())
    except ClientError as error:
        if lost_condition(error):
            return False
        raise
    return True


def note_put(table: "Table", record: Record, at: datetime) -> None:
    """Its event is on the bus. Without this note the next revision thinks that it may not be."""
    if record.put_at:
        return
    table.update_item(
        Key=_key(record),
        UpdateExpression="SET put_at = :at REMOVE due_key, deadline",
        ExpressionAttributeValues={":at": utc(at)},
    )


def note_again(table: "Table", detail: ChangeAnnounced, code: str) -> None:
    """For the audit: who announced a revision again, to which customer."""
    at = utc(detail.announced_at)
    table.put_item(
        Item={
            "pk": change_key(detail.change_id),
            "sk": f"again#{detail.revision:06d}#{at}#{detail.event_id}",
            "revision": detail.revision,
            "to": code,  # not `customer`: only status rows are in that index
            "announced_at": at,
            "announced_by": detail.announced_by,
            "event_id": str(detail.event_id),
            "reannounces": str(detail.reannounces),
        },
        ConditionExpression=Attr("pk").not_exists(),
    )


def _key(record: Record) -> dict[str, str]:
    return {"pk": change_key(record.change_id), "sk": f"record#{record.revision:06d}"}


def _record(item: dict[str, Any]) -> Record:
    return Record(
        change_id=item["change_id"],
        revision=int(item["revision"]),
        content_hash=item["content_hash"],
        customers=tuple(item["customers"]),
        withdrawn=tuple(item["withdrawn"]),
        announced_by=item["announced_by"],
        announced_at=item["announced_at"],
        event_id=item["event_id"],
        title=item["title"],
        status=item["status"],
        versioned=item["versioned"],
        put_at=item.get("put_at", ""),
    )
