"""Whether SES's own events arrive: what the sweep must know before a mail is sent once more.

SES puts them onto the default bus, a rule into the outcomes queue, and record_outcome writes them
down. Where that way is blocked, silence about a mail is no evidence that it never went out.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from changecast.conditions import lost_condition
from changecast.ledger import Ledger
from changecast.ledger_items import Head, Run, decode, encode
from changecast.states import ACCEPTED

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_HEARD = encode({"pk": "account", "sk": "outcomes"})
_WAITING: "tuple[QueueAttributeNameType, ...]" = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
# Clocks differ by less.
_SKEW = 20.0


class Channel(NamedTuple):
    """How many events wait to be written down, dead letters too, and when SES last spoke.

    `heard_at` is the time (epoch seconds) of the newest event that was written down, 0 for never.
    """

    waiting: int
    heard_at: float


def is_open(channel: Channel, run: Run, heads: Iterable[Head]) -> bool:
    """Whether an event about a mail of this run would have been written down. Pure.

    Nothing waits. Where SES took mails of the run it has spoken since it took the last of them that
    we know of; where it took none, it must do that SES was heard before.
    """
    if channel.waiting:
        return False
    taken = [max(head.accepted_at, run.started_at) for head in heads if _took_any(head)]
    return channel.heard_at + _SKEW >= max(taken) if taken else channel.heard_at > 0


def _took_any(head: Head) -> bool:
    return any(head.counted[state] for state in ACCEPTED)


def note_heard(ledger: Ledger, said_at: float) -> None:
    """Note that an event which SES put out at `said_at` (epoch seconds) was written down."""
    try:
        ledger.client.update_item(
            TableName=ledger.table,
            Key=_HEARD,
            UpdateExpression="SET heard_at = :at",
            ConditionExpression="attribute_not_exists(pk) OR heard_at < :at",
            ExpressionAttributeValues=encode({":at": said_at}),
        )
    except ClientError as error:
        if not lost_condition(error):
            raise


def read_channel(ledger: Ledger, sqs: "SQSClient", queues: tuple[str, ...]) -> Channel:
    """How the channel is now; `queues` are the URLs of the outcomes queue and its dead letters.

    SQS's counts settle within about a minute, a window is longer.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    """
    found = ledger.client.get_item(TableName=ledger.table, Key=_HEARD, ConsistentRead=True)
    heard_at = float(decode(found.get("Item", {})).get("heard_at", 0.0))
    return Channel(sum(_waiting(sqs, queue) for queue in queues), heard_at)


def _waiting(sqs: "SQSClient", queue: str) -> int:
    answer = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=list(_WAITING))
    return sum(int(answer["Attributes"][name]) for name in _WAITING)
