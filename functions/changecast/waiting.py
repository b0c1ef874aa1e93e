"""Which runs wait for somebody: marked in the ledger by the report, counted by the sweep.

A mark puts the run's own item into the sparse index, in a partition of its own beside the one of
`agenda`. It stays for as long as the run waits, so the alarm does too; a metric that were only
published when something happens would end after its first minutes.
"""

from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from changecast.conditions import lost_condition
from changecast.contention import is_moving
from changecast.errors import Retry
from changecast.ledger import Ledger, query
from changecast.ledger_items import DUE_INDEX, decode, encode, run_key

_PARTITION = "waiting"


class Waiting(NamedTuple):
    """Over all runs of the account: runs that are paused, and recipients that are held."""

    paused: int
    held: int


def mark(ledger: Ledger, run: str, *, paused: bool, held: int, seq: int, now: float) -> None:
    """Note whether a run waits for somebody, unless a later report (by `seq`) did.

    Raises Retry.
    """
    values: dict[str, Any] = {":seq": seq}
    change = "SET waiting_seq = :seq REMOVE due, due_at, held"
    if paused or held:
        values |= {":due": _PARTITION, ":now": now, ":held": held}
        change = "SET waiting_seq = :seq, due = :due, due_at = :now, held = :held"
    try:
        ledger.client.update_item(
            TableName=ledger.table,
            Key=run_key(run),
            UpdateExpression=change,
            ConditionExpression="attribute_exists(pk) AND attribute_not_exists(waiting_seq)"
            " OR waiting_seq < :seq",
            ExpressionAttributeValues=encode(values),
        )
    except ClientError as error:
        if is_moving(error):
            raise Retry(f"run {run} is too busy to be marked") from error
        if not lost_condition(error):
            raise


def waiting(ledger: Ledger) -> Waiting:
    """How much waits for somebody now."""
    marked = query(
        ledger,
        IndexName=DUE_INDEX,
        KeyConditionExpression="due = :due",
        ExpressionAttributeValues=encode({":due": _PARTITION}),
    )
    found = [decode(item) for item in marked]
    return Waiting(
        paused=sum(bool(one.get("paused")) for one in found),
        held=sum(int(one.get("held", 0)) for one in found),
    )
