"""The hub's history: every report as received, and facts about announcements. Never expires."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Attr, Key

from changecast.contract.change import utc
from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.delivery_reported import DeliveryReported
from changecast.contract.envelope import Envelope
from changecast.contract.freeze import FreezeDeclared
from changecast.contract.rejections import identity
from changecast.contract.response_events import ResponseRecorded
from changecast.hub.tracking.findings import Cause
from changecast.hub.tracking.items import query, written
from changecast.hub.tracking.schema import (
    ItemKey,
    Row,
    due,
    fact_key,
    history_partition,
    report_key,
    unplaced_key,
)
from changecast.lambdas.conditions import condition_holds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def keep_report(
    table: "Table", reported: Envelope[DeliveryReported], now: datetime, *, is_own: bool
) -> None:
    """Append the report as received; a repeat is the same item and changes nothing."""
    written(table, report_item(reported, now, is_own=is_own), Attr("pk").not_exists())


def keep_forged(
    table: "Table",
    reported: Envelope[DeliveryReported] | Envelope[ResponseRecorded] | Envelope[FreezeDeclared],
    now: datetime,
) -> None:
    """Keep an event that an account put in another customer's name, so that watch can alert."""
    if isinstance(reported.detail, DeliveryReported):
        return keep_report(table, reported, now, is_own=False)
    detail = reported.detail
    about = {}
    if isinstance(detail, ResponseRecorded):
        about = {"change_id": detail.change_id, "revision": detail.revision}
    item = unplaced_key(reported.account, utc(reported.time), reported.id) | {
        "cause": Cause.FORGED.value,
        **about,
        "customer": detail.customer,
        "account": reported.account,
        "source": reported.source,
        "received_at": utc(now),
        **due(utc(now)),
    }
    written(table, item, Attr("pk").not_exists())
    return None


def report_item(reported: Envelope[DeliveryReported], now: datetime, *, is_own: bool) -> Row:
    """Return the item that stores a report."""
    detail = reported.detail
    item = detail.model_dump(mode="json", by_alias=True) | {
        "account": reported.account,
        "source": reported.source,
        "received_at": utc(now),
    }
    if is_own and detail.change_id is not None and detail.revision is not None:
        key = report_key(
            detail.change_id, detail.revision, detail.customer, detail.report_seq, reported.id
        )
    else:
        key = unplaced_key(reported.account, utc(reported.time), reported.id)
        item |= {"cause": (Cause.REJECTED if is_own else Cause.FORGED).value}
        item |= due(utc(now))
    return key | item


def note_fact(
    table: "Table", announced: Envelope[ChangeAnnounced], cause: Cause, message: str, now: datetime
) -> None:
    """Note what is wrong with an announcement, for watch to publish; once for each event."""
    detail = announced.detail
    item = fact_key(detail.change_id, detail.revision, cause, str(detail.event_id)) | {
        "cause": cause.value,
        "change_id": detail.change_id,
        "revision": detail.revision,
        "event_id": str(detail.event_id),
        "announced_by": detail.announced_by,
        "message": message,
        "found_at": utc(now),
        **due(utc(now)),
    }
    written(table, item, Attr("pk").not_exists())


def note_break_glass(
    table: "Table",
    change: tuple[str, int, str],
    *,
    event: str,
    person: str,
    reason: str,
    now: datetime,
) -> None:
    """Note that one person announced a revision alone, for watch to publish; once for each event.

    Args:
        change: Its id, its revision and its title.
    """
    change_id, revision, title = change
    item = fact_key(change_id, revision, Cause.BREAK_GLASS, event) | {
        "cause": Cause.BREAK_GLASS.value,
        "change_id": change_id,
        "revision": revision,
        "title": title,
        "event_id": event,
        "announced_by": person,
        "message": f"{person} announced the change alone, without approval: {reason}",
        "found_at": utc(now),
        **due(utc(now)),
    }
    written(table, item, Attr("pk").not_exists())


def note_not_understood(table: "Table", body: str, message: str, now: datetime) -> None:
    """Note that this hub cannot read the version of an event, for watch to publish."""
    envelope = json.loads(body)
    item = unplaced_key(envelope["account"], envelope["time"], envelope["id"]) | {
        "cause": Cause.VERSION_NOT_UNDERSTOOD.value,
        "account": envelope["account"],
        "message": message,
        "found_at": utc(now),
        **due(utc(now)),
    }
    written(table, item | identity(body), Attr("pk").not_exists())


def fact_in(item: Row) -> Row:
    """Return the fact in an item; an overdue record was reserved and perhaps never put."""
    if "cause" in item:
        return item
    says = f"{item['announced_by']} reserved it, but nothing confirms that it was put on the bus"
    found = {"cause": Cause.NOT_PUT.value, "message": says, "found_at": item["announced_at"]}
    return item | found


def claim_fact(table: "Table", item: Row, until: datetime) -> bool:
    """Return whether we may publish the fact; it is due again if we do not close it in time."""
    return condition_holds(
        lambda: table.update_item(
            Key={"pk": item["pk"], "sk": item["sk"]},
            UpdateExpression="SET deadline = :until",
            ConditionExpression=Attr("deadline").eq(item["deadline"]),
            ExpressionAttributeValues={":until": utc(until)},
        )
    )


def close_fact(table: "Table", key: ItemKey) -> None:
    """Close a fact that was published: it stays as a record, and is no longer due."""
    table.update_item(Key=key, UpdateExpression="REMOVE due_key, deadline")


def history(table: "Table", change_id: str, code: str) -> list[Row]:
    """Return every report of one customer about a change, by revision and `report_seq`."""
    condition = Key("pk").eq(history_partition(change_id, code))
    return list(query(table, KeyConditionExpression=condition, ConsistentRead=True))
