"""Points in time as people type them."""

from datetime import UTC, datetime

import pytest

from changecast_cli.failures import Refused
from changecast_cli.watching.since import days_back, point_in_time

NOW = datetime(2027, 1, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2d", "2027-01-18T12:00:00+00:00"),
        ("12h", "2027-01-20T00:00:00+00:00"),
        ("90min", "2027-01-20T10:30:00+00:00"),
        ("5m", "2027-01-20T11:55:00+00:00"),
        ("1w", "2027-01-13T12:00:00+00:00"),
        ("2027-01-19", "2027-01-19T00:00:00+00:00"),
        ("2027-01-19T23:30:00+01:00", "2027-01-19T22:30:00+00:00"),
        ("2027-01-19 22:00", "2027-01-19T22:00:00+00:00"),
    ],
)
def test_a_time_is_said_as_so_long_ago_or_as_itself(typed: str, meant: str) -> None:
    assert point_in_time(typed, NOW).isoformat() == meant


@pytest.mark.parametrize("typed", ["", "yesterday", "2", "-2d", "2y", "99999d", "2027-13-01", "²d"])
def test_anything_else_is_refused_with_what_to_type(typed: str) -> None:
    with pytest.raises(Refused, match="write 2d"):
        point_in_time(typed, NOW)


def test_days_go_back_to_the_one_of_the_time_over_the_turn_of_a_year() -> None:
    now, since = datetime(2027, 1, 1, 0, 5, tzinfo=UTC), datetime(2026, 12, 30, 23, 0, tzinfo=UTC)
    assert days_back(since, now) == ["2027-01-01", "2026-12-31", "2026-12-30"]
    assert days_back(now, now) == ["2027-01-01"]
