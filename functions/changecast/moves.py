"""Moving recipients in the ledger: a transition and its batch's counts in one transaction.

So counts are never estimates, and a state never goes backwards. A transaction takes at most 100
items and is cancelled as a whole when one condition fails: what lost is read again, and the rest is
written.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError

from changecast.contention import ATTEMPTS, raise_unless_passing, step_aside
from changecast.errors import Retry
from changecast.ledger import Ledger, read_batch, read_recipient
from changecast.ledger_items import (
    Batch,
    Item,
    Recipient,
    batch_key,
    due_at,
    encode,
    recipient_item_key,
)
from changecast.states import PROOFS, Happening, State, after

# What a move may change; only what it does change travels.
_MOVING = ("state", "attempt", "owner", "lease_until", "since", "message_id", "code")
# Those of them that an expression must call by another name: words of DynamoDB's own.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
_RESERVED = {"state": "#state", "owner": "#owner"}


class Move(NamedTuple):
    """What happened to a recipient, as it was when last read.

    `at` (epoch seconds) is when; 0 for just now.
    """

    recipient: Recipient
    happening: Happening
    message_id: str = ""
    code: str = ""
    at: float = 0.0


class Moved(NamedTuple):
    """The batch as it is now, and those of its recipients that this call moved."""

    batch: Batch
    recipients: tuple[Recipient, ...]


class Step(NamedTuple):
    """One recipient before and after."""

    was: Recipient
    now_is: Recipient


def claim(ledger: Ledger, batch: Batch, *, owner: str, lease: float, now: float) -> Moved:
    """Take the right to call SES once for every recipient of the batch that waits.

    Who was claimed comes back, one attempt further; who lost to another claim does not. `owner` is
    unlike any other call's, so that a claim whose answer was lost is known as our own.
    """
    waiting = [
        replace(recipient, owner=owner, lease_until=now + lease)
        for recipient in batch.recipients
        if recipient.state is State.PLANNED
    ]
    return move(ledger, batch, [Move(recipient, Happening.CLAIMED) for recipient in waiting], now)


def move(
    ledger: Ledger,
    batch: Batch,
    moves: Sequence[Move],
    now: float,
    *,
    not_before: float | None = None,
) -> Moved:
    """Write what happened to recipients of one batch, with the batch's counts, in one transaction.

    A move that changes nothing is left out, and so is one about an attempt that is over. Where
    somebody else was faster, the batch is read again and the moves that still hold are written.
    `not_before` (epoch seconds) is the batch's new time. Raises Retry where the table is too busy.
    """
    done: tuple[Recipient, ...] = ()
    for attempt in range(ATTEMPTS):
        steps = _steps(batch, moves, now)
        if not steps:
            return Moved(batch, done)
        after_ = _after(batch, steps, not_before, ledger.window)
        try:
            _write(ledger, batch, after_, steps)
        except (ClientError, HTTPClientError) as error:
            raise_unless_passing(error)
            step_aside(ledger, attempt)
            batch = _read_again(ledger, batch)
            done += _applied_after_all(batch, steps)
        else:
            return Moved(after_, done + tuple(step.now_is for step in steps))
    raise Retry(f"batch {batch.number} of run {batch.run} is too busy to be written")


def _steps(batch: Batch, moves: Iterable[Move], now: float) -> list[Step]:
    """What the moves still change, given the batch as it was read last."""
    current = {recipient.key: recipient for recipient in batch.recipients}
    steps = []
    for item in moves:
        was = current.get(item.recipient.key)
        state = after(was.state, item.happening) if was else None
        if was is None or state is None:
            continue
        if was.attempt == item.recipient.attempt or item.happening in PROOFS:
            steps.append(Step(was, _moved(was, item, state, now)))
    return steps


def _moved(was: Recipient, item: Move, state: State, now: float) -> Recipient:
    """The recipient after the move; `since` counts from here: an UNKNOWN's window starts now."""
    if item.happening is Happening.CLAIMED:
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
    moved = batch.now_with(step.now_is for step in steps)
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
    """What was written although the answer was lost: exactly what we wrote stands there."""
    current = set(batch.recipients)
    return tuple(step.now_is for step in steps if step.now_is in current)


def _write(ledger: Ledger, batch: Batch, after_: Batch, steps: Sequence[Step]) -> None:
    updates = [_recipient_update(ledger, batch, step) for step in steps]
    updates.append(_batch_update(ledger, batch, after_, steps))
    ledger.client.transact_write_items(TransactItems=updates)  # type: ignore[arg-type]


def _recipient_update(ledger: Ledger, batch: Batch, step: Step) -> Item:
    """One recipient's new state, on condition that nobody moved it since it was read.

    State and attempt together are the claim: an attempt is counted up by each claim, so whoever
    read an earlier attempt loses.
    """
    was, now_is = step
    new = {name: getattr(now_is, name) for name in _MOVING}
    sets = {name: value for name, value in new.items() if value != getattr(was, name)}
    values = {f":{name}": value for name, value in sets.items()}
    return {
        "Update": {
            "TableName": ledger.table,
            "Key": recipient_item_key(batch.run, batch.number, was.key),
            "UpdateExpression": "SET "
            + ", ".join(f"{_RESERVED.get(name, name)} = :{name}" for name in sets),
            "ConditionExpression": "#state = :was AND attempt = :before",
            "ExpressionAttributeNames": {f"#{name}": name for name in sets if name in _RESERVED},
            "ExpressionAttributeValues": encode(
                values | {":was": was.state, ":before": was.attempt}
            ),
        }
    }


def _batch_update(ledger: Ledger, batch: Batch, after_: Batch, steps: Sequence[Step]) -> Item:
    """The batch's counts; where the whole batch was read, also its due time and `accepted_at`.

    Who decides when a batch is due must have seen all of it: its version is the condition.
    """
    change: Counter[State] = Counter(step.now_is.state for step in steps)
    change.subtract(step.was.state for step in steps)
    values: dict[str, Any] = {f":n_{state}": n for state, n in change.items() if n}
    adds = [f"n_{state} :n_{state}" for state, n in change.items() if n]
    sets, condition = "", "attribute_exists(pk)"
    if batch.version is not None:
        adds.append("version :one")
        values |= {":one": 1, ":version": batch.version, ":not_before": after_.not_before}
        sets, condition = "SET not_before = :not_before", "version = :version"
        if taken := [step.now_is.since for step in steps if step.now_is.state is State.SENT]:
            sets += ", accepted_at = :accepted_at"
            values |= {":accepted_at": max(taken)}
        if after_.due_at is None:
            sets += " REMOVE due, due_at"
        else:
            sets += ", due = :due, due_at = :due_at"
            values |= {":due": "yes", ":due_at": after_.due_at}
    return {
        "Update": {
            "TableName": ledger.table,
            "Key": batch_key(batch.run, batch.number),
            "UpdateExpression": f"{sets} ADD {', '.join(adds)}".strip(),
            "ConditionExpression": condition,
            "ExpressionAttributeValues": encode(values),
        }
    }
