"""X-Ray in one place: botocore is patched, and our steps are subsegments with annotations.

Lambda creates the segment; a function can annotate only its own subsegments.
https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-python-subsegments.html
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aws_xray_sdk import global_sdk_config
from aws_xray_sdk.core import patch, xray_recorder
from aws_xray_sdk.core.emitters.udp_emitter import UDPEmitter

from changecast.lambdas.redaction import without_addresses

# https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids
_ROOT = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
INSIDE_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ


class Discreet(UDPEmitter):  # type: ignore[misc]
    """Sends traces without the addresses that AWS's error messages may contain."""

    def send_entity(self, entity: Any) -> None:
        """Send a segment or subsegment with everything inside it."""
        hide_addresses(entity)
        super().send_entity(entity)


def hide_addresses(entity: Any) -> None:
    """Remove addresses from the exceptions of a segment or subsegment and everything inside it."""
    # `cause` is an id if the exception is recorded elsewhere already.
    exceptions = entity.cause.get("exceptions", ()) if isinstance(entity.cause, dict) else ()
    for exception in exceptions:
        exception.message = without_addresses(getattr(exception, "message", ""))
    for inner in entity.subsegments:
        hide_addresses(inner)


if INSIDE_LAMBDA:
    xray_recorder.configure(context_missing="IGNORE_ERROR", emitter=Discreet())
    patch(["botocore"])
else:
    global_sdk_config.set_sdk_enabled(False)


@contextmanager
def step(
    name: str, customer: str, change_id: str = "", revision: int = 0, run: str = ""
) -> Iterator[None]:
    """Open a subsegment that people find by change, customer and revision, never by an address."""
    with xray_recorder.in_subsegment(name):
        annotate(customer=customer, change_id=change_id, revision=revision, run=run)
        yield


def annotate(**values: str | int) -> None:
    """Add annotations to the current step; empty ones are left out."""
    subsegment = xray_recorder.current_subsegment()
    if subsegment is not None:
        for key, value in values.items():
            if value:
                subsegment.put_annotation(key, value)


def sender_trace_id(record: dict[str, Any]) -> str:
    """Return the trace of an SQS message's sender, else this invocation's own, else "".

    A function that reads from a queue has its own trace, linked to the sender's.
    """
    sent = record.get("attributes", {}).get("AWSTraceHeader", "")
    header = sent or os.environ.get("_X_AMZN_TRACE_ID", "")
    parts = dict(part.split("=", 1) for part in header.split(";") if "=" in part)
    root = parts.get("Root", "")
    return root if _ROOT.fullmatch(root) else ""  # written by the event's sender
