"""What was announced, whole: kept in the hub's table, so that it can be announced again.

One or more items per revision, pk `change#<change id>`, sk `original#<revision>#<part>`: the
compressed detail of its event, in parts below DynamoDB's 400 KB an item. Written once.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from changecast.conditions import lost_condition
from changecast.event import ChangeAnnounced
from changecast.records import change_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

PART_BYTES = 350_000


@dataclass(frozen=True)
class Original:
    """The event for everybody. `alone`: each customer got one of its own, with its part of it."""

    detail: ChangeAnnounced
    alone: bool


def keep(table: "Table", original: Original) -> None:
    """Write an original down; what is there already stays as it is."""
    detail = original.detail
    body = zlib.compress(detail.model_dump_json(exclude_none=True).encode())
    parts = [body[start : start + PART_BYTES] for start in range(0, len(body), PART_BYTES)]
    for number, part in enumerate(parts):
        item = {
            "pk": change_key(detail.change_id),
            "sk": f"{_prefix(detail.revision)}{number:02d}",
            "parts": len(parts),
            "alone": original.alone,
            "body": part,
        }
        _put_once(table, item)


def kept(table: "Table", change_id: str, revision: int) -> Original | None:
    """The original of a revision, None where it was not kept whole."""
    condition = Key("pk").eq(change_key(change_id)) & Key("sk").begins_with(_prefix(revision))
    items: list[dict[str, Any]] = []
    page = table.query(KeyConditionExpression=condition, ConsistentRead=True)
    items.extend(page["Items"])
    while "LastEvaluatedKey" in page:
        page = table.query(
            KeyConditionExpression=condition,
            ConsistentRead=True,
            ExclusiveStartKey=page["LastEvaluatedKey"],
        )
        items.extend(page["Items"])
    if not items or len(items) != int(items[0]["parts"]):
        return None
    body = zlib.decompress(b"".join(bytes(item["body"]) for item in items))
    return Original(ChangeAnnounced.model_validate_json(body), bool(items[0]["alone"]))


def _prefix(revision: int) -> str:
    return f"original#{revision:06d}#"


def _put_once(table: "Table", item: dict[str, Any]) -> None:
    try:
        table.put_item(Item=item, ConditionExpression=Attr("pk").not_exists())
    except ClientError as error:
        if not lost_condition(error):
            raise
