"""Handle a batch of SQS messages one by one or in groups; failed ones go back to the queue.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html (partial batches)
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import ChangecastError

log = logging.getLogger("changecast")

Record = dict[str, Any]
Group = list[Record]
Answer = dict[str, list[dict[str, str]]]


def came_before(record: Record) -> bool:
    """Return whether an earlier try may have done the work and died before it could report it."""
    return receives(record) > 1


def receives(record: Record) -> int:
    """Return how often the message has been received so far."""
    return int(record["attributes"]["ApproximateReceiveCount"])


def sent_at(record: Record) -> float:
    """Return when the message reached its queue (epoch seconds), the same for every try."""
    return int(record["attributes"]["SentTimestamp"]) / 1_000


def each_record(event: dict[str, Any], handle: Callable[[Record], None]) -> Answer:
    """Handle every record; the answer names those to retry.

    Only errors that we or AWS raise on purpose cause a retry; a bug fails the whole batch.
    """
    return each_group([[record] for record in event["Records"]], lambda group: handle(group[0]))


def each_group(groups: Iterable[Group], handle: Callable[[Group], None]) -> Answer:
    """Handle records in groups; if a group fails, handle its records one by one."""
    failed = []
    for group in groups:
        try:
            handle(group)
        except (ChangecastError, ClientError, BotoCoreError) as error:
            if len(group) > 1:
                failed += each_group([[record] for record in group], handle)["batchItemFailures"]
                continue
            log.warning(
                "the message failed; the queue delivers it again", extra={"error": str(error)[:500]}
            )
            failed.append({"itemIdentifier": group[0]["messageId"]})
    return {"batchItemFailures": failed}
