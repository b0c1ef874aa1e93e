"""A report of a run that is asked for already, so that nobody asks for one more.

A report counts the whole run. Were one made for every batch and every outcome, a run ten times as
long would cost a hundred times as much. So whoever has news of a run leaves a mark on it and asks
for a report; whoever finds somebody else's mark need not ask. The report takes the mark away
before it takes its number and counts, so it says everything that was written beside the mark.
A mark that nobody took away for long is nobody's: whoever asked then may never be heard.
"""

from typing import Any

from botocore.exceptions import ClientError

from changecast.conditions import lost_condition
from changecast.contention import ATTEMPTS, is_moving, step_aside
from changecast.errors import Retry
from changecast.ledger import Ledger
from changecast.ledger_items import decode, encode, run_key

_MARK, _SINCE = "report_asked_by", "report_asked_at"
# A report waits 15 minutes at most, and is tried again after three.
_STALE_SECONDS = 1_800.0
# The longer a run, the rarer its reports: a second between them for so many batches.
BATCHES_A_SECOND = 20


def ask_once(ledger: Ledger, run: str, asker: str, now: float) -> int | None:
    """Mark that `asker`, a name unlike any other call's, is about to ask for a report of a run.

    Comes back: how many seconds the report may wait; None: somebody else has asked. Whoever dies
    before asking must ask without this when tried again.
    """
    found = ledger.client.get_item(TableName=ledger.table, Key=run_key(run), ConsistentRead=True)
    # Mostly somebody has; to read it is a fifth of the price of a write.
    if _is_asked(decode(found.get("Item", {})), now):
        return None
    for attempt in range(ATTEMPTS):
        try:
            answer = ledger.client.update_item(
                TableName=ledger.table,
                Key=run_key(run),
                UpdateExpression=f"SET {_MARK} = :asker, {_SINCE} = :now",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues=encode({":asker": asker, ":now": now}),
                ReturnValues="ALL_OLD",
            )
        except ClientError as error:
            if lost_condition(error):
                return None
            if not is_moving(error):
                raise
            step_aside(ledger, attempt)
        else:
            before = decode(answer["Attributes"])
            # Our own mark is there already where the client had to repeat the call.
            asked = _is_asked(before, now) and before[_MARK] != asker
            return None if asked else before["batches"] // BATCHES_A_SECOND
    return 0


def _is_asked(run: dict[str, Any], now: float) -> bool:
    return _MARK in run and now < float(run[_SINCE]) + _STALE_SECONDS


def take_up(ledger: Ledger, run: str) -> None:
    """A report is about to be made: what is written from here on needs to be asked for again.

    Raises Retry.
    """
    for attempt in range(ATTEMPTS):
        try:
            ledger.client.update_item(
                TableName=ledger.table,
                Key=run_key(run),
                UpdateExpression=f"REMOVE {_MARK}, {_SINCE}",
                ConditionExpression=f"attribute_exists({_MARK})",
            )
        except ClientError as error:
            if lost_condition(error):
                return
            if not is_moving(error):
                raise
            step_aside(ledger, attempt)
        else:
            return
    raise Retry(f"run {run} is too busy to be reported")
