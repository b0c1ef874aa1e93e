"""SNS in memory: what is published to topics."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Published(NamedTuple):
    """One message, accepted by a topic."""

    topic: str
    message: str


class Sns:
    """What our code uses of the SNS client. `answer` may raise, `after` runs after a publish."""

    def __init__(self) -> None:
        self.published: list[Published] = []
        self.answer: Callable[[str], None] = lambda topic: None
        self.after: Callable[[Published], None] = lambda published: None

    def publish(self, *, TopicArn: str, Message: str) -> dict[str, Any]:  # noqa: N803
        """Publish."""
        self.answer(TopicArn)
        self.published.append(Published(TopicArn, Message))
        self.after(self.published[-1])
        return {"MessageId": f"sns-{len(self.published)}"}
