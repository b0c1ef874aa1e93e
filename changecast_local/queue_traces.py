"""Add the sender's trace to messages, from the request's HTTP header, as SQS does.

https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
"""

from contextvars import ContextVar
from typing import Any

from ministack.services import sqs

_request_trace: ContextVar[str] = ContextVar("request_trace", default="")


def install() -> None:
    """Add an AWSTraceHeader to sent messages unless the sender wrote one."""
    handle_request, system_attributes = sqs.handle_request, sqs._build_send_sys_attrs

    async def with_trace_header(
        method: str, path: str, headers: dict[str, str], body: bytes, params: Any
    ) -> Any:
        _request_trace.set(headers.get("x-amzn-trace-id", ""))
        return await handle_request(method, path, headers, body, params)

    def with_senders_trace(now: float, given: dict[str, Any]) -> dict[str, Any]:
        attributes: dict[str, Any] = system_attributes(now, given)
        if header := _request_trace.get():
            attributes.setdefault("AWSTraceHeader", header)
        return attributes

    sqs.handle_request = with_trace_header
    sqs._build_send_sys_attrs = with_senders_trace
