"""Find the traces of a change in X-Ray, in one account.

https://docs.aws.amazon.com/xray/latest/devguide/xray-api-gettingdata.html
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from changecast_cli.trace.spans import Span, spans_of

if TYPE_CHECKING:
    from mypy_boto3_xray import XRayClient

TRACES_A_CALL = 5
# X-Ray refuses long time ranges; a change's traces begin within minutes of each other.
RANGE = timedelta(hours=6)
KEPT = timedelta(days=30)
MOST = 200


def find(
    xray: "XRayClient", expressions: Iterable[str], begin: datetime, end: datetime
) -> list[str]:
    """Return the ids of traces that match any filter expression, at most 200, oldest first."""
    found: dict[str, float] = {}
    for expression in expressions:
        for first, last in _ranges(begin, end):
            pages = xray.get_paginator("get_trace_summaries").paginate(
                StartTime=first, EndTime=last, FilterExpression=expression
            )
            for page in pages:
                for summary in page["TraceSummaries"]:
                    started = summary.get("StartTime", first)
                    found[summary["Id"]] = started.timestamp()
    return sorted(found, key=found.__getitem__)[:MOST]


def read(xray: "XRayClient", trace_ids: Iterable[str]) -> dict[str, list[Span]]:
    """Return each trace's spans; traces that X-Ray does not have are left out."""
    requested = list(dict.fromkeys(trace_ids))
    traces: dict[str, list[Span]] = {}
    for start in range(0, len(requested), TRACES_A_CALL):
        pages = xray.get_paginator("batch_get_traces").paginate(
            TraceIds=requested[start : start + TRACES_A_CALL]
        )
        for page in pages:
            for trace in page["Traces"]:
                documents = [json.loads(each["Document"]) for each in trace["Segments"]]
                if spans := spans_of(trace["Id"], documents):
                    traces[trace["Id"]] = spans
    return traces


def of_change(change_id: str, revision: int) -> str:
    """Return the filter for traces that carry the change's id."""
    return f'annotation.change_id = "{change_id}" AND annotation.revision = {revision}'


def of_run(run: str) -> str:
    """Return the filter for traces that know only the run."""
    return f'annotation.run = "{run}"'


def _ranges(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    while begin < end:
        yield begin, min(begin + RANGE, end)
        begin += RANGE
