"""SQS in memory: delays, visibility, receive counts, dead letters."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from testbed.doubles.answers import refusal
from testbed.doubles.clock import Clock

_ids = itertools.count(1)


@dataclass
class Message:
    """One message; `visible_at` is when it can be received (again)."""

    body: str
    visible_at: float
    receives: int = 0
    sent_at: float = 0.0
    attributes: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: f"message-{next(_ids)}")

    def record(self) -> dict[str, Any]:
        """Return the message as Lambda hands it to a function."""
        return {
            "messageId": self.id,
            "receiptHandle": self.id,
            "body": self.body,
            "attributes": {
                "ApproximateReceiveCount": str(self.receives),
                "SentTimestamp": str(int(self.sent_at * 1_000)),
            },
        }


class Sqs:
    """What our code uses of the SQS client, and a look at the queues (by URL)."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.queues: dict[str, list[Message]] = {}

    def queue(self, url: str) -> list[Message]:
        """Return everything in a queue, delayed and in flight too."""
        return self.queues.setdefault(url, [])

    def bodies(self, url: str) -> list[str]:
        """Return what the messages say."""
        return [message.body for message in self.queue(url)]

    def send_message(self, *, QueueUrl: str, MessageBody: str, **more: Any) -> dict[str, Any]:  # noqa: N803
        """SendMessage."""
        delay = more.get("DelaySeconds", 0)
        self._send(QueueUrl, MessageBody, delay, more.get("MessageAttributes", {}))
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

    def change_message_visibility(self, **request: Any) -> dict[str, Any]:
        """ChangeMessageVisibility."""
        handle = request["ReceiptHandle"]
        for message in self.queue(request["QueueUrl"]):
            if message.id == handle:
                message.visible_at = self.clock.now + request["VisibilityTimeout"]
                return {}
        raise refusal("InvalidParameterValue", 400, "Reason: Message does not exist")

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        """GetQueueAttributes: how many messages are visible, in flight and delayed."""
        messages, now = self.queue(QueueUrl), self.clock.time()
        hidden = [message for message in messages if message.visible_at > now]
        numbers = {
            "ApproximateNumberOfMessages": len(messages) - len(hidden),
            "ApproximateNumberOfMessagesNotVisible": sum(m.receives > 0 for m in hidden),
            "ApproximateNumberOfMessagesDelayed": sum(m.receives == 0 for m in hidden),
        }
        return {"Attributes": {name: str(numbers[name]) for name in AttributeNames}}

    def _send(self, url: str, body: str, delay: int, attributes: dict[str, Any]) -> None:
        now = self.clock.now
        self.queue(url).append(Message(body, now + delay, sent_at=now, attributes=attributes))

    def due(self, url: str) -> list[Message]:
        """Return what can be received now."""
        return [message for message in self.queue(url) if message.visible_at <= self.clock.now]
