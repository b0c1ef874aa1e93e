"""The timeline of a change at one customer: its history, and its traces hop by hop."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from changecast_cli.console.change import entries_of, known_of
from changecast_cli.console.pages import clock, denied_action, page
from changecast_cli.customer_access import NO_OPTIONS
from changecast_cli.failures import Refused
from changecast_cli.trace.command import ways_of
from changecast_cli.trace.folding import folded
from changecast_cli.trace.page import drawn
from changecast_cli.trace.spans import Way
from changecast_cli.watching.runs import only

MARKS = {"fault": "fault", "error": "error", "throttle": "throttled"}


@dataclass(frozen=True)
class Moment:
    """A row: an entry of the history, or a span with its bar in percent of all the traces."""

    at: str
    what: str
    who: str
    says: str
    offset: str = ""
    took: str = ""
    kind: str = ""
    mark: str = ""
    depth: int = 0
    left: float = 0.0
    width: float = 0.0


@dataclass(frozen=True)
class Missing:
    """A part that AWS did not show: whose it is, why, and the permission that lacks."""

    part: str
    why: str
    permission: str


def timeline(request: Request) -> Response:
    """Show what happened at a customer and where the time went."""
    aws, query, zone = request.app.state.console.aws, request.query_params, clock(request)
    known = known_of(aws.table, query.get("id", ""))
    code = query.get("customer", "")
    if code not in known.run["customers"]:
        if not code:
            raise Refused("no customer is given: open the timeline from the change's page")
        raise Refused(f"{known.change_id} does not name {code}")
    (way,) = ways_of(aws.session, only(known.run, customer=code), NO_OPTIONS)
    return page(
        request,
        "timeline.html.j2",
        clock=zone,
        change_id=known.change_id,
        title=known.run["title"],
        code=code,
        way=way,
        missing=[*missing_of(way)],
        moments=moments_of(entries_of(aws.table, known, [code]), way),
        marks=MARKS,
    )


def missing_of(way: Way) -> Iterator[Missing]:
    """Yield the parts of the timeline that are missing."""
    for part, why in (("The hub's traces", way.hub_lacks), ("The customer's traces", way.lacks)):
        if why:
            yield Missing(part, why, denied_action(why))


def moments_of(entries: Sequence[Mapping[str, Any]], way: Way) -> list[Moment]:
    """Return history and spans, oldest first; the spans of one trace stay together."""
    history = [
        (_epoch(one["at"]), [Moment(one["at"], one["what"], one["who"], one["says"])])
        for one in reversed(entries)
    ]
    shown = Way(way.customer, way.revision, folded(way.traces))
    pictures = drawn(shown)["traces"]
    traces = [
        (min(span.begin for span in spans), [*_spans(spans[0].begin, picture)])
        for spans, picture in zip(shown.traces, pictures, strict=True)
    ]
    blocks = sorted([*history, *traces], key=lambda block: block[0])
    return [moment for _, block in blocks for moment in block]


def _spans(begin: float, picture: Mapping[str, Any]) -> Iterator[Moment]:
    at = datetime.fromtimestamp(begin, UTC).isoformat()
    for bar in picture["bars"]:
        came_by = picture["came_by"] if bar["depth"] == 0 else ""
        yield Moment(
            at, bar["name"], "", came_by, f"+{bar['at']}", bar["took"], bar["kind"], bar["mark"],
            bar["depth"], bar["left"], bar["width"],
        )  # fmt: skip


def _epoch(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
