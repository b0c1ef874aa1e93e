"""Lambda's own segments of an invocation, and the start of its trace.

A function that reads from a queue gets its own trace, linked to each sender's trace.
https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
"""

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from changecast_local.xray import store

# The trace of an event that a rule passed directly to a function.
_inbound: ContextVar[str] = ContextVar("inbound", default="")


@dataclass
class Traced:
    """One traced invocation. `header` is what the function finds in _X_AMZN_TRACE_ID.

    The caller sets `fault` to False if it succeeds.
    """

    header: str
    fault: bool = True


@contextmanager
def invocation(
    scope: store.Scope, config: Mapping[str, Any], event: Any, request_id: str
) -> Iterator[Traced]:
    """Trace an invocation; Lambda's two segments are stored when it is over."""
    caller = _fields(_inbound.get())
    trace_id = caller.get("Root") or new_trace_id(time.time())
    service, function = secrets.token_hex(8), secrets.token_hex(8)
    started, traced = time.time(), Traced(f"Root={trace_id};Parent={function};Sampled=1")
    try:
        yield traced
    finally:
        common = {
            "trace_id": trace_id,
            "name": config["FunctionName"],
            "start_time": started,
            "end_time": time.time(),
            "fault": traced.fault,
            "resource_arn": config["FunctionArn"],
            "aws": {"request_id": request_id},
        }
        links = list(_links(event))
        outer = {"id": service, "origin": "AWS::Lambda", "links": links}
        if "Parent" in caller:
            outer["parent_id"] = caller["Parent"]
        inner = {"id": function, "origin": "AWS::Lambda::Function", "parent_id": service}
        store.put(scope, common | outer)
        store.put(scope, common | inner)


@contextmanager
def inbound_trace(header: str) -> Iterator[None]:
    """Make invocations in the block continue this trace."""
    token = _inbound.set(header)
    try:
        yield
    finally:
        _inbound.reset(token)


def new_trace_id(at: float) -> str:
    """Return a trace id begun at `at` (epoch seconds): 1-<8 hex of it>-<24 random hex>."""
    return f"1-{int(at):08x}-{secrets.token_hex(12)}"


def _links(event: Any) -> Iterator[dict[str, Any]]:
    """Return one link for each sender of the messages in an SQS event."""
    records = event.get("Records", ()) if isinstance(event, dict) else ()
    headers = {
        record["attributes"].get("AWSTraceHeader", "")
        for record in records
        if isinstance(record, dict) and record.get("eventSource") == "aws:sqs"
    }
    for header in sorted(headers - {""}):
        fields = _fields(header)
        if "Root" in fields:
            yield {"trace_id": fields["Root"], "id": fields.get("Parent", "")}


def _fields(header: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in header.split(";") if "=" in part)
