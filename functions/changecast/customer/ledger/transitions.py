"""Change recipients' states in the ledger, with their batch's counts, in one transaction.

So counts are exact, and a state never goes backwards. A transaction takes at most 100 items and is
cancelled as a whole if one condition fails; then the batch is read again and the rest is written.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError

from changecast.contract.errors import Retry
from changecast.customer.ledger.contention import ATTEMPTS, back_off, raise_unless_transient
from changecast.customer.ledger.encoding import Item, encode
from changecast.customer.ledger.schema import (
    DUE_BATCHES,
    Batch,
    Recipient,
    batch_key,
    due_at,
    recipient_item_key,
)
from changecast.customer.ledger.states import PROOFS, RecipientEvent, State, after
from changecast.customer.ledger.table import Ledger, read_batch, read_recipient

# Attributes that a move may change; only those that it does change are written.
_MOVING = ("state", "attempt", "owner", "lease_until", "since", "message_id", "code")
# DynamoDB's reserved words, for which an expression needs placeholders.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
_RESERVED = {"state": "#state", "owner": "#owner"}


class Move(NamedTuple):
    """An event about a recipient, given as last read.

    `at` is when (epoch seconds); 0 for now.
    """

    recipient: Recipient
    event: RecipientEvent
    message_id: str = ""
    code: str = ""
    at: float = 0.0


class Moved(NamedTuple):
    """The batch as it is now, and the recipients that this call moved."""

    batch: Batch
    recipients: tuple[Recipient, ...]


class Step(NamedTuple):
    """One recipient before and after."""

    was: Recipient
    now: Recipient


def claim(ledger: Ledger, batch: Batch, *, owner: str, lease: float, now: float) -> Moved:
    """Claim the right to call SES once for every planned recipient of the batch.

    No other call has this `owner`, so that a claim whose answer was lost is recognized as ours.

    Returns:
        The claimed recipients with their attempt increased; not those that another call claimed.
    """
    planned = [
        replace(recipient, owner=owner, lease_until=now + lease)
        for recipient in batch.recipients
        if recipient.state is State.PLANNED
    ]
    moves = [Move(recipient, RecipientEvent.CLAIMED) for recipient in planned]
    return move(ledger, batch, moves, now)


def move(
    ledger: Ledger,
    batch: Batch,
    moves: Sequence[Move],
    now: float,
    *,
    not_before: float | None = None,
) -> Moved:
    """Write events about one batch's recipients, with the batch's counts, in one transaction.

    Moves that change nothing and moves of an earlier attempt are left out. If another writer was
    faster, the batch is read again and the moves that still apply are written. `not_before` is the
    batch's new time (epoch seconds).

    Raises:
        Retry: Too many other writers of the batch.
    """
    done: tuple[Recipient, ...] = ()
    for attempt in range(ATTEMPTS):
        steps = _steps(batch, moves, now)
        if not steps:
            return Moved(batch, done)
        written = _after(batch, steps, not_before, ledger.window)
        try:
            _write(ledger, batch, written, steps)
        except (ClientError, HTTPClientError) as error:
            raise_unless_transient(error)
            back_off(ledger, attempt)
            batch = _read_again(ledger, batch)
            done += _applied_after_all(batch, steps)
        else:
            return Moved(written, done + tuple(step.now for step in steps))
    raise Retry(
        f"batch {batch.number} of run {batch.run} could not be written, because it kept changing"
    )


def _steps(batch: Batch, moves: Iterable[Move], now: float) -> list[Step]:
    """Return the changes that the moves still make to the batch as last read."""
    current = {recipient.key: recipient for recipient in batch.recipients}
    steps = []
    for item in moves:
        was = current.get(item.recipient.key)
        state = after(was.state, item.event) if was else None
        if was is None or state is None:
            continue
        if was.attempt == item.recipient.attempt or item.event in PROOFS:
            steps.append(Step(was, _moved(was, item, state, now)))
    return steps


def _moved(was: Recipient, item: Move, state: State, now: float) -> Recipient:
    """Return the recipient after the move. `since` restarts, and with it an UNKNOWN's window."""
    if item.event is RecipientEvent.CLAIMED:
        return replace(
            was,
            state=state,
            attempt=was.attempt + 1,
            owner=item.recipient.owner,
            lease_until=item.recipient.lease_until,
            since=now,
            code="",
        )
    return replace(
        was,
        state=state,
        since=item.at or now,
        message_id=item.message_id or was.message_id,
        code=item.code or was.code,
    )


def _after(batch: Batch, steps: Sequence[Step], not_before: float | None, window: float) -> Batch:
    moved = batch.with_moved(step.now for step in steps)
    if moved.version is None:
        return moved
    start = batch.not_before if not_before is None else not_before
    when = due_at(moved.recipients, not_before=start, window=window)
    return replace(moved, not_before=start, due_at=when, version=moved.version + 1)


def _read_again(ledger: Ledger, batch: Batch) -> Batch:
    if batch.version is not None:
        return read_batch(ledger, batch.run, batch.number) or replace(batch, recipients=())
    found = [read_recipient(ledger, batch.run, batch.number, r.key) for r in batch.recipients]
    return replace(batch, recipients=tuple(recipient for recipient in found if recipient))


def _applied_after_all(batch: Batch, steps: Iterable[Step]) -> tuple[Recipient, ...]:
    """Return the recipients whose steps were written although the answer was lost."""
    current = set(batch.recipients)
    return tuple(step.now for step in steps if step.now in current)


def _write(ledger: Ledger, batch: Batch, written: Batch, steps: Sequence[Step]) -> None:
    updates = [_recipient_update(ledger, batch, step) for step in steps]
    updates.append(_batch_update(ledger, batch, written, steps))
    ledger.client.transact_write_items(TransactItems=updates)  # type: ignore[arg-type]


def _recipient_update(ledger: Ledger, batch: Batch, step: Step) -> Item:
    """Return the write of a recipient's new state, on condition that it is unchanged since read.

    State and attempt together are the claim: each claim increases the attempt, so a writer that
    read an earlier attempt loses.
    """
    was, now = step
    sets = {name: value for name in _MOVING if (value := getattr(now, name)) != getattr(was, name)}
    expression, names = _setting(tuple(sets))
    values = {f":{name}": value for name, value in sets.items()}
    return {
        "Update": {
            "TableName": ledger.table,
            "Key": recipient_item_key(batch.run, batch.number, was.key),
            "UpdateExpression": expression,
            "ConditionExpression": "#state = :was AND attempt = :before",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": encode(
                values | {":was": was.state, ":before": was.attempt}
            ),
        }
    }


@lru_cache(maxsize=64)
def _setting(attributes: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """Return the expression that sets these attributes, and the names of its placeholders."""
    sets = [f"{_RESERVED.get(name, name)} = :{name}" for name in attributes]
    return "SET " + ", ".join(sets), {f"#{name}": name for name in attributes if name in _RESERVED}


def _batch_update(ledger: Ledger, batch: Batch, written: Batch, steps: Sequence[Step]) -> Item:
    """Return the write of the batch's counts and, if the whole batch was read, of its due time.

    Only a writer that has read the whole batch may decide when it is due, on condition of its
    version.
    """
    change: Counter[State] = Counter(step.now.state for step in steps)
    change.subtract(step.was.state for step in steps)
    values: dict[str, Any] = {f":n_{state}": n for state, n in change.items() if n}
    adds = [f"n_{state} :n_{state}" for state, n in change.items() if n]
    sets, condition = "", "attribute_exists(pk)"
    if batch.version is not None:
        adds.append("version :one")
        values |= {":one": 1, ":version": batch.version, ":not_before": written.not_before}
        sets, condition = "SET not_before = :not_before", "version = :version"
        if accepted := [step.now.since for step in steps if step.now.state is State.SENT]:
            sets += ", accepted_at = :accepted_at"
            values |= {":accepted_at": max(accepted)}
        if written.due_at is None:
            sets += " REMOVE due, due_at"
        else:
            sets += ", due = :due, due_at = :due_at"
            values |= {":due": DUE_BATCHES, ":due_at": written.due_at}
    return {
        "Update": {
            "TableName": ledger.table,
            "Key": batch_key(batch.run, batch.number),
            "UpdateExpression": f"{sets} ADD {', '.join(adds)}".strip(),
            "ConditionExpression": condition,
            "ExpressionAttributeValues": encode(values),
        }
    }
