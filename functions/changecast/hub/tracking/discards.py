"""Revisions that are void: announced by mistake, or put on the bus without `announce`."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key

from changecast.hub.tracking.items import change_row, put_once, query
from changecast.hub.tracking.queries import statuses
from changecast.hub.tracking.revisions import Record, revisions
from changecast.hub.tracking.schema import (
    DISCARDS,
    Row,
    change_key,
    discard_key,
    status_key,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True)
class Discard:
    """A void revision, who discarded it, and when (RFC 3339).

    `newest` was the newest valid revision at that time; customers may have skipped it. Where two
    persons announce, `approved_by` is the second, or `break_glass` the reason to do it without one,
    and `approved_hash` the SHA-256 of the proposal.
    """

    revision: int
    discarded_by: str
    discarded_at: str
    newest: int = 0
    approved_by: str = ""
    approved_hash: str = ""
    break_glass: str = ""


def discards(table: "Table", change_id: str) -> list[Discard]:
    """Return every void revision of the change, in order."""
    condition = Key("pk").eq(change_key(change_id)) & Key("sk").begins_with(DISCARDS)
    found = query(table, KeyConditionExpression=condition, ConsistentRead=True)
    return [
        Discard(
            int(item["revision"]),
            item["discarded_by"],
            item["discarded_at"],
            int(item["newest"]),
            item.get("approved_by", ""),
            item.get("approved_hash", ""),
            item.get("break_glass", ""),
        )
        for item in found
    ]


def standing_revisions(table: "Table", change_id: str) -> list[Record]:
    """Return the records of the change's revisions that are not void, oldest first."""
    void = {one.revision for one in discards(table, change_id)}
    return [one for one in revisions(table, change_id) if one.revision not in void]


def keep_discard(table: "Table", change_id: str, discard: Discard) -> None:
    """Note that a revision is void, and hide its statuses from people and watch."""
    put_once(table, discard_key(change_id, discard.revision) | _plain(discard))
    void_statuses(table, change_id, discard.revision)


def _plain(discard: Discard) -> Row:
    """Return the note without empty fields."""
    return {name: value for name, value in asdict(discard).items() if value != ""}


def void_statuses(table: "Table", change_id: str, revision: int) -> None:
    """Mark every status of a revision as void."""
    for row in statuses(table, change_id, revision):
        change_row(table, status_key(change_id, revision, row["customer"]), _voided)


def _voided(row: Row) -> Row:
    kept = {name: value for name, value in row.items() if name not in ("deadline", "finding")}
    return kept | {"discarded": True}
