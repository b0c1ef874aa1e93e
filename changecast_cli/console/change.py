"""The page of a change: customers and revisions, what changed, and what happened when."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from changecast.contract.change import Change, Status
from changecast.hub.tracking.discards import discards, standing_revisions
from changecast.hub.tracking.operator_actions import OperatorAction, actions_on
from changecast.hub.tracking.originals import kept
from changecast.hub.tracking.responses import answers
from changecast.hub.tracking.revisions import Record, reannouncements, revisions
from changecast.hub.tracking.table import Row, history, statuses
from changecast_cli.console.board import Standing
from changecast_cli.console.live import QUIET_SECONDS, since, updates
from changecast_cli.console.moments import Clock, clock_of
from changecast_cli.console.pages import clock, page, part_of
from changecast_cli.console.trouble import COMPLETE, START, troubles
from changecast_cli.failures import Refused
from changecast_cli.watching.advice import STRAY_PAGE, without_effect
from changecast_cli.watching.history import folded, timeline
from changecast_cli.watching.runs import Run, answered, parked, run_of, strays, with_expected

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# The number of revisions with a column, the newest ones.
COLUMNS = 5
# An account that has not reported by then needs the doctor.
REPORTED_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True)
class Difference:
    """A field that differs between two revisions, before and after."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Known:
    """What the hub knows of a change; `standing` are the records that are not void."""

    change_id: str
    rows: Sequence[Row]
    records: Sequence[Record]
    standing: Sequence[Record]

    @property
    def run(self) -> Run:
        """State of every customer."""
        return with_expected(run_of(self.change_id, self.rows), self.standing)

    @property
    def newest(self) -> Record | None:
        """The newest record, one that is not void if there is any."""
        return next(reversed(self.standing or self.records), None)

    @property
    def seen_as(self) -> str:
        """A value that differs as soon as anything in it does."""
        rows = frozenset((one["customer"], one["revision"], one["version"]) for one in self.rows)
        return str(hash((rows, *((one.revision, one.put_at) for one in self.records))))


def change(request: Request) -> Response:
    """Show a change."""
    table, zone = request.app.state.console.aws.table, clock(request)
    known = known_of(table, request.query_params.get("id", ""))
    run, newest = known.run, known.newest
    codes = part_of(sorted(run["customers"]), request, "customers")
    shown = _shown_revision(request, known)
    document = _kept(table, known.change_id, shown)
    actions = actions_on(table, known.change_id)
    return page(
        request,
        "change.html.j2",
        clock=zone,
        run=run,
        newest=newest,
        clocks=_clocks(document, newest, zone),
        troubles=[
            *troubles([Standing(run, newest)], datetime.now(UTC), {known.change_id: actions})
        ],
        strays=strays(known.rows, known.records),
        parked=parked(known.rows),
        stray_page=STRAY_PAGE,
        records=known.records[::-1],
        columns=_columns(known),
        codes=codes,
        cells=_cells(known.rows),
        decided=decided_in(run, actions, datetime.now(UTC)),
        answered=answered,
        entries=entries_of(table, known, codes.items),
        shown=shown,
        document=document,
        differences=_differences_of(table, known, shown, document),
        version=known.seen_as,
        steps=_steps(newest) if document else [],
    )


def event(request: Request) -> Response:
    """Return a revision's event as the hub keeps it."""
    query, table = request.query_params, request.app.state.console.aws.table
    revision = query.get("revision", "")
    number = int(revision) if revision.isdecimal() and len(revision) < 8 else 0
    original = kept(table, query.get("id", ""), number)
    if original is None:
        raise Refused(f"the hub has no copy of revision {number} of {query.get('id', '')!r}")
    detail = original.detail.model_dump(mode="json", exclude_none=True)
    return PlainTextResponse(json.dumps(detail, indent=2, ensure_ascii=False))


async def live(request: Request) -> Response:
    """Tell the page when its change has a new state."""
    aws, change_id = request.app.state.console.aws, request.query_params.get("id", "")

    def look() -> str:
        return known_of(aws.table, change_id).seen_as

    return EventSourceResponse(updates(look, since(request)), ping=QUIET_SECONDS)


def known_of(table: "Table", change_id: str) -> Known:
    """Return what the hub knows of the change; Refused if it knows nothing."""
    standing = standing_revisions(table, change_id)
    known = Known(change_id, statuses(table, change_id), revisions(table, change_id), standing)
    if not (known.rows or known.records):
        raise Refused(f"there is no change {change_id!r}")
    return known


def differences(before: Change, after: Change) -> list[Difference]:
    """Return every differing field, in the order of the fields."""
    old, new = _flat(_plain(before)), _flat(_plain(after))
    return [
        Difference(name, old.get(name, ""), new.get(name, ""))
        for name in dict.fromkeys([*old, *new])
        if old.get(name, "") != new.get(name, "")
    ]


def _plain(one: Change) -> dict[str, Any]:
    return one.model_dump(mode="json", exclude_none=True, exclude={"revision", "history"})


def _flat(value: Any, name: str = "") -> dict[str, str]:
    """Return every value by its path: window.start, links[0].url."""
    if isinstance(value, dict):
        pairs = [(f"{name}.{key}" if name else key, inner) for key, inner in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{name}[{index}]", inner) for index, inner in enumerate(value)]
    else:
        return {name: value if isinstance(value, str) else json.dumps(value)}
    return {path: text for key, inner in pairs for path, text in _flat(inner, key).items()}


def _kept(table: "Table", change_id: str, revision: int) -> Change | None:
    original = kept(table, change_id, revision)
    return original.detail.change if original else None


def _differences_of(
    table: "Table", known: Known, revision: int, document: Change | None
) -> tuple[int, list[Difference]]:
    """Return the revision before the shown one, and what changed since; 0 if there is none."""
    earlier = [one.revision for one in known.records if one.revision < revision]
    before = _kept(table, known.change_id, earlier[-1]) if earlier else None
    if before is None or document is None:
        return 0, []
    return earlier[-1], differences(before, document)


def _shown_revision(request: Request, known: Known) -> int:
    """Return the revision to show: the requested one, else the newest."""
    asked = request.query_params.get("revision", "")
    there = {one.revision for one in known.records}
    if asked.isdecimal() and len(asked) < 8 and int(asked) in there:
        return int(asked)
    return known.newest.revision if known.newest else 0


def _columns(known: Known) -> list[int]:
    """Return the newest revisions, newest first."""
    every = {int(row["revision"]) for row in known.rows} | {one.revision for one in known.records}
    return sorted(every, reverse=True)[:COLUMNS]


def _cells(rows: Sequence[Row]) -> Mapping[tuple[str, int], Mapping[str, Any]]:
    """Return a customer's state in each revision, in the form for `state_of` and the counts."""
    return {
        (row["customer"], int(row["revision"])): run_of("", [row])["customers"][row["customer"]]
        for row in rows
    }


def decided_in(
    run: Run, actions: Sequence[OperatorAction], now: datetime
) -> Mapping[tuple[str, int], OperatorAction]:
    """Return by customer and revision what operators just did and no report shows yet."""
    found = {
        (code, one["revision"]): without_effect(one, code, actions)
        for code, one in run["customers"].items()
    }
    return {
        key: done
        for key, done in found.items()
        if done and now - datetime.fromisoformat(done.at) < REPORTED_WITHIN
    }


def entries_of(table: "Table", known: Known, codes: Sequence[str]) -> list[dict[str, Any]]:
    """Return the timeline, newest first, with the reports and answers of these customers."""
    read = partial(history, table, known.change_id)
    reports = [report for code in codes for report in read(code)]
    given = [one for code in codes for one in answers(table, known.change_id, code)]
    again, void = reannouncements(table, known.change_id), discards(table, known.change_id)
    done = [one for one in actions_on(table, known.change_id) if one.to in codes]
    return folded(timeline([*known.records], again, reports, void, given, done))[::-1]


def _steps(newest: Record | None) -> list[tuple[str, str]]:
    """Return a change's possible next steps: the button's text and its link."""
    status = newest.status if newest else ""
    if status in (Status.COMPLETED, Status.CANCELLED):
        return [("Correct", "")]
    begin = [("Start", START)] if status == Status.APPROVED else []
    end = [("Complete", COMPLETE)] if status == Status.IN_PROGRESS else []
    return [("Correct", ""), *begin, *end, ("Cancel the change", Status.CANCELLED.value)]


def _clocks(document: Change | None, newest: Record | None, zone: Clock) -> list[Clock]:
    """Return the zones in which the window differs: the viewer's, the change's own, UTC."""
    window = newest.window if newest else None
    if window is None:
        return []
    planned = document.window.timezone if document and document.window else "UTC"
    found: dict[str, Clock] = {}
    for one in (zone, clock_of(planned), clock_of("UTC")):
        found.setdefault(one.window(window), one)
    return [*found.values()]
