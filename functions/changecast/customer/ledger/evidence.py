"""Whether SES's own events arrive, which the sweep must know before it sends a mail again.

SES puts events on the default bus, a rule puts them in the outcomes queue, and record_outcome
records them. If that flow is blocked, silence about a mail does not prove that it was never sent.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from changecast.customer.ledger.encoding import decode, encode
from changecast.customer.ledger.schema import BatchCounts, Run, account_key
from changecast.customer.ledger.states import ACCEPTED
from changecast.customer.ledger.table import Ledger
from changecast.lambdas.conditions import condition_holds

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_LAST_EVENT = account_key("events")
_MESSAGES: "tuple[QueueAttributeNameType, ...]" = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
# The clocks differ by less than this.
_SKEW = 20.0


class EventFlow(NamedTuple):
    """The flow of SES's events: those queued, including dead letters, and the newest one recorded.

    `last_event_at` is when SES put the newest event (epoch seconds), 0 if there is none.
    """

    queued: int
    last_event_at: float


def is_flowing(flow: EventFlow, run: Run, batches: Iterable[BatchCounts]) -> bool:
    """Return whether an event about a mail of this run would have been recorded by now. Pure.

    True if no event is queued, and the newest one is later than the run's last mail that SES is
    known to have accepted. If SES accepted none, any earlier event is enough.
    """
    if flow.queued:
        return False
    accepted = [max(batch.accepted_at, run.started_at) for batch in batches if _has_accepted(batch)]
    return flow.last_event_at + _SKEW >= max(accepted) if accepted else flow.last_event_at > 0


def _has_accepted(batch: BatchCounts) -> bool:
    return any(batch.counted[state] for state in ACCEPTED)


def note_event(ledger: Ledger, put_at: float) -> None:
    """Note that an event of SES, put at `put_at` (epoch seconds), was recorded."""
    condition_holds(
        lambda: ledger.client.update_item(
            TableName=ledger.table,
            Key=_LAST_EVENT,
            UpdateExpression="SET last_event_at = :at",
            ConditionExpression="attribute_not_exists(pk) OR last_event_at < :at",
            ExpressionAttributeValues=encode({":at": put_at}),
        )
    )


def read_event_flow(ledger: Ledger, sqs: "SQSClient", queues: tuple[str, ...]) -> EventFlow:
    """Read the current flow of events.

    `queues` are the URLs of the outcomes queue and its dead letters. SQS's counts settle within
    about a minute; a window is longer.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """
    found = ledger.client.get_item(TableName=ledger.table, Key=_LAST_EVENT, ConsistentRead=True)
    last_event_at = float(decode(found.get("Item", {})).get("last_event_at", 0.0))
    return EventFlow(sum(_messages_in(sqs, queue) for queue in queues), last_event_at)


def _messages_in(sqs: "SQSClient", queue: str) -> int:
    answer = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(_MESSAGES))
    return sum(int(answer["Attributes"][name]) for name in _MESSAGES)
