"""When somebody must look at which batch: the sparse index `due`, and what sets it.

The index lags behind the table, so whoever finds a batch there reads it again before acting.
"""

from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from changecast.conditions import lost_condition
from changecast.contention import is_moving
from changecast.ledger import Ledger, query
from changecast.ledger_items import DUE_INDEX, Batch, batch_key, batch_of, encode

PAGE = 500


def due(ledger: Ledger, now: float, limit: int = 3_000) -> list[Batch]:
    """Batches that somebody must look at by now, the longest waiting first, without recipients."""
    items = query(
        ledger,
        IndexName=DUE_INDEX,
        KeyConditionExpression="due = :due AND due_at <= :now",
        ExpressionAttributeValues=encode({":due": "yes", ":now": now}),
        Limit=PAGE,
    )
    return [batch_of(item) for item, _ in zip(items, range(limit), strict=False)]


def schedule(
    ledger: Ledger, batch: Batch, *, not_before: float, rate: float, look_at: float
) -> Batch | None:
    """When a batch may be sent, how fast (mails a second), and when the sweep looks at it again.

    None: somebody else decided meanwhile, and that stands.
    """
    sets = {"not_before": not_before, "rate": rate, "due": "yes", "due_at": look_at}
    if not _set(ledger, batch, sets):
        return None
    return replace(batch, not_before=not_before, rate=rate, due_at=look_at, version=_next(batch))


def look_at(ledger: Ledger, batch: Batch, when: float | None) -> None:
    """Note when the sweep looks at a batch again; None: never, all its recipients are done."""
    _set(ledger, batch, {} if when is None else {"due": "yes", "due_at": when})


def _set(ledger: Ledger, batch: Batch, sets: dict[str, Any]) -> bool:
    assigned = ", ".join(f"{name} = :{name}" for name in ("version", *sets))
    removed = "" if "due" in sets else " REMOVE due, due_at"
    values = {":version": _next(batch), ":read": batch.version}
    try:
        ledger.client.update_item(
            TableName=ledger.table,
            Key=batch_key(batch.run, batch.number),
            UpdateExpression=f"SET {assigned}{removed}",
            ConditionExpression="version = :read",
            ExpressionAttributeValues=encode(values | {f":{k}": v for k, v in sets.items()}),
        )
    except ClientError as error:
        if lost_condition(error) or is_moving(error):
            return False
        raise
    return True


def _next(batch: Batch) -> int:
    return (batch.version or 0) + 1
