"""Opening a run: first the run itself, then its recipients, batch by batch; twice is once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from changecast.contention import ATTEMPTS, lost_items, raise_unless_passing, step_aside
from changecast.errors import ContractError, Retry
from changecast.ledger import Ledger, batches_of, read_run
from changecast.ledger_items import (
    GRACE,
    MOST_IN_A_BATCH,
    Item,
    Recipient,
    Run,
    batch_key,
    encode,
    event_key,
    pointer_key,
    recipient_item_key,
    run_key,
    told_of,
)

# So long a plan may take before the sweep sends what it has written so far.
PLANNING = 2 * GRACE


def begin(ledger: Ledger, run: Run) -> Run:
    """Write down that this account knows the revision; comes back: the run as it stands.

    Whoever was first stays; the caller looks whether that run has the same content. Raises
    ContractError `event_id_reused` where the event was planned as another run, Retry.
    """
    for attempt in range(ATTEMPTS):
        if known := read_run(ledger, run.run):
            return known
        try:
            ledger.client.transact_write_items(TransactItems=_begun(ledger, run))  # type: ignore[arg-type]
        except (ClientError, HTTPClientError) as error:
            raise_unless_passing(error)
            _refuse_a_used_event(error, read_run(ledger, run.run))
            step_aside(ledger, attempt)
    raise Retry(f"run {run.run} is too busy to be opened")


def _begun(ledger: Ledger, run: Run) -> list[Item]:
    expiry = _expiry(ledger, run)
    used = event_key(run.event_id) | encode({"run": run.run} | expiry)
    pointer = pointer_key(run.change_id, run.revision) | encode({"run": run.run} | expiry)
    item = run_key(run.run) | encode(asdict(run) | expiry)
    table = {"TableName": ledger.table}
    absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    return [
        {"Put": table | absent | {"Item": used}},
        {"Put": table | {"Item": pointer}},
        {"Put": table | absent | {"Item": item}},
    ]


def _refuse_a_used_event(error: ClientError | HTTPClientError, known: Run | None) -> None:
    if known is None and isinstance(error, ClientError) and 0 in lost_items(error):
        raise ContractError(
            "event_id_reused", "the same event_id came with another change or revision"
        ) from error


def add_recipients(ledger: Ledger, run: Run, recipients: Sequence[Recipient], size: int) -> None:
    """Write a run's recipients in batches of `size`; again after a crash it adds who is missing.

    Two planners at once are safe: whoever writes batch n has read or written all before it, and a
    run that is complete takes no more. Raises Retry.
    """
    for attempt in range(ATTEMPTS):
        written = list(batches_of(ledger, run))
        known = {recipient.key for batch in written for recipient in batch.recipients}
        missing = [recipient for recipient in recipients if recipient.key not in known]
        groups = _groups(missing, min(size, MOST_IN_A_BATCH))
        try:
            for number, group in enumerate(groups, start=len(written) + 1):
                _write_batch(ledger, run, number, group)
        except (ClientError, HTTPClientError) as error:
            raise_unless_passing(error)
            if (stands := read_run(ledger, run.run)) and stands.complete:
                return
            step_aside(ledger, attempt)
        else:
            return
    raise Retry(f"run {run.run} is too busy to be planned")


def _groups(recipients: Sequence[Recipient], size: int) -> list[Sequence[Recipient]]:
    return [recipients[start : start + size] for start in range(0, len(recipients), size)]


def _write_batch(ledger: Ledger, run: Run, number: int, recipients: Sequence[Recipient]) -> None:
    """A batch, its recipients, and the run's totals, all or nothing."""
    head = {
        "run": run.run,
        "number": number,
        "change_id": run.change_id,
        "revision": run.revision,
        "version": 0,
        "due": "yes",
        "due_at": run.started_at + PLANNING,
    }
    head |= {f"n_{state}": n for state, n in Counter(r.state for r in recipients).items()}
    expiry = _expiry(ledger, run)
    items = [batch_key(run.run, number) | encode(head | expiry)]
    for recipient in recipients:
        key = recipient_item_key(run.run, number, recipient.key)
        items.append(key | encode(told_of(recipient) | expiry))
    absent = {"TableName": ledger.table, "ConditionExpression": "attribute_not_exists(pk)"}
    writes: list[Any] = [{"Put": absent | {"Item": item}} for item in items]
    totals = {":one": 1, ":planned": len(recipients), ":no": False}
    grown: Any = {
        "TableName": ledger.table,
        "Key": run_key(run.run),
        "UpdateExpression": "ADD batches :one, planned :planned",
        "ConditionExpression": "complete = :no",
        "ExpressionAttributeValues": encode(totals),
    }
    ledger.client.transact_write_items(TransactItems=[*writes, {"Update": grown}])


def _expiry(ledger: Ledger, run: Run) -> dict[str, int]:
    return {"expires_at": int(run.started_at + ledger.keep)}
