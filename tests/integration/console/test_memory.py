"""A console that stays open for a day: what it keeps does not grow with the news."""

import tracemalloc
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from changecast_cli.console import board as module
from changecast_cli.console.board import Board

CHANGES, NEWS, GROWTH = 300, 400, 100_000


def test_a_board_does_not_grow_with_the_reports_that_it_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = datetime(2027, 1, 16, 12, tzinfo=UTC)
    rows: list[dict[str, Any]] = [
        {"customer": "acme", "change_id": f"CHG-{number}", "revision": 1, "version": 1,
         "state": "sending", "title": "Patch", "announced_at": "2027-01-16T08:00:00Z",
         "announced_by": "maria", "counts": {"planned": 5, "sent": 0}}
        for number in range(CHANGES)
    ]  # fmt: skip
    today = now.date().isoformat()
    monkeypatch.setattr(
        module, "statuses_of_days", lambda _, days: list(rows) if [*days] == [today] else []
    )
    monkeypatch.setattr(module, "records_of", lambda *_: {})
    clock = [now]
    board = Board(lambda: cast(Any, None), now=lambda: clock[0])

    def news(number: int) -> None:
        for at in range(number):
            clock[0] += timedelta(seconds=2)
            row = rows[at % CHANGES]
            rows[at % CHANGES] = row | {"version": row["version"] + 1}
            assert len(board.standings()) == CHANGES

    news(CHANGES)
    before = board.seen_as()
    tracemalloc.start()
    news(CHANGES)
    first = tracemalloc.get_traced_memory()[0]
    news(NEWS)
    grown = tracemalloc.get_traced_memory()[0] - first
    tracemalloc.stop()
    assert board.seen_as() != before
    assert grown < GROWTH
