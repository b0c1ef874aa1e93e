"""Dead letters of a queue: receive them to look at, and return each unless it is handled.

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
from changecast_cli.terminal import counted

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# How long we hold them: for reading, asking a person, and sending them again.
HIDDEN_SECONDS = 900
MOST = 10_000
A_CALL = 10


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter, as far as it can be read. `reason` is why it is here, if known.

    `refused` says that the account parked it because it breaks the contract.
    """

    body: str
    receipt: str
    change_id: str | None
    revision: int | None
    time: datetime | None
    reason: str
    refused: bool = False

    @property
    def said(self) -> str:
        """Return the letter in one line, for people."""
        what = f"{self.change_id} revision {self.revision}" if self.change_id else "unreadable"
        return f"{what}: {self.reason or 'it kept failing'}"


@contextmanager
def taken(sqs: "SQSClient", url: str) -> Iterator[list[DeadLetter]]:
    """Receive everything in the queue; letters that `remove` does not take out go back at once.

    If the queue refuses that, a warning is printed, and an earlier error is raised.
    """
    letters: list[DeadLetter] = []
    try:
        for letter in _receive(sqs, url):
            letters.append(letter)  # one by one, so that letters before a failed call go back too
        yield letters
    finally:
        kept = [letter for letter in letters if not _is_given_back(sqs, url, letter)]
        if kept:
            minutes = HIDDEN_SECONDS // 60
            say(
                f"{counted(len(kept), 'dead letter')} could not be returned to {url} immediately: "
                f"readable again in {minutes} minutes"
            )


def _is_given_back(sqs: "SQSClient", url: str, letter: DeadLetter) -> bool:
    try:
        sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )
    except (ClientError, BotoCoreError):
        return False
    return True


def remove(sqs: "SQSClient", url: str, letters: list[DeadLetter], letter: DeadLetter) -> None:
    """Delete a handled letter from the queue, and from the list of those to return."""
    sqs.delete_message(QueueUrl=url, ReceiptHandle=letter.receipt)
    letters.remove(letter)


def of_change(letters: Iterable[DeadLetter], change_id: str) -> list[DeadLetter]:
    """Return the letters about one change."""
    return [letter for letter in letters if letter.change_id == change_id]


def to_plan_again(letters: Iterable[DeadLetter]) -> list[DeadLetter]:
    """Return a change's letters that failed but do not break the contract."""
    return [letter for letter in letters if letter.change_id and not letter.refused]


def _receive(sqs: "SQSClient", url: str) -> Iterator[DeadLetter]:
    found = 0
    while found < MOST:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=A_CALL,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            MessageAttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
        found += len(messages)
        yield from map(letter_of, messages)


def letter_of(message: Any) -> DeadLetter:
    """Read an SQS message that we parked, EventBridge dead-lettered or SQS itself moved. Pure."""
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
        "code" in attributes,
    )


def _object(value: Any) -> dict[str, Any]:
    """Return a JSON object from its text, or as it is; an empty one for anything else."""
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
