"""Putting an announcement's events, with the segment that begins its trace.

Default sampling would drop most announcements, so the events carry Sampled=1 and whoever puts them
sends the first segment itself.
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import json
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from changecast.bus import put
from changecast.event import ChangeAnnounced
from changecast.outgoing import trace_id

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_xray import XRayClient

# A trace is worth no wait: where X-Ray does not answer, the announcement is made without it.
BRIEF = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 1})
SEGMENT = "changecast announce"
log = logging.getLogger("changecast")


def publish(
    events: "EventBridgeClient",
    xray: "XRayClient | None",
    announced: Sequence[ChangeAnnounced],
    entries: list[dict[str, Any]],
    clock: Callable[[], float] = time.time,
) -> None:
    """Put the entries of an announcement, and send its segment where X-Ray takes it. NotPut."""
    began, fault = clock(), True
    try:
        put(events, entries)
        fault = False
    finally:
        if xray is not None:
            _send(xray, segment(announced[0], began=began, ended=clock(), fault=fault))


def segment(
    announced: ChangeAnnounced, *, began: float, ended: float, fault: bool
) -> dict[str, Any]:
    """The segment that the events' TraceHeader names as their parent. Times are epoch seconds."""
    span = str(announced.traceparent).split("-")[2]
    times = {"start_time": began, "end_time": ended, "fault": fault}
    call = {
        "id": secrets.token_hex(8),
        "name": "Events",
        "namespace": "aws",
        "aws": {"operation": "PutEvents"},
    }
    return {
        "trace_id": trace_id(str(announced.traceparent)),
        "id": span,
        "name": SEGMENT,
        "annotations": {"change_id": announced.change_id, "revision": announced.revision},
        "subsegments": [call | times],
        **times,
    }


def _send(xray: "XRayClient", document: dict[str, Any]) -> None:
    try:
        xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(document)])
    except (ClientError, BotoCoreError) as error:
        log.debug("no segment of the trace was sent", extra={"reason": str(error)})
