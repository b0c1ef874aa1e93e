"""Original events, kept in the hub's table so that they can be announced again.

One or more items per revision: the compressed detail of its event, in parts below DynamoDB's limit
of 400 KB an item. Written once.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
"""

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key

from changecast.contract.change_announced import ChangeAnnounced
from changecast.hub.tracking.items import put_once, query
from changecast.hub.tracking.schema import change_key, originals_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

PART_BYTES = 350_000


@dataclass(frozen=True)
class Original:
    """The event for everybody.

    `confidential` says that each customer got its own event, with its part of this one.
    """

    detail: ChangeAnnounced
    confidential: bool


def keep(table: "Table", original: Original) -> None:
    """Store an original, unless it is there already."""
    detail = original.detail
    body = zlib.compress(detail.model_dump_json(exclude_none=True).encode())
    parts = [body[start : start + PART_BYTES] for start in range(0, len(body), PART_BYTES)]
    for number, part in enumerate(parts):
        item = {
            "pk": change_key(detail.change_id),
            "sk": f"{originals_of(detail.revision)}{number:02d}",
            "parts": len(parts),
            "confidential": original.confidential,
            "body": part,
        }
        put_once(table, item)


def kept(table: "Table", change_id: str, revision: int) -> Original | None:
    """Return the original of a revision; None if it was not stored completely."""
    condition = Key("pk").eq(change_key(change_id)) & Key("sk").begins_with(originals_of(revision))
    items = list(query(table, KeyConditionExpression=condition, ConsistentRead=True))
    if not items or len(items) != int(items[0]["parts"]):
        return None
    body = zlib.decompress(b"".join(bytes(item["body"]) for item in items))
    return Original(ChangeAnnounced.model_validate_json(body), bool(items[0]["confidential"]))
