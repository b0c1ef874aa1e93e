"""The ledger in DynamoDB: for every recipient of every run, what happened. Reading it.

Every function takes a Ledger first. Its items are in ledger_items.py; moves.py, agenda.py and
runs.py write it.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from changecast.clients import USER_AGENT
from changecast.ledger_items import (
    Batch,
    Head,
    Item,
    Recipient,
    Run,
    batch_key,
    batch_of,
    batch_pk,
    decode,
    encode,
    head_of,
    recipient_item_key,
    recipient_of,
    run_key,
    run_of,
)
from changecast.settings import WithLedger
from changecast.states import TOLD, State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEYS_A_CALL = 100
# A call that hangs must end well within a lease. Requests are made here and not by people, and to
# check each of a transaction's values again costs a third of the call.
PATIENCE = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 4},
    parameter_validation=False,
    user_agent=USER_AGENT,
)


@dataclass(frozen=True)
class Ledger:
    """Where the ledger is; items expire `keep` seconds after they are written.

    `window` (seconds) is how long an UNKNOWN recipient waits for evidence.
    """

    client: "DynamoDBClient"
    table: str
    keep: float
    window: float
    wait: Callable[[float], None] = time.sleep


def connect(settings: WithLedger) -> Ledger:
    """The ledger of the account that a function runs in, with the function's own role."""
    return Ledger(
        boto3.client("dynamodb", config=PATIENCE),
        settings.ledger_table,
        settings.keep_seconds,
        settings.window_seconds,
    )


def runs_of(ledger: Ledger, change_id: str) -> list[Run]:
    """Every run of a change in this account, oldest revision first."""
    pointers = query(
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
    items = query(
        ledger,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues=encode({":pk": batch_pk(run, number)}),
    )
    by_sk = {item["sk"]["S"]: item for item in items}
    head = by_sk.pop("batch", None)
    return batch_of(head, tuple(map(recipient_of, by_sk.values()))) if head else None


def read_recipient(ledger: Ledger, run: str, number: int, key: str) -> Recipient | None:
    """One recipient, None where the batch has none of that key."""
    answer = ledger.client.get_item(
        TableName=ledger.table, Key=recipient_item_key(run, number, key), ConsistentRead=True
    )
    return recipient_of(answer["Item"]) if "Item" in answer else None


def read_recipients(
    ledger: Ledger, wanted: Iterable[tuple[str, int, str]]
) -> dict[tuple[str, int], list[Recipient]]:
    """Recipients of any batches, each named by run, batch and key, read together.

    Comes back: those that there are, by run and batch; every batch that was asked for is in it.
    """
    names = set(wanted)
    found: dict[tuple[str, int], list[Recipient]] = {(run, number): [] for run, number, _ in names}
    batches = {batch_pk(*batch): batch for batch in found}
    keys = [recipient_item_key(*name) for name in names]
    for item in _get_all(ledger, keys):
        found[batches[item["pk"]["S"]]].append(recipient_of(item))
    return found


def batches_of(ledger: Ledger, run: Run) -> Iterator[Batch]:
    """Every batch of a run that is written, in order, with its recipients."""
    number = 1
    while batch := read_batch(ledger, run.run, number):
        yield batch
        number += 1


def counts(ledger: Ledger, run: Run) -> Counter[State]:
    """How many recipients of a run stand in each state: exact at the time of reading."""
    total: Counter[State] = Counter()
    for head in heads(ledger, run):
        total.update(head.counted)
    return total


def heads(ledger: Ledger, run: Run) -> Iterator[Head]:
    """Every batch of a run without its recipients, in no order."""
    keys = [batch_key(run.run, number) for number in range(1, run.batches + 1)]
    return map(head_of, _get_all(ledger, keys))


def told(ledger: Ledger, runs: Iterable[Run]) -> dict[str, int]:
    """Address -> the last of these runs' revisions that its owner was told; `runs` oldest first."""
    return {
        recipient.address: run.revision
        for run in runs
        for batch in batches_of(ledger, run)
        for recipient in batch.recipients
        if recipient.state in TOLD
    }


def query(ledger: Ledger, **arguments: Any) -> Iterator[Item]:
    """Every item of a query, page after page; consistent where the index allows it."""
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
        pause = 0.05
        while wanted:
            answer = ledger.client.batch_get_item(RequestItems=wanted)
            yield from answer["Responses"].get(ledger.table, [])
            if wanted := answer.get("UnprocessedKeys"):  # DynamoDB asks for less at a time
                ledger.wait(pause)
                pause = min(2 * pause, 1.0)
