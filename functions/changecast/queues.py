"""The account's own queues: they carry hints, the truth stands in the ledger."""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from changecast.errors import ContractError, Retry
from changecast.ledger_items import Batch
from changecast.messages import named, object_in

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY = 900
MESSAGES_A_CALL = 10
MOST_BATCHES = 99_999  # five digits, by which the ledger sorts them


def hint_delivery(run: str, number: int) -> str:
    """The message that says: look at this batch of this run."""
    return json.dumps({"v": 1, "run": run, "batch": number}, separators=(",", ":"))


def delivery_in(body: str) -> tuple[str, int]:
    """The run and the number of the batch that a hint names; ContractError where it names none."""
    hint = object_in(body)
    number = hint.get("batch")
    if type(number) is not int or not 0 < number <= MOST_BATCHES:
        raise ContractError("schema", "the message names no batch")
    return named(hint, "run"), number


def hint_report(run: str) -> str:
    """The message that says: report where this run stands."""
    return json.dumps({"v": 1, "run": run}, separators=(",", ":"))


def send_all(sqs: "SQSClient", queue: str, messages: Iterable[tuple[str, int]]) -> None:
    """Send (body, delay in seconds, at most 900) messages; Retry where the queue refuses one.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
    """
    for group in _tens(messages):
        entries: Any = [
            {"Id": str(index), "MessageBody": body, "DelaySeconds": min(MAX_DELAY, max(0, delay))}
            for index, (body, delay) in enumerate(group)
        ]
        failed = sqs.send_message_batch(QueueUrl=queue, Entries=entries).get("Failed", [])
        if failed:
            raise Retry(f"the queue refused {len(failed)} messages: {failed[0]['Code']}")


def send_deliveries(sqs: "SQSClient", queue: str, batches: Iterable[Batch], now: float) -> None:
    """Queue the hints for batches, each in time for its slot: up to a second early, never late."""
    messages = (
        (hint_delivery(batch.run, batch.number), int(batch.not_before - now)) for batch in batches
    )
    send_all(sqs, queue, messages)


def park(sqs: "SQSClient", dead_letters: str, body: str, *, code: str, message: str) -> None:
    """Put what can never become right among the dead letters, with the reason beside it."""
    sqs.send_message(
        QueueUrl=dead_letters,
        MessageBody=body,
        MessageAttributes={
            "code": {"DataType": "String", "StringValue": code},
            "reason": {"DataType": "String", "StringValue": message[:1_000] or code},
        },
    )


def _tens(messages: Iterable[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    group: list[tuple[str, int]] = []
    for message in messages:
        group.append(message)
        if len(group) == MESSAGES_A_CALL:
            yield group
            group = []
    if group:
        yield group
