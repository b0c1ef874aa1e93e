"""The hub's data of the last weeks, cached in memory and refreshed in parts.

A day's statuses are one query per shard. Most news is about changes of the last two days, so those
days are read every time, other days with changes once a minute, and empty days every ten minutes.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from changecast.contract.change import Status, Window
from changecast.contract.reserved_ids import TEST_SUFFIX
from changecast.hub.tracking.revisions import Record, records_of
from changecast.hub.tracking.table import Row, statuses_of_days
from changecast_cli.watching.runs import Run, is_final, run_of
from changecast_cli.watching.since import days_back
from changecast_cli.watching.status import without_floods

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

REACH = timedelta(days=60)
NEWEST_DAYS, AT_ONCE = 2, 8
BUSY_AFTER, EMPTY_AFTER = timedelta(minutes=1), timedelta(minutes=10)
# Pages that poll at the same time share one reading.
FRESH = timedelta(seconds=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
_Version = tuple[str, int, int]
_OVER = frozenset({Status.COMPLETED.value, Status.CANCELLED.value})


@dataclass(frozen=True)
class Standing:
    """A change's current state; `record` is its newest record, None if put without `announce`."""

    run: Run
    record: Record | None

    @property
    def change_id(self) -> str:
        """The change's id."""
        return str(self.run["change_id"])

    @property
    def window(self) -> Window | None:
        """The change's window, if it has one."""
        return self.record.window if self.record else None

    @property
    def customers(self) -> tuple[str, ...]:
        """Customers that the newest revision names."""
        return self.record.customers if self.record else tuple(self.run["customers"])

    @property
    def is_open(self) -> bool:
        """Whether it is open: not over, or not everything was sent."""
        if self.record and self.record.status in _OVER:
            return not self._all_sent
        return self.window is not None or not self._all_sent

    @property
    def _all_sent(self) -> bool:
        return all(is_final(customer) for customer in self.run["customers"].values())


class Board:
    """The changes that were announced in the last weeks, newest first."""

    def __init__(
        self,
        table: "Callable[[], Table]",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        reach: timedelta = REACH,
    ) -> None:
        self._table, self._now, self._reach = table, now, reach
        self._threads = ThreadPoolExecutor(AT_ONCE)
        self._reading = threading.Lock()
        self._read_at = _NEVER
        self._days: dict[str, list[Row]] = {}
        self._day_read_at: dict[str, datetime] = {}
        self._seen: dict[str, frozenset[_Version]] = {}
        self._standings: dict[str, Standing] = {}
        self._version = 0

    def standings(self) -> list[Standing]:
        """Return every change except tests, newest first, at most a second old."""
        with self._reading:
            now = self._now()
            if now - self._read_at > FRESH:
                self._read(now)
                self._read_at = self._now()
            return list(self._standings.values())

    def seen_as(self) -> str:
        """Return a value that differs as soon as any change's state does."""
        self.standings()
        return str(self._version)

    def _read(self, now: datetime) -> None:
        days = days_back(now - self._reach, now)
        stale = [day for number, day in enumerate(days) if self._is_stale(number, day, now)]
        known = self._days | dict(zip(stale, self._threads.map(self._rows_of, stale), strict=True))
        read_at = self._day_read_at | dict.fromkeys(stale, now)
        self._days = {day: known.get(day, []) for day in days}
        self._day_read_at = {day: read_at[day] for day in days}
        rows, _ = without_floods(row for day in days for row in self._days[day])
        self._take(_by_change(rows))

    def _is_stale(self, days_ago: int, day: str, now: datetime) -> bool:
        if days_ago < NEWEST_DAYS:
            return True
        kept_for = BUSY_AFTER if self._days.get(day) else EMPTY_AFTER
        return now - self._day_read_at.get(day, _NEVER) > kept_for

    def _rows_of(self, day: str) -> list[Row]:
        return list(statuses_of_days(self._table(), [day]))

    def _take(self, groups: Mapping[str, Sequence[Row]]) -> None:
        """Rebuild only the changes that differ."""
        seen = {change_id: _versions(rows) for change_id, rows in groups.items()}
        runs = {
            change_id: run_of(change_id, groups[change_id])
            for change_id in groups
            if seen[change_id] != self._seen.get(change_id)
        }
        records = records_of(self._table(), [(name, run["revision"]) for name, run in runs.items()])
        if runs or seen.keys() != self._seen.keys():
            self._version += 1
        made = {name: Standing(run, records.get(name)) for name, run in runs.items()}
        self._standings = {name: made.get(name) or self._standings[name] for name in groups}
        self._seen = seen


def _by_change(rows: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if not row["change_id"].endswith(TEST_SUFFIX):
            groups.setdefault(row["change_id"], []).append(row)
    return groups


def _versions(rows: Iterable[Row]) -> frozenset[_Version]:
    return frozenset((row["customer"], int(row["revision"]), int(row["version"])) for row in rows)
