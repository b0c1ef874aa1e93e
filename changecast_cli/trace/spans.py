"""X-Ray's segment documents as spans, and a change's traces joined into a timeline. Pure.

A function that reads from a queue has its own trace; its segment links to the sender's trace.
https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Any]
# Our own annotations; everything else in a document may be personal data.
OURS = ("change_id", "customer", "revision", "run")
TOO_MANY = 429
# How botocore's ClientError begins.
_AWS_CODE = re.compile(r"An error occurred \((?P<code>[\w.]+)\)")
# A conditional write is refused if another call was first, as planned: alone, or in a transaction.
_CAME_SECOND = re.compile(r"\(ConditionalCheckFailedException\)|\[[^]]*ConditionalCheckFailed\b")
_OUR_FUNCTION = re.compile(r"[\w-]*?(?P<verb>[A-Z][A-Za-z]*)Function-\w+")
_SERVICES = {"email": "SES", "dynamodb": "DynamoDB", "s3": "S3", "sqs": "SQS",
             "events": "EventBridge", "Events": "EventBridge", "ssm": "SSM"}  # fmt: skip


@dataclass(frozen=True)
class Span:
    """A span. Times are epoch seconds; `depth` is how deeply it is nested.

    `mark` is "" or the worst of: throttle, error, fault; `code` is then the error's code.
    """

    trace_id: str
    id: str
    name: str
    kind: str
    begin: float
    end: float
    depth: int
    mark: str
    links: tuple[str, ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    code: str = ""

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return max(0.0, self.end - self.begin)


@dataclass(frozen=True)
class Way:
    """One customer's timeline: its traces in order.

    `lacks` says why the customer's part is missing, `hub_lacks` why the hub's is.
    """

    customer: str
    revision: int
    traces: list[list[Span]]
    lacks: str = ""
    hub_lacks: str = ""


def spans_of(trace_id: str, documents: Iterable[Document]) -> list[Span]:
    """Return the spans of one trace, each after its parent, in the order of their start."""
    segments = sorted(documents, key=lambda each: float(each.get("start_time", 0.0)))
    known = {segment["id"] for segment in segments}
    children: dict[str, list[Document]] = {}
    for segment in segments:
        parent = segment.get("parent_id", "")
        children.setdefault(parent if parent in known else "", []).append(segment)
    return [span for root in children.get("", ()) for span in _walk(trace_id, root, children, 0)]


def _walk(
    trace_id: str, document: Document, children: Mapping[str, list[Document]], depth: int
) -> Iterator[Span]:
    yield _span(trace_id, document, depth)
    inside = [*document.get("subsegments", ()), *children.get(document["id"], ())]
    for part in sorted(inside, key=lambda each: float(each.get("start_time", 0.0))):
        yield from _walk(trace_id, part, children, depth + 1)


def _span(trace_id: str, document: Document, depth: int) -> Span:
    begin = float(document.get("start_time", 0.0))
    annotations = document.get("annotations", {})
    mark, code = ("", "") if _came_second(document) else (_mark(document), _code(document))
    return Span(
        trace_id,
        document["id"],
        _name(document),
        _kind(document),
        begin,
        float(document.get("end_time") or begin),
        depth,
        mark,
        tuple(link["trace_id"] for link in document.get("links", ()) if "trace_id" in link),
        tuple((name, str(annotations[name])) for name in OURS if name in annotations),
        code if mark else "",
    )


def _mark(document: Document) -> str:
    """Return the span's mark; the SDK calls every exception a fault, but 4xx is a caller's error.

    A throttle is also an error, but more specific.
    """
    status = int(document.get("http", {}).get("response", {}).get("status") or 0)
    if document.get("throttle") or status == TOO_MANY:
        return "throttle"
    if document.get("error") or 400 <= status < 500:
        return "error"
    return "fault" if document.get("fault") else ""


def _code(document: Document) -> str:
    """Return the error's code: AWS's, or the exception's type, or the HTTP status.

    The message may name people, so nothing else of it is read.
    """
    for exception in _exceptions(document):
        if found := _AWS_CODE.match(str(exception.get("message", ""))):
            return found["code"]
        if kind := str(exception.get("type", "")):
            return kind
    status = int(document.get("http", {}).get("response", {}).get("status") or 0)
    return f"HTTP {status}" if status >= 400 else ""


def _came_second(document: Document) -> bool:
    """Return whether a conditional write was refused because another call was first."""
    messages = (str(exception.get("message", "")) for exception in _exceptions(document))
    is_call = document.get("namespace") == "aws"
    return is_call and any(_CAME_SECOND.search(message) for message in messages)


def _exceptions(document: Document) -> Iterable[Mapping[str, Any]]:
    cause = document.get("cause")
    return cause.get("exceptions", ()) if isinstance(cause, Mapping) else ()


def _name(document: Document) -> str:
    """Return a name without CloudFormation's additions, or a service's common name."""
    name = str(document["name"])
    if function := _OUR_FUNCTION.fullmatch(name):
        return function["verb"]
    operation = document.get("aws", {}).get("operation")
    return f"{_SERVICES.get(name, name)} {operation}" if operation else name


def _kind(document: Document) -> str:
    origin = document.get("origin", "")
    if document.get("namespace") == "aws":
        return "call"
    if origin in {"AWS::Lambda", "AWS::Lambda::Function"}:
        return "function"
    return "step" if document.get("type") == "subsegment" or not origin else "service"


def joined(traces: Mapping[str, list[Span]], root: str) -> list[list[Span]]:
    """Return the traces in order: the root, then each after the trace that it links to.

    A trace without a link to these is sorted by its start.
    """
    order: list[str] = [root] if root in traces else []
    begins = {trace: min(span.begin for span in spans) for trace, spans in traces.items() if spans}
    links = {trace: {link for s in spans for link in s.links} for trace, spans in traces.items()}
    waiting = sorted((each for each in begins if each != root), key=begins.__getitem__)
    while waiting:
        ready = [each for each in waiting if not links[each] & set(waiting) - {each}]
        first = (ready or waiting)[0]
        waiting.remove(first)
        order.append(first)
    return [traces[trace] for trace in order]


def end_to_end(way: Iterable[Iterable[Span]]) -> tuple[float, float]:
    """Return when the whole timeline began and ended (epoch seconds)."""
    spans = [span for trace in way for span in trace]
    return min(span.begin for span in spans), max(span.end for span in spans)
