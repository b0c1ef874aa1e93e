"""The ledger in DynamoDB: for every recipient of every run, what happened.

Every function takes a Ledger first, and the time as an argument. A transition and the counts of
its batch change in one transaction, so counts are never estimates. The items: ledger_items.py.

A transaction takes at most 100 items and is cancelled as a whole when one condition fails, with a
reason for each item: what lost its condition is left out, and the rest is written.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from changecast.errors import Retry
from changecast.ledger_items import (
    DUE_INDEX,
    Batch,
    Item,
    Recipient,
    Run,
    batch_key,
    batch_of,
    batch_pk,
    counts_of,
    decode,
    due_at,
    encode,
    recipient_item_key,
    recipient_of,
    run_key,
    run_of,
    value_of,
)
from changecast.states import TOLD, Happening, State, after

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS = 6
KEYS_A_CALL = 100
WITHDRAWAL = "withdrawn"


@dataclass(frozen=True)
class Ledger:
    """Where the ledger is; items expire `keep` seconds after they are written.

    `window` (seconds) is how long an UNKNOWN recipient waits for evidence.
    """

    client: "DynamoDBClient"
    table: str
    keep: float
    window: float


class Move(NamedTuple):
    """What happened to a recipient, as it was when last read."""

    recipient: Recipient
    happening: Happening
    message_id: str = ""
    code: str = ""


# ---------------------------------------------------------------------------------- reading


def runs_of(ledger: Ledger, change_id: str) -> list[Run]:
    """Every run of a change in this account, oldest revision first."""
    pointers = _query(
        ledger,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues=encode({":pk": f"change#{change_id}", ":sk": "revision#"}),
    )
    keys = [run_key(decode(pointer)["run"]) for pointer in pointers]
    return sorted((run_of(item) for item in _get_all(ledger, keys)), key=lambda run: run.revision)


def read_run(ledger: Ledger, run: str) -> Run | None:
    """One run, None where there is no such run."""
    answer = ledger.client.get_item(TableName=ledger.table, Key=run_key(run), ConsistentRead=True)
    return run_of(answer["Item"]) if "Item" in answer else None


def read_batch(ledger: Ledger, run: str, number: int) -> Batch | None:
    """One batch with all its recipients, None where there is no such batch."""
    items = list(
        _query(
            ledger,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=encode({":pk": batch_pk(run, number)}),
        )
    )
    head = [item for item in items if item["sk"] == {"S": "batch"}]
    recipients = tuple(recipient_of(item) for item in items if item not in head)
    return batch_of(head[0], recipients) if head else None


def batches_of(ledger: Ledger, run: Run) -> Iterator[Batch]:
    """Every batch of a run that is written, in order, with its recipients."""
    number = 1
    while batch := read_batch(ledger, run.run, number):
        yield batch
        number += 1


def counts(ledger: Ledger, run: Run) -> Counter[State]:
    """How many recipients of a run stand in each state: exact at the time of reading."""
    keys = [batch_key(run.run, number) for number in range(1, run.batches + 1)]
    total: Counter[State] = Counter()
    for item in _get_all(ledger, keys):
        total.update(counts_of(item))
    return total


def told(ledger: Ledger, runs: Iterable[Run]) -> dict[str, int]:
    """Address -> the last revision that its owner was told and that still holds.

    `runs` oldest first. A withdrawal takes back what was told before.
    """
    known: dict[str, int] = {}
    for run in runs:
        for batch in batches_of(ledger, run):
            for recipient in batch.recipients:
                if recipient.state in TOLD and run.kind == WITHDRAWAL:
                    known.pop(recipient.address, None)
                elif recipient.state in TOLD:
                    known[recipient.address] = run.revision
    return known


def due(ledger: Ledger, now: float, limit: int = 1_000) -> list[Batch]:
    """Batches that somebody must look at by now, the longest waiting first, without recipients."""
    items = _query(
        ledger,
        IndexName=DUE_INDEX,
        KeyConditionExpression="due = :due AND due_at <= :now",
        ExpressionAttributeValues=encode({":due": "yes", ":now": now}),
    )
    return [batch_of(item) for item, _ in zip(items, range(limit), strict=False)]


# ---------------------------------------------------------------------------------- planning


def open_run(ledger: Ledger, run: Run, recipients: Sequence[Recipient], size: int) -> Run:
    """Write a run and its recipients in batches of `size`; again after a crash it resumes.

    What is already written stays as it is; only who is missing is added. The run that comes back
    is complete: its batches and recipients are all there.
    """
    _write_run_once(ledger, run)
    written = list(batches_of(ledger, run))
    known = {recipient.key for batch in written for recipient in batch.recipients}
    missing = [recipient for recipient in recipients if recipient.key not in known]
    number = len(written)
    for start in range(0, len(missing), size):
        number += 1
        _write_batch_once(ledger, run, number, missing[start : start + size])
    return _complete(ledger, run, number, len(known) + len(missing))


def _write_run_once(ledger: Ledger, run: Run) -> None:
    pointer = {
        "pk": f"change#{run.change_id}",
        "sk": f"revision#{run.revision:06d}",
        "run": run.run,
        "expires_at": _expiry(ledger, run),
    }
    ledger.client.put_item(TableName=ledger.table, Item=encode(pointer))
    item = run_key(run.run) | encode(asdict(run) | {"expires_at": _expiry(ledger, run)})
    try:
        ledger.client.put_item(
            TableName=ledger.table, Item=item, ConditionExpression="attribute_not_exists(pk)"
        )
    except ClientError as error:
        if not _lost_condition(error):
            raise


def _write_batch_once(
    ledger: Ledger, run: Run, number: int, recipients: Sequence[Recipient]
) -> None:
    expiry = {"expires_at": _expiry(ledger, run)}
    head = {
        "run": run.run,
        "number": number,
        "change_id": run.change_id,
        "revision": run.revision,
        "due": "yes",
        "due_at": run.started_at,
        f"n_{State.PLANNED}": len(recipients),
    }
    items = [batch_key(run.run, number) | encode(head | expiry)]
    for recipient in recipients:
        values = {name: value for name, value in asdict(recipient).items() if name != "key"}
        key = recipient_item_key(run.run, number, recipient.key)
        items.append(key | encode(values | expiry))
    puts = [
        {
            "Put": {
                "TableName": ledger.table,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        for item in items
    ]
    ledger.client.transact_write_items(TransactItems=puts)  # type: ignore[arg-type]


def _complete(ledger: Ledger, run: Run, batches: int, planned: int) -> Run:
    whole = {"batches": batches, "planned": planned, "complete": True}
    _update_run(ledger, run.run, whole)
    return replace(run, batches=batches, planned=planned, complete=True)


def supersede(ledger: Ledger, run: Run, now: float) -> None:
    """Whoever still waits in this run is no longer sent to; what was claimed keeps its claim."""
    _update_run(ledger, run.run, {"superseded": True})
    for batch in batches_of(ledger, run):
        waiting = [r for r in batch.recipients if r.state is State.PLANNED]
        move(ledger, batch, [Move(r, Happening.SUPERSEDED) for r in waiting], now)


# ---------------------------------------------------------------------------------- moving


def claim(ledger: Ledger, batch: Batch, *, owner: str, lease: float, now: float) -> list[Recipient]:
    """Take the right to call SES once for every recipient of the batch that waits.

    Who was claimed comes back, one attempt further; who lost to another claim does not.
    """
    waiting = [
        replace(recipient, owner=owner, lease_until=now + lease)
        for recipient in batch.recipients
        if recipient.state is State.PLANNED
    ]
    return move(ledger, batch, [Move(r, Happening.CLAIMED) for r in waiting], now)


def move(
    ledger: Ledger,
    batch: Batch,
    moves: Iterable[Move],
    now: float,
    *,
    not_before: float | None = None,
) -> list[Recipient]:
    """Write what happened to recipients of one batch, with the batch's counts, in one transaction.

    A move that changes nothing is left out. So is one whose recipient is no longer as it was read:
    then somebody else knows better. Comes back: the recipients that this call moved, as they are
    now. Raises Retry where the table is too busy.
    """
    wanted = [pair for pair in map(_next, moves) if pair]
    later = batch.not_before if not_before is None else not_before
    for _ in range(ATTEMPTS):
        if not wanted:
            return []
        moved = [(before, _stamped(before, after_, now)) for before, after_ in wanted]
        try:
            _write(ledger, batch, moved, later)
        except ClientError as error:
            wanted = _still_possible(error, wanted)
        else:
            return [after_ for _, after_ in moved]
    raise Retry(f"batch {batch.number} of run {batch.run} is too busy to be written")


def _next(move_: Move) -> tuple[Recipient, Recipient] | None:
    """(as it was read, as it shall be), None where the happening changes nothing."""
    was = move_.recipient
    state = after(was.state, move_.happening)
    if state is None:
        return None
    claimed = move_.happening is Happening.CLAIMED
    return was, replace(
        was,
        state=state,
        attempt=was.attempt + claimed,
        message_id=move_.message_id or was.message_id,
        code=move_.code or was.code,
    )


def _stamped(was: Recipient, now_is: Recipient, now: float) -> Recipient:
    """`since` counts from the change of state; an UNKNOWN's window starts when it became so."""
    return now_is if was.state is now_is.state else replace(now_is, since=now)


def _write(
    ledger: Ledger, batch: Batch, moved: list[tuple[Recipient, Recipient]], not_before: float
) -> None:
    updates = [_recipient_update(ledger, batch, was, now_is) for was, now_is in moved]
    updates.append(_batch_update(ledger, batch, moved, not_before))
    ledger.client.transact_write_items(TransactItems=updates)  # type: ignore[arg-type]


def _recipient_update(ledger: Ledger, batch: Batch, was: Recipient, now_is: Recipient) -> Item:
    """One recipient's new state, on condition that nobody moved it since it was read.

    State and attempt together are the claim: an attempt is counted up by each claim, so whoever
    read an earlier attempt loses.
    """
    values = {
        ":state": now_is.state,
        ":attempt": now_is.attempt,
        ":owner": now_is.owner,
        ":lease": now_is.lease_until,
        ":since": now_is.since,
        ":message": now_is.message_id,
        ":code": now_is.code,
        ":was": was.state,
        ":before": was.attempt,
    }
    return {
        "Update": {
            "TableName": ledger.table,
            "Key": recipient_item_key(batch.run, batch.number, was.key),
            "UpdateExpression": "SET #state = :state, attempt = :attempt, #owner = :owner, "
            "lease_until = :lease, since = :since, message_id = :message, code = :code",
            "ConditionExpression": "#state = :was AND attempt = :before",
            "ExpressionAttributeNames": {"#state": "state", "#owner": "owner"},
            "ExpressionAttributeValues": encode(values),
        }
    }


def _batch_update(
    ledger: Ledger, batch: Batch, moved: list[tuple[Recipient, Recipient]], not_before: float
) -> Item:
    change: Counter[State] = Counter()
    for was, now_is in moved:
        change[now_is.state] += 1
        change[was.state] -= 1
    changed = {state: n for state, n in change.items() if n}
    values: dict[str, Any] = {f":{state}": n for state, n in changed.items()}
    adds = ", ".join(f"n_{state} :{state}" for state in changed)
    expression = f"ADD {adds}" if adds else ""
    if batch.recipients:
        by_key = {now_is.key: now_is for _, now_is in moved}
        whole = tuple(by_key.get(r.key, r) for r in batch.recipients)
        when = due_at(whole, not_before=not_before, window=ledger.window)
        values |= {":not_before": not_before}
        if when is None:
            expression += " SET not_before = :not_before REMOVE due, due_at"
        else:
            values |= {":due": "yes", ":due_at": when}
            expression += " SET not_before = :not_before, due = :due, due_at = :due_at"
    return {
        "Update": {
            "TableName": ledger.table,
            "Key": batch_key(batch.run, batch.number),
            "UpdateExpression": expression.strip(),
            "ExpressionAttributeValues": encode(values),
        }
    }


def _still_possible(
    error: ClientError, wanted: list[tuple[Recipient, Recipient]]
) -> list[tuple[Recipient, Recipient]]:
    """What is worth another try after a cancelled transaction: all but who lost the condition."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        raise error
    reasons: list[Any] = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code") for reason in reasons]
    if not set(codes) <= {"None", "ConditionalCheckFailed", "TransactionConflict"} or not codes:
        raise error
    return [
        pair
        for pair, code in zip(wanted, codes[: len(wanted)], strict=True)
        if code != "ConditionalCheckFailed"
    ]


# ---------------------------------------------------------------------------------- runs, batches


def schedule(
    ledger: Ledger, batch: Batch, *, not_before: float, rate: float, look_at: float
) -> None:
    """When a batch may be sent, how fast (mails a second), and when the sweep looks at it again."""
    values = {":nb": not_before, ":rate": rate, ":due": "yes", ":due_at": look_at}
    ledger.client.update_item(
        TableName=ledger.table,
        Key=batch_key(batch.run, batch.number),
        UpdateExpression="SET not_before = :nb, rate = :rate, due = :due, due_at = :due_at",
        ExpressionAttributeValues=encode(values),
    )


def settled(ledger: Ledger, batch: Batch, *, look_at: float | None) -> None:
    """Note when somebody must look at the batch again; None: never, all its recipients are done."""
    update: Any = {"UpdateExpression": "REMOVE due, due_at"}
    if look_at is not None:
        update = {
            "UpdateExpression": "SET due = :due, due_at = :due_at",
            "ExpressionAttributeValues": encode({":due": "yes", ":due_at": look_at}),
        }
    ledger.client.update_item(
        TableName=ledger.table, Key=batch_key(batch.run, batch.number), **update
    )


def pause(
    ledger: Ledger, run: str, *, class_: str, code: str, message: str, request_id: str, now: float
) -> None:
    """Stop a run: nobody calls SES for it until `resume`."""
    reason = {
        "paused": True,
        "reason_class": class_,
        "reason_code": code,
        "reason_message": message[:1_000],
        "reason_request_id": request_id,
        "reason_at": now,
    }
    _update_run(ledger, run, reason)


def note(ledger: Ledger, run: str, *, class_: str, code: str, message: str, now: float) -> None:
    """Keep why the latest recipient failed, for the report."""
    reason = {
        "reason_class": class_,
        "reason_code": code,
        "reason_message": message[:1_000],
        "reason_at": now,
    }
    _update_run(ledger, run, reason)


def resume(ledger: Ledger, run: str) -> None:
    """Let a paused run go on; the sweep queues what waits."""
    _update_run(ledger, run, {"paused": False})


def next_report(ledger: Ledger) -> int:
    """The number of this account's next report: 1, 2, 3, ..."""
    answer = ledger.client.update_item(
        TableName=ledger.table,
        Key=encode({"pk": "account", "sk": "report_seq"}),
        UpdateExpression="ADD report_seq :one",
        ExpressionAttributeValues=encode({":one": 1}),
        ReturnValues="UPDATED_NEW",
    )
    return int(decode(answer["Attributes"])["report_seq"])


def reserve_slots(
    ledger: Ledger, mails: int, *, rate: float, horizon: float, now: float
) -> float | None:
    """When `mails` more mails may start at `rate` a second, for all runs of the account together.

    None where that would be more than `horizon` seconds from now: ask again later.
    """
    key = encode({"pk": "account", "sk": "pace"})
    for _ in range(ATTEMPTS):
        found = ledger.client.get_item(TableName=ledger.table, Key=key, ConsistentRead=True)
        taken_until = decode(found.get("Item", {})).get("taken_until", 0.0)
        start = max(now, float(taken_until))
        if start - now > horizon:
            return None
        try:
            ledger.client.update_item(
                TableName=ledger.table,
                Key=key,
                UpdateExpression="SET taken_until = :until",
                ConditionExpression="attribute_not_exists(pk) OR taken_until = :was",
                ExpressionAttributeValues=encode(
                    {":until": start + mails / rate, ":was": float(taken_until)}
                ),
            )
        except ClientError as error:
            if not _lost_condition(error):
                raise
        else:
            return start
    raise Retry("the account's send slots are too busy to be taken")


# ---------------------------------------------------------------------------------- DynamoDB


def _update_run(ledger: Ledger, run: str, values: dict[str, Any]) -> None:
    names = {f"#{name}": name for name in values}
    sets = ", ".join(f"#{name} = :{name}" for name in values)
    ledger.client.update_item(
        TableName=ledger.table,
        Key=run_key(run),
        UpdateExpression=f"SET {sets}",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={f":{name}": value_of(value) for name, value in values.items()},
    )


def _query(ledger: Ledger, **arguments: Any) -> Iterator[Item]:
    consistent: Any = {} if "IndexName" in arguments else {"ConsistentRead": True}
    while True:
        page = ledger.client.query(TableName=ledger.table, **consistent, **arguments)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _get_all(ledger: Ledger, keys: list[Item]) -> Iterator[Item]:
    for start in range(0, len(keys), KEYS_A_CALL):
        wanted: Any = {
            ledger.table: {"Keys": keys[start : start + KEYS_A_CALL], "ConsistentRead": True}
        }
        while wanted:
            answer = ledger.client.batch_get_item(RequestItems=wanted)
            yield from answer["Responses"].get(ledger.table, [])
            wanted = answer.get("UnprocessedKeys")


def _lost_condition(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _expiry(ledger: Ledger, run: Run) -> int:
    return int(run.started_at + ledger.keep)
