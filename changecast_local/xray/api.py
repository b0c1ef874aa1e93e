"""The X-Ray API, as far as people need it to find and read traces.

https://docs.aws.amazon.com/xray/latest/api/
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import (
    error_response_json,
    get_account_id,
    get_region,
    json_response,
)

from changecast_local.xray import store

Request = Mapping[str, Any]
Trace = list[store.Document]
_ANNOTATION = re.compile(
    r"""annotation(?:\.(?P<plain>\w+)|\[(?P<bracketed>\w+)\])\s*=\s*"?(?P<value>[^"]*)"?"""
)


def install() -> None:
    """Serve X-Ray, and let IAM know its actions."""
    router.SERVICE_PATTERNS["xray"] = {"host_patterns": [r"xray\."]}
    app.SERVICE_HANDLERS["xray"] = handle
    iam_actions.SERVICE_TO_IAM_NAMESPACE["xray"] = "xray"
    iam_actions._BOTOCORE_SERVICE_MAP["xray"] = ["xray"]


async def handle(_method: str, path: str, _headers: Any, body: bytes, _params: Any) -> Any:
    """Answer one request of the current account."""
    operation = OPERATIONS.get(path.rstrip("/"))
    if operation is None:
        return error_response_json(
            "InvalidRequestException", f"the embedded cloud does not serve {path}", 400
        )
    try:
        return json_response(operation((get_account_id(), get_region()), json.loads(body or b"{}")))
    except (ValueError, KeyError) as error:
        return error_response_json("InvalidRequestException", str(error), 400)


def put_segments(scope: store.Scope, request: Request) -> Request:
    """PutTraceSegments; anything but a segment is returned as unprocessed."""
    unprocessed = []
    for text in request["TraceSegmentDocuments"]:
        try:
            store.put(scope, json.loads(text))
        except (ValueError, KeyError, TypeError) as error:
            unprocessed.append({"ErrorCode": "ParseError", "Message": str(error)})
    return {"UnprocessedTraceSegments": unprocessed}


def summaries(scope: store.Scope, request: Request) -> Request:
    """GetTraceSummaries: by time, and by annotations joined with AND."""
    start, end = float(request["StartTime"]), float(request["EndTime"])
    filters = _filtered_by(request.get("FilterExpression") or "")
    every = store.traces(scope)
    found = [
        _summary(trace_id, segments)
        for trace_id, segments in every.items()
        if start <= _begin(segments) <= end and filters.items() <= _annotations(segments).items()
    ]
    return {"TraceSummaries": found, "TracesProcessedCount": len(every), "ApproximateTime": end}


def traces(scope: store.Scope, request: Request) -> Request:
    """BatchGetTraces: whole segments with everything inside."""
    every = store.traces(scope)
    known = [trace_id for trace_id in request["TraceIds"] if trace_id in every]
    return {
        "Traces": [
            {
                "Id": trace_id,
                "Duration": _end(every[trace_id]) - _begin(every[trace_id]),
                "Segments": [
                    {"Id": segment["id"], "Document": json.dumps(segment)}
                    for segment in every[trace_id]
                ],
            }
            for trace_id in known
        ],
        "UnprocessedTraceIds": [each for each in request["TraceIds"] if each not in every],
    }


def _filtered_by(expression: str) -> dict[str, str]:
    """Return the annotations in a filter expression. ValueError for any other expression."""
    filters = {}
    for term in filter(None, re.split(r"\s+AND\s+", expression.strip())):
        found = _ANNOTATION.fullmatch(term.strip())
        if found is None:
            raise ValueError(
                f"the embedded cloud understands only annotation[name] = value, not {term!r}"
            )
        filters[found["plain"] or found["bracketed"]] = found["value"]
    return filters


def _summary(trace_id: str, segments: Trace) -> dict[str, Any]:
    duration = _end(segments) - _begin(segments)
    return {
        "Id": trace_id,
        "StartTime": _begin(segments),
        "Duration": duration,
        "ResponseTime": duration,
        "HasFault": any(part.get("fault") for part in _parts(segments)),
        "HasError": any(part.get("error") for part in _parts(segments)),
        "HasThrottle": any(part.get("throttle") for part in _parts(segments)),
        "IsPartial": any(part.get("in_progress") for part in _parts(segments)),
        "Annotations": {
            name: [{"AnnotationValue": {"StringValue": value}, "ServiceIds": []}]
            for name, value in _annotations(segments).items()
        },
        "ServiceIds": [
            {"Name": segment["name"], "Type": segment.get("origin", "")} for segment in segments
        ],
    }


def _parts(segments: Trace) -> Trace:
    return [part for segment in segments for part in store.walk(segment)]


def _annotations(segments: Trace) -> dict[str, str]:
    parts = _parts(segments)
    return {name: str(value) for p in parts for name, value in p.get("annotations", {}).items()}


def _begin(segments: Trace) -> float:
    return float(min(segment.get("start_time", 0.0) for segment in segments))


def _end(segments: Trace) -> float:
    return max(float(s.get("end_time") or s.get("start_time") or 0) for s in segments)


OPERATIONS: Mapping[str, Callable[[store.Scope, Request], Request]] = {
    "/TraceSegments": put_segments,
    "/TelemetryRecords": lambda _scope, _request: {},
    "/TraceSummaries": summaries,
    "/Traces": traces,
    "/GetSamplingRules": lambda _scope, _request: {"SamplingRuleRecords": []},
    "/SamplingTargets": lambda _scope, _request: {
        "SamplingTargetDocuments": [],
        "UnprocessedStatistics": [],
    },
}
