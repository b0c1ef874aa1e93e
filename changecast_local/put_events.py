"""PutEvents with its limits, across accounts: refused as a whole, or answered per entry.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

import json
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.iam_evaluator import caller_arn
from ministack.core.responses import error_response_json, get_account_id, json_response
from ministack.services import eventbridge

from changecast_local import policies
from changecast_local.buses import bus_arn, bus_policy, deliver, new_event

REQUEST_LIMIT = 1024 * 1024
MAX_ENTRIES = 10
TIME_BYTES = 14

Entry = Mapping[str, Any]
Answer = tuple[int, dict[str, str], bytes]
_request_trace: ContextVar[str] = ContextVar("request_trace", default="")


def install() -> None:
    """Replace ministack's PutEvents, which knows one account and drops TraceHeader."""
    handle_request = eventbridge.handle_request

    async def with_trace_header(
        method: str, path: str, headers: dict[str, str], body: bytes, params: Any
    ) -> Any:
        _request_trace.set(headers.get("x-amzn-trace-id", ""))
        return await handle_request(method, path, headers, body, params)

    eventbridge.handle_request = with_trace_header
    eventbridge._put_events = put_events


def put_events(data: Mapping[str, Any], allow_aws_source: bool = False) -> Answer:
    """PutEvents: the request is refused as a whole, or each entry has its own result."""
    entries = list(data.get("Entries") or [])
    refusal = _refuse_request(entries) or _refuse_by_policy(entries)
    if refusal:
        return refusal
    answers = [_put_entry(entry, allow_aws_source) for entry in entries]
    failed = sum("ErrorCode" in answer for answer in answers)
    return json_response({"FailedEntryCount": failed, "Entries": answers})  # type: ignore[no-any-return]


def _refuse_request(entries: list[Entry]) -> Answer | None:
    if not 1 <= len(entries) <= MAX_ENTRIES:
        return _error(
            "ValidationException",
            f"1 validation error detected: Value at 'entries' failed to satisfy constraint: "
            f"Member must have length between 1 and {MAX_ENTRIES}",
        )
    if sum(entry_size(entry) for entry in entries) > REQUEST_LIMIT:
        return _error(
            "ValidationException", "Total size of the entries in the request is over the limit."
        )
    return None


def entry_size(entry: Entry) -> int:
    """Bytes of an entry as EventBridge counts them.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
    """
    texts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")]
    texts += entry.get("Resources") or []
    return sum(len(text.encode()) for text in texts) + (TIME_BYTES if entry.get("Time") else 0)


def _refuse_by_policy(entries: list[Entry]) -> Answer | None:
    """Refuse the request if one bus does: another account's must allow, our own must not deny."""
    for arn in dict.fromkeys(bus_arn(entry.get("EventBusName") or "") for entry in entries):
        try:
            foreign = parse_arn(arn).account_id != get_account_id()
        except ArnParseError:
            return _error("ValidationException", f"Parameter EventBusName is not valid: {arn}")
        here = [entry for entry in entries if bus_arn(entry.get("EventBusName") or "") == arn]
        keys = policies.event_keys(here)
        decision = policies.bus_decision(bus_policy(arn), arn, caller_arn(), keys)
        if decision == "Deny":
            return _denied(arn, "with an explicit deny in a resource-based policy")
        if foreign and decision != "Allow":
            silent = f"because no resource-based policy allows the {policies.PUT_EVENTS} action"
            return _denied(arn, silent)
    return None


def _denied(arn: str, why: str) -> Answer:
    return _error(
        "AccessDeniedException",
        f"User: {policies.role_of_session(caller_arn())} is not authorized to perform: "
        f"{policies.PUT_EVENTS} on resource: {arn} {why}",
    )


def _put_entry(entry: Entry, allow_aws_source: bool) -> dict[str, str]:
    fault = _entry_fault(entry, allow_aws_source)
    if fault:
        return {"ErrorCode": fault[0], "ErrorMessage": fault[1]}
    event = new_event(
        source=entry["Source"],
        detail_type=entry["DetailType"],
        detail=entry["Detail"],
        resources=entry.get("Resources") or (),
        at=entry.get("Time"),
        trace_header=entry.get("TraceHeader") or _request_trace.get(),
    )
    deliver(event, bus_arn(entry.get("EventBusName") or ""))
    return {"EventId": event["EventId"]}


def _entry_fault(entry: Entry, allow_aws_source: bool) -> tuple[str, str] | None:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            reason = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return "InvalidArgument", reason
    if entry["Source"].startswith("aws.") and not allow_aws_source:
        return "NotAuthorizedForSourceException", "Not authorized for the source."
    try:
        detail = json.loads(entry["Detail"])
    except (ValueError, RecursionError):
        detail = None
    return None if isinstance(detail, dict) else ("MalformedDetail", "Detail is malformed.")


def _error(code: str, message: str) -> Answer:
    return error_response_json(code, message, 400)  # type: ignore[no-any-return]
