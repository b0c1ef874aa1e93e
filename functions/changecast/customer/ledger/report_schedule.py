"""The report schedule: one report per run is requested at a time, however much happens to it.

A report counts the whole run. With a report for every batch and every outcome, a run ten times as
long would cost a hundred times as much. So a function that changes a run marks it, queues a report
hint and then confirms the mark. It queues no hint if another function's confirmed mark is there; an
unconfirmed mark may be from a function that died in between. The reporter removes the mark before
it takes its number and counts, so the report contains everything that was written while the mark
was there. A mark that stays for long is stale: its hint may have been lost.
"""

from typing import Any

from botocore.exceptions import ClientError

from changecast.contract.errors import Retry
from changecast.customer.ledger.contention import ATTEMPTS, back_off, is_transaction_conflict
from changecast.customer.ledger.encoding import decode, encode
from changecast.customer.ledger.schema import run_key
from changecast.customer.ledger.table import Ledger
from changecast.lambdas.conditions import lost_condition

_MARK, _SINCE, _QUEUED = "report_asked_by", "report_asked_at", "report_queued"
# A report hint waits at most 15 minutes, and is retried after three.
_STALE_SECONDS = 1_800.0
# Longer runs are reported less often: one second between reports for this many batches.
BATCHES_A_SECOND = 20


def request_report(ledger: Ledger, run: str, asker: str, now: float) -> int | None:
    """Mark that a report of a run is about to be requested.

    The caller queues the hint, then confirms it (`confirm_request`). If it dies before that, its
    retry must queue a hint without asking.

    Args:
        asker: A name that no other call has.

    Returns:
        Seconds that the report may wait; None if a report is requested already.
    """
    # Usually one is requested already; reading that costs a fifth of a write.
    found = ledger.client.get_item(
        TableName=ledger.table,
        Key=run_key(run),
        ConsistentRead=True,
        ProjectionExpression=f"{_SINCE}, {_QUEUED}",
    )
    if _is_requested(decode(found.get("Item", {})), now):
        return None
    for attempt in range(ATTEMPTS):
        try:
            answer = ledger.client.update_item(
                TableName=ledger.table,
                Key=run_key(run),
                UpdateExpression=f"SET {_MARK} = :asker, {_SINCE} = :now REMOVE {_QUEUED}",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues=encode({":asker": asker, ":now": now}),
                ReturnValues="ALL_OLD",
            )
        except ClientError as error:
            if lost_condition(error):
                return None
            if not is_transaction_conflict(error):
                raise
            back_off(ledger, attempt)
        else:
            before = decode(answer["Attributes"])
            # If the client repeated the call, the mark is ours already, and not confirmed yet.
            return None if _is_requested(before, now) else before["batches"] // BATCHES_A_SECOND
    return 0


def confirm_request(ledger: Ledger, run: str, asker: str) -> None:
    """Note that a request's hint is queued, unless its report has begun."""
    try:
        ledger.client.update_item(
            TableName=ledger.table,
            Key=run_key(run),
            UpdateExpression=f"SET {_QUEUED} = :yes",
            ConditionExpression=f"{_MARK} = :asker",
            ExpressionAttributeValues=encode({":yes": True, ":asker": asker}),
        )
    except ClientError as error:
        # An unconfirmed mark costs one extra report.
        if not (lost_condition(error) or is_transaction_conflict(error)):
            raise


def _is_requested(run: dict[str, Any], now: float) -> bool:
    return _QUEUED in run and now < float(run[_SINCE]) + _STALE_SECONDS


def begin_report(ledger: Ledger, run: str) -> None:
    """Remove the mark before a report is made, so that later changes request another one.

    Raises:
        Retry: Too many other writers of the run.
    """
    for attempt in range(ATTEMPTS):
        try:
            ledger.client.update_item(
                TableName=ledger.table,
                Key=run_key(run),
                UpdateExpression=f"REMOVE {_MARK}, {_SINCE}, {_QUEUED}",
                ConditionExpression=f"attribute_exists({_MARK})",
            )
        except ClientError as error:
            if lost_condition(error):
                return
            if not is_transaction_conflict(error):
                raise
            back_off(ledger, attempt)
        else:
            return
    raise Retry(f"run {run} could not be reported, because it kept changing")
