"""The record of a revision in DynamoDB: the first writer gets it."""

from dataclasses import replace
from typing import Any

from changecast.hub.tracking.revisions import Record, note_put, reserve, revisions
from tests.support.builders import NOW

ONE = Record(
    change_id="CHG-1",
    revision=1,
    content_hash="h",
    customers=("acme", "globex"),
    withdrawn=("initech",),
    announced_by="maria",
    announced_at="2027-01-16T08:05:00Z",
    event_id="e",
    title="Patch",
    status="approved",
    versioned=True,
)


def test_the_first_of_two_takes_a_revision(table: Any) -> None:
    assert reserve(table, ONE)
    assert not reserve(table, replace(ONE, content_hash="other"))
    assert revisions(table, "CHG-1") == [ONE]


def test_revisions_come_oldest_first_and_of_one_change_only(table: Any) -> None:
    for revision in (10, 9, 999_999, 100):
        reserve(table, replace(ONE, revision=revision))
    reserve(table, replace(ONE, change_id="CHG-10"))
    found = [record.revision for record in revisions(table, "CHG-1")]
    assert found == [9, 10, 100, 999_999]


def test_all_revisions_come_however_many_pages_they_take(table: Any) -> None:
    large = "x" * 100_000
    for revision in range(1, 13):
        reserve(table, replace(ONE, revision=revision, announced_by=large))
    assert len(revisions(table, "CHG-1")) == 12


def test_a_put_is_noted_once(table: Any) -> None:
    reserve(table, ONE)
    note_put(table, ONE, NOW)
    (noted,) = revisions(table, "CHG-1")
    assert noted == replace(ONE, put_at="2027-01-16T08:05:00Z")
    note_put(table, noted, NOW.replace(year=2028))
    assert revisions(table, "CHG-1") == [noted]


def test_a_revision_may_name_ten_thousand_customers_by_their_longest_codes(table: Any) -> None:
    codes = tuple(f"{number:05d}-{'x' * 26}" for number in range(10_000))
    for revision, sides in enumerate(((codes, ()), ((), codes), (codes, codes)), start=1):
        record = replace(ONE, revision=revision, customers=sides[0], withdrawn=sides[1])
        assert reserve(table, record)
        assert revisions(table, "CHG-1")[-1] == record
