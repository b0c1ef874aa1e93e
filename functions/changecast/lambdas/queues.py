"""Send to SQS queues, and check each message's own result."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from changecast.contract.errors import Retry

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY = 900
SOON = 30
MESSAGES_A_CALL = 10


def send_all(sqs: "SQSClient", queue: str, messages: Iterable[tuple[str, int]]) -> None:
    """Send messages, each a body and a delay in seconds (at most 900); Retry if one is refused.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
    """
    for group in _tens(messages):
        entries: Any = [
            {"Id": str(index), "MessageBody": body, "DelaySeconds": min(MAX_DELAY, max(0, delay))}
            for index, (body, delay) in enumerate(group)
        ]
        failed = sqs.send_message_batch(QueueUrl=queue, Entries=entries).get("Failed", [])
        if failed:
            raise Retry(
                f"the queue refused {len(failed)} of {len(entries)} messages: {failed[0]['Code']}"
            )


def receive_again(sqs: "SQSClient", queue: str, record: dict[str, Any], receives: int) -> int:
    """Make a message visible again soon, but later each time, because the queue counts receives.

    Otherwise it would stay invisible for the queue's visibility timeout.

    Returns:
        Seconds until it is visible.
    """
    wait: int = min(MAX_DELAY, SOON * 2 ** (receives - 1))
    sqs.change_message_visibility(
        QueueUrl=queue, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=wait
    )
    return wait


def queue_anew(sqs: "SQSClient", queue: str, record: dict[str, Any], delay: int) -> None:
    """Queue a received message again, as a new one with the same trace."""
    trace = record["attributes"].get("AWSTraceHeader")
    attributes: Any = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    more: Any = {"MessageSystemAttributes": attributes} if trace else {}
    sqs.send_message(QueueUrl=queue, MessageBody=record["body"], DelaySeconds=delay, **more)


def park(sqs: "SQSClient", dead_letters: str, body: str, *, code: str, message: str) -> None:
    """Move a message that can never succeed to the dead-letter queue, with the reason."""
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
