"""Put an announcement's events, and the segment that begins its trace.

Default sampling would drop most announcements. So the events carry Sampled=1, and their publisher
sends the first segment itself.
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import json
import logging
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.change_announced import ChangeAnnounced
from changecast.hub.announcing.events import Outgoing, trace_id
from changecast.lambdas.bus import NotPut, calls, put

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_xray import XRayClient

# Do not wait for a trace: if X-Ray does not answer, announce without it.
BRIEF = Config(connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 1})
SEGMENT = "changecast announce"
log = logging.getLogger("changecast")


def publish(
    events: "EventBridgeClient",
    xray: "XRayClient | None",
    announced: Sequence[ChangeAnnounced],
    outgoing: Sequence[Outgoing],
    clock: Callable[[], float] = time.time,
) -> None:
    """Put an announcement on its buses, and send its segment if X-Ray accepts it.

    Raises:
        NotPut: The message names the customers that were not reached; a repeat reaches them.
        ClientError: AWS refused the call, and there is only one bus.
    """
    began, fault = clock(), True
    try:
        _put_on_buses(events, outgoing)
        fault = False
    finally:
        if xray is not None:
            _send(xray, segment(announced[0], began=began, ended=clock(), fault=fault))


def _put_on_buses(events: "EventBridgeClient", outgoing: Sequence[Outgoing]) -> None:
    """Put on every bus; if one fails, the others are still reached."""
    if len({one.bus for one in outgoing}) == 1:
        put(events, [one.entry for one in outgoing])
        return
    failures = [each for call in _calls(outgoing) for each in _put_call(events, call)]
    if failures:
        raise NotPut(
            f"{'; '.join(failures)}. All other customers were reached. To reach "
            "these, announce the change again: nobody is mailed twice."
        )


def _calls(outgoing: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    by_entry = {id(one.entry): one for one in outgoing}
    for group in calls([one.entry for one in outgoing]):
        yield [by_entry[id(entry)] for entry in group]


def _put_call(events: "EventBridgeClient", call: Sequence[Outgoing]) -> Iterator[str]:
    """Put the entries of one call; if AWS refuses the whole call, put each bus's entries alone.

    Yields a sentence for each bus with customers that were not reached.
    """
    buses = sorted({one.bus for one in call})
    try:
        put(events, [one.entry for one in call])
    except NotPut as error:
        for bus in buses:
            yield from _said(bus, error, [one for one in call if one.entry in error.unsent])
    except ClientError as error:
        if len(buses) == 1:
            yield from _said(buses[0], error, call)
            return
        for bus in buses:
            yield from _put_call(events, [one for one in call if one.bus == bus])


def _said(bus: str, error: Exception, unsent: Sequence[Outgoing]) -> Iterator[str]:
    codes = [code for one in unsent if one.bus == bus for code in one.codes]
    if codes:
        yield f"{bus}: {error} (not reached: {', '.join(codes)})"


def segment(
    announced: ChangeAnnounced, *, began: float, ended: float, fault: bool
) -> dict[str, Any]:
    """Return the segment that the events' TraceHeader names as parent. Times are epoch seconds."""
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
        log.debug("the segment of the trace was not sent", extra={"reason": str(error)})
