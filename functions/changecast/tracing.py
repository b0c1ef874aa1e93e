"""X-Ray in one place: botocore is patched, and what we do shows as subsegments with annotations.

Lambda makes the segment; a function can annotate only subsegments of its own.
https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-python-subsegments.html
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from aws_xray_sdk import global_sdk_config
from aws_xray_sdk.core import patch, xray_recorder

INSIDE_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ

if INSIDE_LAMBDA:
    xray_recorder.configure(context_missing="IGNORE_ERROR")
    patch(["botocore"])
else:
    global_sdk_config.set_sdk_enabled(False)


@contextmanager
def step(name: str, *, customer: str, change_id: str, revision: int) -> Iterator[None]:
    """A subsegment that people find by change, customer and revision; never by an address."""
    with xray_recorder.in_subsegment(name) as subsegment:
        if subsegment is not None:
            subsegment.put_annotation("change_id", change_id)
            subsegment.put_annotation("customer", customer)
            subsegment.put_annotation("revision", revision)
        yield


def trace_id() -> str:
    """The X-Ray trace id of this invocation, "" outside Lambda."""
    header = os.environ.get("_X_AMZN_TRACE_ID", "")
    parts = dict(part.split("=", 1) for part in header.split(";") if "=" in part)
    return parts.get("Root", "")
