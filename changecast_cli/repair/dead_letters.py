"""Dead letters of a queue: taken out to be looked at, and each given back unless it is dealt with.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from changecast_cli.failures import say

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# So long they are ours: for reading, for asking a person, and for sending them again.
HOLD_SECONDS = 900
MOST = 10_000
A_CALL = 10


@dataclass(frozen=True)
class DeadLetter:
    """One message with what can be read of it. `reason` is why it is here, where that is known."""

    body: str
    receipt: str
    change_id: str | None
    revision: int | None
    time: datetime | None
    reason: str

    @property
    def said(self) -> str:
        """The letter in a line, for people."""
        what = f"{self.change_id} revision {self.revision}" if self.change_id else "unreadable"
        return f"{what}: {self.reason or 'it failed again and again'}"


@contextmanager
def taken(sqs: "SQSClient", url: str) -> Iterator[list[DeadLetter]]:
    """Everything in the queue. What is not taken out of the list by `remove` goes back at once.

    Where the queue refuses that, people are told; what went wrong before is what is raised.
    """
    letters: list[DeadLetter] = []
    try:
        for letter in _receive(sqs, url):
            letters.append(letter)  # one by one: those before a call that fails go back too
        yield letters
    finally:
        kept = [letter for letter in letters if not _is_given_back(sqs, url, letter)]
        if kept:
            say(f"{len(kept)} dead letters come back to {url} in {HOLD_SECONDS // 60} minutes only")


def _is_given_back(sqs: "SQSClient", url: str, letter: DeadLetter) -> bool:
    try:
        sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )
    except (ClientError, BotoCoreError):
        return False
    return True


def remove(sqs: "SQSClient", url: str, letters: list[DeadLetter], letter: DeadLetter) -> None:
    """The letter is dealt with: it leaves the queue, and the list of those to give back."""
    sqs.delete_message(QueueUrl=url, ReceiptHandle=letter.receipt)
    letters.remove(letter)


def of_change(letters: Iterable[DeadLetter], change_id: str) -> list[DeadLetter]:
    """The letters about one change."""
    return [letter for letter in letters if letter.change_id == change_id]


def _receive(sqs: "SQSClient", url: str) -> Iterator[DeadLetter]:
    found = 0
    while found < MOST:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=A_CALL,
            VisibilityTimeout=HOLD_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
        found += len(messages)
        yield from map(letter_of, messages)


def letter_of(message: Any) -> DeadLetter:
    """A message of SQS, parked by us, buried by EventBridge or moved by SQS itself. Pure."""
    attributes = {
        name: value.get("StringValue", "")
        for name, value in message.get("MessageAttributes", {}).items()
    }
    event = _object(message["Body"])
    detail = _object(event.get("detail"))
    change_id, revision = detail.get("change_id"), detail.get("revision")
    return DeadLetter(
        message["Body"],
        message["ReceiptHandle"],
        change_id if isinstance(change_id, str) else None,
        revision if isinstance(revision, int) else None,
        _time(event.get("time")),
        attributes.get("reason") or attributes.get("ERROR_MESSAGE", ""),
    )


def _object(value: Any) -> dict[str, Any]:
    """A JSON object out of its text, or as it is; an empty one for anything else."""
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _time(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None
