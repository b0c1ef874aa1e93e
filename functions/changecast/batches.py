"""A batch of SQS messages, each handled on its own: one that fails goes back alone.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html (partial batches)
"""

import logging
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from changecast.errors import ChangecastError

log = logging.getLogger("changecast")

Record = dict[str, Any]
Answer = dict[str, list[dict[str, str]]]


def each_record(event: dict[str, Any], handle: Callable[[Record], None]) -> Answer:
    """Handle every record; those that must be tried again are named in the answer.

    Only what we or AWS raise on purpose counts as "try again"; a bug fails the whole batch, loudly.
    """
    failed = []
    for record in event["Records"]:
        try:
            handle(record)
        except (ChangecastError, ClientError, BotoCoreError) as error:
            log.warning("goes back to the queue", extra={"error": str(error)[:500]})
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
