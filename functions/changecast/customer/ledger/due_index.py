"""The sparse index `due`: batches that the sweep must look at, and runs that need a person.

Each has a partition, sorted by time. The index lags behind the table: read a batch again before you
act on it. A run stays marked as long as it is paused or has held recipients, so that the alarm
lasts as long as its cause; a metric that is published once would end after minutes.
"""

from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from changecast.contract.errors import Retry
from changecast.customer.ledger.contention import is_transaction_conflict
from changecast.customer.ledger.encoding import Item, decode, encode
from changecast.customer.ledger.schema import (
    DUE_ATTENTION,
    DUE_BATCHES,
    DUE_INDEX,
    Batch,
    batch_key,
    batch_of,
    run_key,
)
from changecast.customer.ledger.table import Ledger, query
from changecast.lambdas.conditions import lost_condition

PAGE = 500


def due_batches(ledger: Ledger, now: float, limit: int = 3_000) -> list[Batch]:
    """Return the batches that are due, oldest first, without recipients."""
    return [batch_of(item) for item in due_items(ledger, DUE_BATCHES, now, limit)]


def due_items(ledger: Ledger, due: str, now: float, limit: int) -> list[Item]:
    """Return the due items of a kind, oldest first, without attributes that the index lacks.

    The index may be a moment behind the table.
    """
    found = query(
        ledger,
        IndexName=DUE_INDEX,
        KeyConditionExpression="due = :due AND due_at <= :now",
        ExpressionAttributeValues=encode({":due": due, ":now": now}),
        Limit=PAGE,
    )
    return list(islice(found, limit))


def schedule(
    ledger: Ledger, batch: Batch, *, not_before: float, rate: float, look_at: float
) -> Batch | None:
    """Set when a batch may be sent, how fast (mails a second), and when the sweep looks again.

    Returns:
        The batch as written; None if another writer has changed it since it was read.
    """
    sets = {"not_before": not_before, "rate": rate, "due": DUE_BATCHES, "due_at": look_at}
    if not _set(ledger, batch, sets):
        return None
    return replace(batch, not_before=not_before, rate=rate, due_at=look_at, version=_next(batch))


def set_due(ledger: Ledger, batch: Batch, when: float | None) -> None:
    """Set when the sweep looks at a batch again; None if all its recipients are done."""
    _set(ledger, batch, {} if when is None else {"due": DUE_BATCHES, "due_at": when})


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
        if lost_condition(error) or is_transaction_conflict(error):
            return False
        raise
    return True


def _next(batch: Batch) -> int:
    return (batch.version or 0) + 1


class Attention(NamedTuple):
    """What needs a person: the account's paused runs and held recipients, counted."""

    paused: int
    held: int


def mark_attention(
    ledger: Ledger, run: str, *, paused: bool, held: int, seq: int, now: float
) -> None:
    """Note whether a run needs a person, unless a later report (by `seq`) has noted it.

    Raises:
        Retry: A transaction has the run.
    """
    values: dict[str, Any] = {":seq": seq}
    change = "SET attention_seq = :seq REMOVE due, due_at, held"
    if paused or held:
        values |= {":due": DUE_ATTENTION, ":now": now, ":held": held}
        change = "SET attention_seq = :seq, due = :due, due_at = :now, held = :held"
    try:
        ledger.client.update_item(
            TableName=ledger.table,
            Key=run_key(run),
            UpdateExpression=change,
            ConditionExpression="attribute_exists(pk) AND attribute_not_exists(attention_seq)"
            " OR attention_seq < :seq",
            ExpressionAttributeValues=encode(values),
        )
    except ClientError as error:
        if is_transaction_conflict(error):
            raise Retry(
                f"could not record whether run {run} needs an operator, because the run kept "
                "changing"
            ) from error
        if not lost_condition(error):
            raise


def attention_needed(ledger: Ledger) -> Attention:
    """Return what needs a person now."""
    marked = query(
        ledger,
        IndexName=DUE_INDEX,
        KeyConditionExpression="due = :due",
        ExpressionAttributeValues=encode({":due": DUE_ATTENTION}),
    )
    found = [decode(item) for item in marked]
    return Attention(
        paused=sum(bool(one.get("paused")) for one in found),
        held=sum(int(one.get("held", 0)) for one in found),
    )
