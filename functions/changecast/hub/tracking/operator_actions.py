"""Operators' actions on deliveries: part of the change's history."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import uuid4

from boto3.dynamodb.conditions import Key

from changecast.hub.tracking.items import query, read_item
from changecast.hub.tracking.schema import ACTIONS, action_key, change_key, status_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


class Action(StrEnum):
    """An operator's action on a delivery."""

    RESUMED = "resumed"
    RELEASED = "released"
    DROPPED = "dropped"
    REDRIVEN = "redriven"
    REPLAYED = "replayed"
    REPAIRED = "repaired"


@dataclass(frozen=True)
class OperatorAction:
    """One action on one customer's delivery of a revision.

    `at` is RFC 3339. `after_seq` is the hub's newest report at that time: a report with a higher
    number came after the action, whatever the clocks say.
    """

    change_id: str
    revision: int
    to: str
    action: Action
    by: str
    at: str
    says: str = ""
    after_seq: int = 0


def note_actions(table: "Table", actions: Iterable[OperatorAction]) -> None:
    """Append actions to the histories of their changes."""
    for one in actions:
        table.put_item(Item={**action_key(one.change_id, one.at, uuid4().hex), **asdict(one)})


def actions_on(table: "Table", change_id: str) -> list[OperatorAction]:
    """Return every action on a change, oldest first."""
    condition = Key("pk").eq(change_key(change_id)) & Key("sk").begins_with(ACTIONS)
    found = query(table, KeyConditionExpression=condition, ConsistentRead=True)
    return [_action(item) for item in found]


def newest_report(table: "Table", change_id: str, revision: int, code: str) -> int:
    """Return the number of a customer's newest report about a revision; 0 if there is none."""
    return int(read_item(table, status_key(change_id, revision, code)).get("report_seq", 0))


def _action(item: Mapping[str, object]) -> OperatorAction:
    known = {name: item[name] for name in OperatorAction.__dataclass_fields__}
    numbers = {name: int(str(known[name])) for name in ("revision", "after_seq")}
    return OperatorAction(**{**known, **numbers, "action": Action(str(known["action"]))})  # type: ignore[arg-type]
