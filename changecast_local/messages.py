"""Messages that AWS services themselves put into a queue."""

import hashlib
import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from ministack.core.concurrency import esm_wake
from ministack.services import sqs


def put_message(
    queue: dict[str, Any],
    body: str,
    *,
    trace_header: str = "",
    attributes: Mapping[str, str] | None = None,
) -> None:
    """Put a message into a standard queue. `trace_header` becomes the AWSTraceHeader."""
    now = time.time()
    system = {"SenderId": "AIDAEVENTBRIDGE", "SentTimestamp": str(int(now * 1000))}
    if trace_header:
        system["AWSTraceHeader"] = trace_header
    named = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in (attributes or {}).items()
    }
    message = {
        "id": str(uuid4()),
        "body": body,
        "md5_body": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "md5_attrs": sqs._md5_msg_attrs(named),
        "sent_at": now,
        "visible_at": now + sqs.queue_delay(queue),
        "message_attributes": named,
        "sys": system,
    }
    sqs._ensure_msg_fields(message)
    queue["messages"].append(message)
    esm_wake.set()
