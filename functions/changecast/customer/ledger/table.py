"""The ledger's table in DynamoDB: connecting to it and reading it.

Every function takes a Ledger first. `schema.py` documents the items; the modules beside this one
write them.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from changecast.customer.ledger.encoding import Item, decode, encode
from changecast.customer.ledger.schema import (
    ENDPOINT_BATCHES,
    Batch,
    BatchCounts,
    Recipient,
    Run,
    batch_counts_of,
    batch_fields,
    batch_key,
    batch_of,
    batch_pk,
    recipient_fields,
    recipient_item_key,
    recipient_of,
    run_key,
    run_of,
)
from changecast.customer.ledger.states import TOLD, State
from changecast.customer.settings import LedgerSettings
from changecast.lambdas.clients import USER_AGENT, light

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEYS_A_CALL = 100
# A call that hangs must end well within a lease. We build these requests ourselves, and botocore's
# check of a transaction's values costs a third of the call.
PATIENCE = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    parameter_validation=False,
    user_agent=USER_AGENT,
)

# The attributes that a Batch and its Recipients are made of, besides the sort key. botocore takes
# its time for each attribute that it reads, so the others are left at DynamoDB.
_NAMES_IN_A_BATCH = {f"#{name}": name for name in ("sk", *batch_fields(), *recipient_fields())}
_IN_A_BATCH = ", ".join(_NAMES_IN_A_BATCH)


@dataclass(frozen=True)
class Ledger:
    """The table, how long its items are kept (seconds), and how to wait.

    `window` is how long an UNKNOWN recipient waits for evidence (seconds).
    """

    client: "DynamoDBClient"
    table: str
    keep: float
    window: float
    wait: Callable[[float], None] = time.sleep


def connect(settings: LedgerSettings) -> Ledger:
    """Connect to the ledger of the account that the function runs in, with its own role."""
    return Ledger(
        light(boto3.client("dynamodb", config=PATIENCE)),
        settings.ledger_table,
        settings.keep_seconds,
        settings.window_seconds,
    )


def open_ledger(
    session: boto3.Session, table: str, *, keep: float = 0.0, window: float = 0.0
) -> Ledger:
    """Open a ledger with a person's own credentials."""
    return Ledger(session.client("dynamodb", config=PATIENCE), table, keep, window)


def runs_of(ledger: Ledger, change_id: str) -> list[Run]:
    """Return every run of a change in this account, oldest revision first."""
    return sorted(_pointed_at(ledger, change_id, "revision#"), key=lambda run: run.revision)


def reminders_of(ledger: Ledger, change_id: str) -> list[Run]:
    """Return every reminder of a change that was planned here, oldest first."""
    return sorted(_pointed_at(ledger, change_id, "reminder#"), key=lambda run: run.started_at)


def _pointed_at(ledger: Ledger, change_id: str, kind: str) -> Iterator[Run]:
    pointers = query(
        ledger,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
        ExpressionAttributeValues=encode({":pk": f"change#{change_id}", ":sk": kind}),
    )
    keys = [run_key(decode(pointer)["run"]) for pointer in pointers]
    return map(run_of, _get_all(ledger, keys))


def read_run(ledger: Ledger, run: str) -> Run | None:
    """Return a run; None if there is none with this id."""
    answer = ledger.client.get_item(TableName=ledger.table, Key=run_key(run), ConsistentRead=True)
    return run_of(answer["Item"]) if "Item" in answer else None


def read_batch(ledger: Ledger, run: str, number: int) -> Batch | None:
    """Return a batch with all its recipients; None if the run has no such number."""
    items = query(
        ledger,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=encode({":pk": batch_pk(run, number)}),
        ProjectionExpression=_IN_A_BATCH,
        ExpressionAttributeNames=_NAMES_IN_A_BATCH,
    )
    by_sk = {item["sk"]["S"]: item for item in items}
    head = by_sk.pop("batch", None)
    return batch_of(head, tuple(map(recipient_of, by_sk.values()))) if head else None


def read_recipient(ledger: Ledger, run: str, number: int, key: str) -> Recipient | None:
    """Return a recipient; None if the batch has none with this key."""
    answer = ledger.client.get_item(
        TableName=ledger.table, Key=recipient_item_key(run, number, key), ConsistentRead=True
    )
    return recipient_of(answer["Item"]) if "Item" in answer else None


def read_recipients(
    ledger: Ledger, requested: Iterable[tuple[str, int, str]]
) -> dict[tuple[str, int], list[Recipient]]:
    """Read recipients of several batches together, each by run, batch and key.

    Returns:
        The recipients that exist, by run and batch; every requested batch is a key.
    """
    names = set(requested)
    found: dict[tuple[str, int], list[Recipient]] = {(run, number): [] for run, number, _ in names}
    batches = {batch_pk(*batch): batch for batch in found}
    keys = [recipient_item_key(*name) for name in names]
    for item in _get_all(ledger, keys):
        found[batches[item["pk"]["S"]]].append(recipient_of(item))
    return found


def batches_of(ledger: Ledger, run: Run) -> Iterator[Batch]:
    """Return every batch of a run's mails so far, in order, with its recipients."""
    return _batches_from(ledger, run, 1)


def endpoint_batches(ledger: Ledger, run: Run) -> Iterator[Batch]:
    """Return the batches of a run's endpoints so far, in order, one for each."""
    return _batches_from(ledger, run, ENDPOINT_BATCHES + 1)


def all_batches(ledger: Ledger, run: Run) -> Iterator[Batch]:
    """Yield the batches of a run's mails, then those of its endpoints, if it has some."""
    yield from batches_of(ledger, run)
    if run.endpoints:
        yield from endpoint_batches(ledger, run)


def _batches_from(ledger: Ledger, run: Run, number: int) -> Iterator[Batch]:
    while batch := read_batch(ledger, run.run, number):
        yield batch
        number += 1


def counts(ledger: Ledger, run: Run) -> Counter[State]:
    """Count a run's recipients by state, exact at the time of reading."""
    total: Counter[State] = Counter()
    for batch in batch_counts(ledger, run):
        total.update(batch.counted)
    return total


def batch_counts(ledger: Ledger, run: Run) -> Iterator[BatchCounts]:
    """Return every batch of a run without its recipients, in no order."""
    keys = [batch_key(run.run, number) for number in range(1, run.batches + 1)]
    return map(batch_counts_of, _get_all(ledger, keys))


def revisions_told(ledger: Ledger, runs: Iterable[Run]) -> dict[str, int]:
    """Return the last revision that each address was told; `runs` are in order, oldest first.

    An endpoint's name takes the place of an address; it has no @, so it cannot be one.
    """
    return {
        recipient.address: run.revision
        for run in runs
        for batch in all_batches(ledger, run)
        for recipient in batch.recipients
        if recipient.state in TOLD
    }


def query(ledger: Ledger, **arguments: Any) -> Iterator[Item]:
    """Yield every item of a query, page by page; consistent if the index allows it."""
    consistent: Any = {} if "IndexName" in arguments else {"ConsistentRead": True}
    while True:
        page = ledger.client.query(TableName=ledger.table, **consistent, **arguments)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _get_all(ledger: Ledger, keys: list[Item]) -> Iterator[Item]:
    for start in range(0, len(keys), KEYS_A_CALL):
        requested: Any = {
            ledger.table: {"Keys": keys[start : start + KEYS_A_CALL], "ConsistentRead": True}
        }
        pause = 0.05
        while requested:
            answer = ledger.client.batch_get_item(RequestItems=requested)
            yield from answer["Responses"].get(ledger.table, [])
            if requested := answer.get("UnprocessedKeys"):  # DynamoDB accepts fewer at a time
                ledger.wait(pause)
                pause = min(2 * pause, 1.0)
