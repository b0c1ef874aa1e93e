"""SQS in memory: delays, visibility, receive counts, dead letters."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.answers import refusal
from tests.doubles.clock import Clock

_ids = itertools.count(1)


@dataclass
class Message:
    """One message; `visible_at` is when it can be received (again)."""

    body: str
    visible_at: float
    receives: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: f"message-{next(_ids)}")

    def record(self) -> dict[str, Any]:
        """The message as Lambda hands it to a function."""
        return {
            "messageId": self.id,
            "body": self.body,
            "attributes": {"ApproximateReceiveCount": str(self.receives)},
        }


class Sqs:
    """What our code uses of the SQS client, and a look at the queues (by URL)."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.queues: dict[str, list[Message]] = {}

    def queue(self, url: str) -> list[Message]:
        """Everything in a queue, delayed and in flight too."""
        return self.queues.setdefault(url, [])

    def bodies(self, url: str) -> list[str]:
        """What the messages say."""
        return [message.body for message in self.queue(url)]

    def send_message(self, *, QueueUrl: str, MessageBody: str, **more: Any) -> dict[str, Any]:  # noqa: N803
        """SendMessage."""
        self._send(QueueUrl, MessageBody, 0, more.get("MessageAttributes", {}))
        return {"MessageId": "m"}

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """SendMessageBatch."""
        if not 1 <= len(Entries) <= 10:
            raise refusal("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400)
        for entry in Entries:
            if not 0 <= entry["DelaySeconds"] <= 900:
                raise refusal("InvalidParameterValue", 400)
            self._send(QueueUrl, entry["MessageBody"], entry["DelaySeconds"], {})
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        """GetQueueAttributes: what can be received, is in flight, is delayed."""
        messages, now = self.queue(QueueUrl), self.clock.time()
        hidden = [message for message in messages if message.visible_at > now]
        numbers = {
            "ApproximateNumberOfMessages": len(messages) - len(hidden),
            "ApproximateNumberOfMessagesNotVisible": sum(m.receives > 0 for m in hidden),
            "ApproximateNumberOfMessagesDelayed": sum(m.receives == 0 for m in hidden),
        }
        return {"Attributes": {name: str(numbers[name]) for name in AttributeNames}}

    def _send(self, url: str, body: str, delay: int, attributes: dict[str, Any]) -> None:
        self.queue(url).append(Message(body, self.clock.now + delay, attributes=attributes))

    def due(self, url: str) -> list[Message]:
        """What can be received now."""
        return [message for message in self.queue(url) if message.visible_at <= self.clock.now]
