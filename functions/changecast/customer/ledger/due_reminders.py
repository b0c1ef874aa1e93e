"""Reminders to plan later: one item each, in the index `due` until it is settled.

When a reminder is due, planning/reminding.py decides from the runs whether it is still wanted. So
an item may outlive its cause: if a window moves, nothing has to be deleted here.
"""

from dataclasses import dataclass
from typing import Any

from changecast.customer.ledger.due_index import due_items
from changecast.customer.ledger.encoding import decode, encode
from changecast.customer.ledger.schema import (
    DUE_REMINDERS,
    due_reminder_key,
    reminder_run_id,
)
from changecast.customer.ledger.table import Ledger
from changecast.lambdas.conditions import condition_holds

MOST_AT_ONCE = 500


@dataclass(frozen=True)
class DueReminder:
    """A reminder of a change, `before` seconds before its start; times are epoch seconds.

    `version` counts how often it was expected; settling requires the latest version.
    """

    change_id: str
    starts_at: float
    before: float
    due_at: float = 0.0
    version: int = 0

    @property
    def run(self) -> str:
        """The id of its run."""
        return reminder_run_id(self.change_id, self.starts_at, self.before)


def expect_reminder(ledger: Ledger, due: DueReminder, expires_at: int) -> None:
    """Let the sweep find a reminder at its time, even if it was settled before."""
    ledger.client.update_item(
        TableName=ledger.table,
        Key=due_reminder_key(due.change_id, due.starts_at, due.before),
        UpdateExpression="SET change_id = :change, due = :due, due_at = :at, expires_at = :until "
        "ADD version :one",
        ExpressionAttributeValues=encode(
            {
                ":change": due.change_id,
                ":due": DUE_REMINDERS,
                ":at": due.due_at,
                ":until": expires_at,
                ":one": 1,
            }
        ),
    )


def due_reminders(ledger: Ledger, now: float) -> list[DueReminder]:
    """Return the reminders that are due, oldest first; the index may lag behind the table."""
    return [_named(decode(item)) for item in due_items(ledger, DUE_REMINDERS, now, MOST_AT_ONCE)]


def read_due_reminder(ledger: Ledger, due: DueReminder) -> DueReminder | None:
    """Return a reminder as stored; None if it is settled."""
    key = due_reminder_key(due.change_id, due.starts_at, due.before)
    answer = ledger.client.get_item(TableName=ledger.table, Key=key, ConsistentRead=True)
    item = decode(answer.get("Item", {}))
    return _named(item) if "due" in item else None


def postpone_reminder(ledger: Ledger, due: DueReminder, when: float) -> bool:
    """Postpone a reminder; return False if another process has postponed or settled it."""
    return _changed(ledger, due, "SET due_at = :when", "due_at = :at", {":when": when})


def settle_reminder(ledger: Ledger, due: DueReminder) -> None:
    """Settle a reminder, unless it was expected again since it was read."""
    _changed(ledger, due, "REMOVE due, due_at", "version = :version", {})


def _changed(
    ledger: Ledger, due: DueReminder, change: str, condition: str, values: dict[str, Any]
) -> bool:
    known = {":at": due.due_at, ":version": due.version}
    compared = {name: value for name, value in known.items() if name in condition}
    return condition_holds(
        lambda: ledger.client.update_item(
            TableName=ledger.table,
            Key=due_reminder_key(due.change_id, due.starts_at, due.before),
            UpdateExpression=change,
            ConditionExpression=condition,
            ExpressionAttributeValues=encode(values | compared),
        )
    )


def _named(item: dict[str, Any]) -> DueReminder:
    """Parse an item; in the index it has no version."""
    _, start, before = item["sk"].split("#")
    change_id = item["pk"].removeprefix("change#")
    version = int(item.get("version", 0))
    return DueReminder(change_id, float(start), float(before), float(item["due_at"]), version)
