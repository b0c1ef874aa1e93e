"""What the hub never forgets: every report as it came, and what was wrong with an announcement."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from changecast.change import utc
from changecast.conditions import lost_condition
from changecast.event import ChangeAnnounced, DeliveryReported, Envelope
from changecast.findings import Cause, Row
from changecast.rejections import identity
from changecast.status_items import ItemKey, query, written

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def keep_report(
    table: "Table", reported: Envelope[DeliveryReported], now: datetime, *, is_own: bool
) -> None:
    """Append the report as it came; the same event again is the same item, and stays as it is."""
    written(table, report_item(reported, now, is_own=is_own), Attr("pk").not_exists())


def report_item(reported: Envelope[DeliveryReported], now: datetime, *, is_own: bool) -> Row:
    """The report as the item that keeps it."""
    detail = reported.detail
    item = detail.model_dump(mode="json", by_alias=True) | {
        "account": reported.account,
        "source": reported.source,
        "received_at": utc(now),
    }
    if is_own and detail.change_id is not None and detail.revision is not None:
        key = {
            "pk": f"history#{detail.change_id}#{detail.customer}",
            "sk": f"{detail.revision:06d}#{detail.report_seq:012d}#{reported.id}",
        }
    else:
        key = {"pk": f"unplaced#{reported.account}", "sk": f"{utc(reported.time)}#{reported.id}"}
        item |= {"cause": (Cause.REJECTED if is_own else Cause.FORGED).value}
        item |= {"due_key": "due#0", "deadline": utc(now)}
    return key | item


def note_fact(
    table: "Table", announced: Envelope[ChangeAnnounced], cause: Cause, message: str, now: datetime
) -> None:
    """Keep what is wrong with an announcement, for watch to tell; once for each event."""
    detail = announced.detail
    item = {
        "pk": f"fact#{detail.change_id}",
        "sk": f"{detail.revision:06d}#{cause}#{detail.event_id}",
        "cause": cause.value,
        "change_id": detail.change_id,
        "revision": detail.revision,
        "event_id": str(detail.event_id),
        "announced_by": detail.announced_by,
        "message": message,
        "found_at": utc(now),
        "due_key": "due#0",
        "deadline": utc(now),
    }
    written(table, item, Attr("pk").not_exists())


def note_not_understood(table: "Table", body: str, message: str, now: datetime) -> None:
    """Keep that an event came in a version that is not read here, for watch to tell."""
    envelope = json.loads(body)
    item = {
        "pk": f"unplaced#{envelope['account']}",
        "sk": f"{envelope['time']}#{envelope['id']}",
        "cause": Cause.VERSION_NOT_UNDERSTOOD.value,
        "account": envelope["account"],
        "message": message,
        "found_at": utc(now),
        "due_key": "due#0",
        "deadline": utc(now),
    }
    written(table, item | identity(body), Attr("pk").not_exists())


def fact_in(item: Row) -> Row:
    """The fact that an item is; a record that is overdue was reserved, and never surely put."""
    if "cause" in item:
        return item
    says = f"{item['announced_by']} reserved it, and its event was never surely put on the bus"
    found = {"cause": Cause.NOT_PUT.value, "message": says, "found_at": item["announced_at"]}
    return item | found


def claim_fact(table: "Table", item: Row, until: datetime) -> bool:
    """Whether it is ours to tell; it is overdue again where we did not close it until then."""
    try:
        table.update_item(
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression="SET deadline = :until",
            ConditionExpression=Attr("deadline").eq(item["deadline"]),
            ExpressionAttributeValues={":until": utc(until)},
        )
    except ClientError as error:
        if not lost_condition(error):
            raise
        return False
    return True


def close_fact(table: "Table", key: ItemKey) -> None:
    """The fact was told: it stays as the record, and is overdue no more."""
    table.update_item(Key=key, UpdateExpression="REMOVE due_key, deadline")


def history(table: "Table", change_id: str, code: str) -> list[Row]:
    """Every report of one customer about a change, by revision and `report_seq`."""
    condition = Key("pk").eq(f"history#{change_id}#{code}")
    return list(query(table, KeyConditionExpression=condition, ConsistentRead=True))
