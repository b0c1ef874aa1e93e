"""A batch of SQS messages, each handled on its own or with its like: what fails goes back.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html (partial batches)
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from changecast.errors import ChangecastError

log = logging.getLogger("changecast")

Record = dict[str, Any]
Group = list[Record]
Answer = dict[str, list[dict[str, str]]]


def came_before(record: Record) -> bool:
    """Whether an earlier try may have done its work and died before it could say so."""
    return int(record["attributes"]["ApproximateReceiveCount"]) > 1


def each_record(event: dict[str, Any], handle: Callable[[Record], None]) -> Answer:
    """Handle every record; those that must be tried again are named in the answer.

    Only what we or AWS raise on purpose counts as "try again"; a bug fails the whole batch, loudly.
    """
    return each_group([[record] for record in event["Records"]], lambda group: handle(group[0]))


def each_group(groups: Iterable[Group], handle: Callable[[Group], None]) -> Answer:
    """The same for records that are handled together; where that fails, one after the other."""
    failed = []
    for group in groups:
        try:
            handle(group)
        except (ChangecastError, ClientError, BotoCoreError) as error:
            if len(group) > 1:
                failed += each_group([[record] for record in group], handle)["batchItemFailures"]
                continue
            log.warning("goes back to the queue", extra={"error": str(error)[:500]})
            failed.append({"itemIdentifier": group[0]["messageId"]})
    return {"batchItemFailures": failed}
