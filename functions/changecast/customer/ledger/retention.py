"""How long the ledger keeps a change: until `LedgerTtlDays` (120) after the end of its window.

`LedgerTtlDays` is a parameter of the customer's stack (template.yaml), which the handlers read as
LEDGER_TTL_DAYS (customer/settings.py). It must exceed the hub's ArchiveDays by 15, which the doctor
checks (`ledger-days`). All runs of a change expire together.

If one run expired before the others, people would be told again, or would not be told that the
change is cancelled. So a moved window moves the expiry of all runs.
"""

import math
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from changecast.contract.errors import Retry
from changecast.customer.ledger.contention import ATTEMPTS, back_off, raise_unless_transient
from changecast.customer.ledger.encoding import Item, encode
from changecast.customer.ledger.schema import (
    Batch,
    Run,
    batch_key,
    event_key,
    pointer_of,
    recipient_item_key,
    run_key,
)
from changecast.customer.ledger.table import Ledger, all_batches, read_batch

DAY = 86_400


def expiry(ledger: Ledger, window_end: datetime | None, now: float) -> int:
    """Return until when (epoch seconds) to keep an announcement made now.

    The result is a full day, so that revisions of one day rarely differ and cause no new writes.
    """
    last = max(now, window_end.timestamp() if window_end else now)
    return math.ceil((last + ledger.keep) / DAY) * DAY


def keep_until(ledger: Ledger, run: Run, until: int) -> None:
    """Change when everything of a run expires in the ledger.

    The run itself is written last: after an interruption, everything is written again.

    Raises:
        Retry: Too many other writers of the run.
    """
    for batch in all_batches(ledger, run):
        _keep_batch_until(ledger, batch, until)
    keys = [
        event_key(run.event_id),
        pointer_of(run),
        run_key(run.run),
    ]
    for attempt in range(ATTEMPTS):
        if _written(ledger, keys, until):
            return
        back_off(ledger, attempt)
    raise Retry(f"the expiry of run {run.run} could not be set, because the run kept changing")


def _keep_batch_until(ledger: Ledger, batch: Batch, until: int) -> None:
    found: Batch | None = batch
    for attempt in range(ATTEMPTS):
        if found is None or _written(ledger, _keys(found), until):
            return
        back_off(ledger, attempt)
        found = read_batch(ledger, batch.run, batch.number)
    raise Retry(f"the expiry of run {batch.run} could not be set, because the run kept changing")


def _keys(batch: Batch) -> list[Item]:
    recipients = [recipient_item_key(batch.run, batch.number, r.key) for r in batch.recipients]
    return [batch_key(batch.run, batch.number), *recipients]


def _written(ledger: Ledger, keys: list[Item], until: int) -> bool:
    """Write all expiries or none; an item that DynamoDB has deleted must not be created again."""
    update: dict[str, Any] = {
        "TableName": ledger.table,
        "UpdateExpression": "SET expires_at = :until",
        "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeValues": encode({":until": until}),
    }
    writes: list[Any] = [{"Update": update | {"Key": key}} for key in keys]
    try:
        ledger.client.transact_write_items(TransactItems=writes)
    except (ClientError, HTTPClientError) as error:
        raise_unless_transient(error)
        return False
    return True
