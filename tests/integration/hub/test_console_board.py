"""The console's board over the hub's real table: the next page shows what the tracker writes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from changecast.hub.tracking.revisions import Record, reserve
from changecast_cli.console.board import Board, Standing
from tests.integration.hub.conftest import Tracker
from tests.support.builders import announced, change, envelope, recorded, reported

pytestmark = pytest.mark.usefixtures("when_samples_were_written")

# So that a test asks for few days.
REACH = timedelta(days=4)


class Time:
    """The board's clock."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **length: float) -> None:
        self.now += timedelta(**length)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def board(tracker: Tracker, time: Time) -> Board:
    return Board(lambda: tracker.table, time, REACH)


def announce(tracker: Tracker, change_id: str = "CHG-1") -> None:
    detail = announced(change(change_id=change_id))
    record = Record(
        change_id, 1, "h", detail.customers, (), "maria", detail.announced_at.isoformat(),
        "e", "Patch the hosts", "approved", False,
        window_start="2027-01-20T22:00:00Z", window_end="2027-01-20T23:30:00Z",
    )  # fmt: skip
    reserve(tracker.table, record)
    tracker.handle(envelope(detail, event=change_id))


def only(board: Board) -> Standing:
    (found,) = board.standings()
    return found


def test_what_is_announced_stands_with_its_window_and_its_customers(
    tracker: Tracker, board: Board
) -> None:
    announce(tracker)
    found = only(board)
    assert found.customers == ("acme", "globex")
    assert found.window
    assert {one["state"] for one in found.run["customers"].values()} == {"announced"}


def test_a_report_and_an_answer_are_news_within_a_second(
    tracker: Tracker, board: Board, time: Time
) -> None:
    announce(tracker)
    first = board.seen_as()
    assert board.seen_as() == first
    tracker.handle(envelope(reported(state="sent")))
    time.pass_(seconds=1.1)
    second = board.seen_as()
    assert second != first
    assert only(board).run["customers"]["acme"]["state"] == "sent"
    tracker.handle(envelope(recorded(response="rejected", report_seq=2)))
    time.pass_(seconds=1.1)
    assert board.seen_as() != second


def test_nothing_new_is_no_news(tracker: Tracker, board: Board, time: Time) -> None:
    announce(tracker)
    first = board.seen_as()
    time.pass_(minutes=10)
    assert board.seen_as() == first


def test_tests_are_not_on_the_board(tracker: Tracker, board: Board) -> None:
    announce(tracker, "CHG-1:test")
    assert board.standings() == []


def test_what_is_older_than_the_board_reaches_is_forgotten(
    tracker: Tracker, board: Board, time: Time
) -> None:
    announce(tracker)
    assert only(board)
    time.pass_(days=9)
    assert board.standings() == []


def test_a_report_about_a_change_of_some_days_ago_is_news_within_two_minutes(
    tracker: Tracker, board: Board, time: Time
) -> None:
    announce(tracker)
    time.pass_(days=3)
    first = board.seen_as()
    tracker.handle(envelope(reported(state="sent")))
    time.pass_(minutes=2)
    assert board.seen_as() != first


def test_a_hub_that_did_not_answer_is_read_whole_once_it_does(tracker: Tracker, time: Time) -> None:
    announce(tracker)
    time.pass_(days=3)
    answers = iter([False])

    def table() -> Any:
        if next(answers, True):
            return tracker.table
        raise EndpointConnectionError(endpoint_url="http://hub.example")

    board = Board(table, time, REACH)
    with pytest.raises(EndpointConnectionError):
        board.standings()
    assert only(board).change_id == "CHG-1"
