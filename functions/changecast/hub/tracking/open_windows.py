"""Find changes whose window is over but that are not completed: one row per change.

Only the newest valid revision counts. Nothing is closed automatically: the finding ends when
somebody announces that the change is completed or cancelled, moves its window, or discards it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from changecast.contract.change import Kind, Status, utc
from changecast.contract.change_announced import ChangeAnnounced
from changecast.hub.tracking.discards import discards
from changecast.hub.tracking.findings import Cause, Finding
from changecast.hub.tracking.items import change_row, read_item
from changecast.hub.tracking.queries import statuses_in
from changecast.hub.tracking.revisions import Record, revisions, window_of
from changecast.hub.tracking.rows import looked_at
from changecast.hub.tracking.schema import OPEN_WINDOW, Row, window_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# How long a change may stay open after its window: people finish first and report later.
GRACE = timedelta(hours=1)
_NOTHING: Row = {"open": False, "status": "discarded"}
_OPEN = frozenset({Status.SUBMITTED, Status.APPROVED, Status.IN_PROGRESS})


class OverdueChange(NamedTuple):
    """An open change whose window is over; `window_end` and `since` are RFC 3339."""

    change_id: str
    revision: int
    title: str
    customers: tuple[str, ...]
    window_end: str
    since: str
    command: str


class OpenChange(NamedTuple):
    """A change that is planned or under way; times are RFC 3339.

    `overdue` says whether its window is over and nobody announced how it ended.
    """

    change_id: str
    revision: int
    title: str
    status: str
    customers: tuple[str, ...]
    window_start: str
    window_end: str
    overdue: bool


def expect_end(
    table: "Table", announced: ChangeAnnounced, known: Sequence[Record], now: datetime
) -> None:
    """Note by when a change must be completed, unless a newer revision already did."""
    if announced.test:
        return
    row = _announced_row(announced, known)
    key = window_key(announced.change_id)
    if row["open"] or announced.revision > 1:  # an older revision may arrive later
        change_row(table, key, lambda before: with_revision(before, row, now))


def void_end(table: "Table", change_id: str, now: datetime) -> None:
    """Go back to the newest valid revision if the one that counted was discarded."""
    void = {one.revision for one in discards(table, change_id)}
    standing = [one for one in revisions(table, change_id) if one.revision not in void]
    row = _recorded_row(standing[-1]) if standing else _NOTHING

    def change(before: Row) -> Row:
        is_void = before and int(before["revision"]) in void
        return _with_deadline(before | row, now) if is_void else before

    change_row(table, window_key(change_id), change)


def open_changes(table: "Table") -> list[OpenChange]:
    """Return every change that is planned or under way, by its start; not those of tests."""
    rows = [*statuses_in(table, OPEN_WINDOW), *statuses_in(table, Cause.OVERDUE)]
    found = {row["change_id"]: _open(row) for row in rows if row["open"]}
    return sorted(found.values(), key=lambda one: (one.window_start, one.change_id))


def overdue_changes(table: "Table") -> Iterator[OverdueChange]:
    """Yield every open change whose window is over, newest announcement first."""
    # A finding ends when watch looks, within a minute or two.
    return (_overdue(row) for row in statuses_in(table, Cause.OVERDUE) if row["open"])


def overdue_change(table: "Table", change_id: str) -> OverdueChange | None:
    """Return the overdue change; None if it is not overdue."""
    row = read_item(table, window_key(change_id))
    return _overdue(row) if "finding" in row and row["open"] else None


def with_revision(before: Row, revision: Row, now: datetime) -> Row:
    """Return the row of a change with an announced revision; an older one changes nothing."""
    if before.get("revision", 0) > revision["revision"]:
        return before
    if before.get("revision") == revision["revision"]:
        customers = {*before["customers"], *revision["customers"]}
        revision = revision | {"customers": sorted(customers)}
    return _with_deadline(before | revision, now)


def judged_end(row: Row, now: datetime) -> Row:
    """Return the row of a change after a look: its finding opened, kept or removed."""
    if row.get("deadline", "9") > utc(now):
        return row
    if not _is_over(row, now):
        return _with_deadline(_without(row, "finding"), now)
    known = row.get("finding")
    if known:
        return looked_at(row, now) if known["told"] else row
    return row | {"finding": _found(row).plain() | {"found_at": utc(now), "told": False}}


def _is_over(row: Row, now: datetime) -> bool:
    """Return whether an open change's window has been over for long enough."""
    return row["open"] and datetime.fromisoformat(row["window_end"]) + GRACE <= now


def _with_deadline(row: Row, now: datetime) -> Row:
    """Return the row with the time of the next look, if there is anything to see."""
    row = _without(row, "deadline")
    if "finding" in row:
        return row | {"deadline": utc(now)}
    if not row["open"]:
        return row
    end = datetime.fromisoformat(row["window_end"])
    # People who announce a window that is over usually complete the change next.
    return row | {"deadline": utc(max(end, now) + GRACE)}


def _without(row: Row, left_out: str) -> Row:
    return {name: value for name, value in row.items() if name != left_out}


def _announced_row(announced: ChangeAnnounced, known: Sequence[Record]) -> Row:
    change = announced.change
    record = next((one for one in known if one.revision == announced.revision), None)
    customers = record.customers if record else announced.customers
    window = window_of(change) if change.kind is Kind.CHANGE else ("", "")
    by, at = announced.announced_by, utc(announced.announced_at)
    return {"change_id": announced.change_id, "revision": announced.revision} | _values(
        change.title, change.status, customers, window
    ) | {"announced_by": by, "announced_at": at}  # fmt: skip


def _recorded_row(record: Record) -> Row:
    window = (record.window_start, record.window_end)
    values = _values(record.title, record.status, record.customers, window)
    by_whom = {"announced_by": record.announced_by, "announced_at": record.announced_at}
    return {"revision": record.revision} | values | by_whom


def _values(title: str, status: str, customers: Iterable[str], window: tuple[str, str]) -> Row:
    (start, end), named = window, sorted(customers)
    is_open = bool(end) and status in _OPEN and bool(named)
    own = {"title": title, "status": str(status), "customers": named}
    return own | {"open": is_open, "window_start": start, "window_end": end}


def _found(row: Row) -> Finding:
    return Finding(
        Cause.OVERDUE,
        f"its window ended at {row['window_end']}, and nobody has announced whether the change "
        "was completed or cancelled",
        f"changecast status {row['change_id']}",
    )


def ending(row: Row) -> str:
    """Return the command to run once it is known how an open change ended."""
    is_approved = row["status"] != Status.SUBMITTED
    return f"changecast complete {row['change_id']}" if is_approved else (
        "changecast announce metadata.json"
    )  # fmt: skip


def _overdue(row: Row) -> OverdueChange:
    return OverdueChange(
        row["change_id"], int(row["revision"]), row["title"], tuple(row["customers"]),
        row["window_end"], row["finding"]["found_at"], ending(row),
    )  # fmt: skip


def _open(row: Row) -> OpenChange:
    return OpenChange(
        row["change_id"], int(row["revision"]), row["title"], row["status"],
        tuple(row["customers"]), row["window_start"], row["window_end"], "finding" in row,
    )  # fmt: skip
