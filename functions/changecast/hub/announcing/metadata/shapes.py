"""The shapes of change documents, each read into canonical fields.

A reader returns the fields of `Change` (raw values; the model checks them) and records each field's
source. The event also contains the whole document, with everything that no reader reads.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from changecast.hub.announcing.metadata.document import RawDocument
from changecast.hub.announcing.metadata.extras import extras
from changecast.hub.announcing.metadata.times import flag, instant, meeting_of, window_of, zone_of


class Shape(NamedTuple):
    """A shape: how to recognize it, where it names customers, and how to read it."""

    name: str
    tells: Callable[[Mapping[str, Any]], bool]
    codes: tuple[str, ...]
    names: tuple[str, ...]
    identity: tuple[str, ...]
    read: Callable[[RawDocument], dict[str, Any]]


def read_current(source: RawDocument) -> dict[str, Any]:
    """Shape A: camelCase with `changeId`, times in UTC, and a zone to show them in."""
    zone = zone_of(source, "window.timezone", "timezone")
    window = window_of(source, zone, ("implementationStart",), ("implementationEnd",))
    return {
        "kind": "change",
        "title": source.line("title", "changeTitle"),
        "reason": source.text("reason", "changeReason"),
        **_plans(source, "customerImpact", ""),
        "tickets": _tickets(source, "snowTicket", "jiraTicket"),
        "window": window,
        "meeting": _meeting_of_current(source, zone, window),
        **extras(source, zone),
    }


def _meeting_of_current(source: RawDocument, zone: str, window: Any) -> Any:
    if not flag(source.take("meeting", "include_meeting", "includeMeeting")):
        return None
    paths = {
        "title": ("meetingTitle",),
        "start": ("meetingStart", "meetingStartTime", "meetingDate"),
        "duration": ("meetingDuration",),
        "location": ("meetingLocation",),
        "join_url": ("meetingJoinUrl", "joinUrl"),
    }
    return meeting_of(source, paths, zone, window and window["start"])


def read_form_export(source: RawDocument) -> dict[str, Any]:
    """Shape B: snake_case under `change_metadata`, local times, no id of its own."""
    zone = zone_of(source, "window.timezone", "change_metadata.schedule.timezone")
    window = window_of(
        source,
        zone,
        ("change_metadata.schedule.implementation_start",),
        ("change_metadata.schedule.implementation_end",),
    )
    return {
        "kind": "change",
        "title": source.line("title", "change_metadata.title"),
        "reason": source.text("reason", "change_metadata.change_reason"),
        "implementation_plan": source.text(
            "implementation_plan", "change_metadata.implementation_plan"
        ),
        "test_plan": source.text("test_plan", "change_metadata.test_plan"),
        "customer_impact": source.text(
            "customer_impact", "change_metadata.expected_customer_impact"
        ),
        "rollback_plan": source.text("rollback_plan", "change_metadata.rollback_plan"),
        "tickets": _tickets(
            source, "change_metadata.tickets.service_now", "change_metadata.tickets.jira"
        ),
        "window": window,
        "meeting": _meeting_under(source, "meeting_invite", "start_time", zone, window),
        **extras(source, zone, "change_metadata."),
    }


def read_early(source: RawDocument) -> dict[str, Any]:
    """Shape C: camelCase under `changeMetadata`, local times."""
    zone = zone_of(source, "window.timezone", "changeMetadata.schedule.timezone")
    window = window_of(
        source,
        zone,
        ("changeMetadata.schedule.implementationStart",),
        ("changeMetadata.schedule.implementationEnd",),
    )
    return {
        "kind": "change",
        "title": source.line("title", "changeMetadata.title"),
        "reason": source.text("reason", "changeMetadata.changeReason"),
        **_plans(source, "expectedCustomerImpact", "changeMetadata."),
        "tickets": _tickets(
            source, "changeMetadata.tickets.serviceNow", "changeMetadata.tickets.jira"
        ),
        "window": window,
        "meeting": _meeting_under(source, "meetingInvite", "startTime", zone, window),
        **extras(source, zone, "changeMetadata."),
    }


def read_flat(source: RawDocument) -> dict[str, Any]:
    """Shape D: `changeId` and `title` at the top, times in UTC under `schedule`."""
    zone = zone_of(source, "window.timezone", "schedule.timezone", "timezone")
    return {
        "kind": "change",
        "title": source.line("title", "title"),
        "reason": source.text("reason", "description", "reason"),
        "implementation_plan": source.text("implementation_plan", "implementationPlan"),
        "test_plan": source.text("test_plan", "testPlan"),
        "customer_impact": source.text("customer_impact", "customerImpact", "impact"),
        "rollback_plan": source.text("rollback_plan", "rollbackPlan"),
        "tickets": _tickets(source, "snowTicket", "jiraTicket"),
        "window": window_of(source, zone, ("schedule.startDate",), ("schedule.endDate",)),
        **extras(source, zone),
    }


def read_announcement(source: RawDocument) -> dict[str, Any]:
    """Shape E: something to read (cic, finops, innersource, general), perhaps with a meeting."""
    zone = zone_of(source, "meeting.timezone", "meeting_timezone", "timezone")
    instant(source, "posted", source.take("posted", "posted_date"), zone)
    meeting = None
    if flag(source.take("meeting", "include_meeting")):
        paths = {
            "title": ("meeting_title",),
            "start": ("meeting_date", "meeting_start"),
            "duration": ("meeting_duration",),
            "location": ("meeting_location",),
            "join_url": ("meeting_join_url",),
        }
        meeting = meeting_of(source, paths, zone, None)
        if source.take("meeting.start", *paths["start"]) is None:
            source.fault("meeting.start", "is missing: say when the meeting starts")
    object_type = str(source.take("category", "object_type"))
    return {
        "kind": "announcement",
        "category": object_type.removeprefix("announcement_"),
        "title": source.line("title", "title"),
        "summary": source.text("summary", "summary") or None,
        "content": source.text("content", "content") or None,
        "tickets": _tickets(source, "snow_ticket", "jira_ticket"),
        "meeting": meeting,
        **extras(source, zone),
    }


def _plans(source: RawDocument, impact: str, prefix: str) -> dict[str, Any]:
    return {
        "implementation_plan": source.text("implementation_plan", f"{prefix}implementationPlan"),
        "test_plan": source.text("test_plan", f"{prefix}testPlan"),
        "customer_impact": source.text("customer_impact", f"{prefix}{impact}"),
        "rollback_plan": source.text("rollback_plan", f"{prefix}rollbackPlan"),
    }


def _tickets(source: RawDocument, servicenow: str, jira: str) -> dict[str, Any]:
    return {
        "servicenow": source.token("tickets.servicenow", servicenow),
        "jira": source.token("tickets.jira", jira),
    }


def _meeting_under(source: RawDocument, key: str, start: str, zone: str, window: Any) -> Any:
    if not source.take("meeting", key):
        return None
    paths = {
        "title": (f"{key}.title",),
        "start": (f"{key}.{start}",),
        "duration": (f"{key}.duration",),
        "location": (f"{key}.location",),
        "join_url": (f"{key}.join_url", f"{key}.joinUrl"),
    }
    return meeting_of(source, paths, zone, window and window["start"])


def _has(*keys: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda raw: all(key in raw for key in keys)


def _is_announcement(raw: Mapping[str, Any]) -> bool:
    return str(raw.get("object_type", "")).startswith("announcement")


def _is_current(raw: Mapping[str, Any]) -> bool:
    nested = "change_metadata" in raw or "changeMetadata" in raw
    return "changeTitle" in raw or (raw.get("object_type") == "change" and not nested)


SHAPES = (
    Shape(
        "announcement", _is_announcement, ("customers",), ("customer_names",),
        ("announcement_id",), read_announcement,
    ),
    Shape(
        "current", _is_current, ("customers",), ("customerNames", "customerName"),
        ("changeId",), read_current,
    ),
    Shape(
        "form export", _has("change_metadata"), ("change_metadata.customer_codes",),
        ("change_metadata.customer_names", "change_metadata.customer_name"),
        ("change_id", "changeId"), read_form_export,
    ),
    Shape(
        "early camelCase", _has("changeMetadata"), ("changeMetadata.customerCodes",),
        ("changeMetadata.customerNames", "changeMetadata.customerName"),
        ("changeId",), read_early,
    ),
    Shape(
        "flat", _has("changeId", "title"), ("customers",), ("customerNames", "customerName"),
        ("changeId",), read_flat,
    ),
)  # fmt: skip
