"""Three days of `make bench MEASURES=month`, and the model that judges them."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

from benchmarks.month import COSTS
from testbed.month.judging import Inbox, Verdict, judge_calendars, judge_inbox, status_fault
from testbed.month.plot import DAY, Month, Party, Revision, Told, month
from testbed.month.world import Played, played
from testbed.simulation.expectations import Mail
from testbed.simulation.stories import SETTLED

CUSTOMERS, DAYS, CHANGES, SEED = 3, 3, 20, 5


@pytest.fixture(scope="module")
def short() -> Iterator[tuple[Played, Verdict]]:
    logging.disable(logging.CRITICAL)
    try:
        with played(month(CUSTOMERS, DAYS, CHANGES, SEED), SEED) as done:
            yield done, done.judge()
    finally:
        logging.disable(logging.NOTSET)


def test_three_days_of_three_customers_come_out_right(short: tuple[Played, Verdict]) -> None:
    done, verdict = short
    assert verdict.is_clean, (verdict, done.wrong)
    assert done.wrong == []
    assert verdict.mails > 100


def test_in_them_everything_happens(short: tuple[Played, Verdict]) -> None:
    done, _ = short
    revisions = [one for told in done.month.changes for one in told.revisions]
    assert {one.status for one in revisions} >= {"submitted", "approved", "cancelled"}
    assert any(one.withdrawn for one in revisions)
    assert done.resumed > 0
    assert any(place.bounced for place in done.places.values())
    assert {said for each in done.answered.values() for said in each.values()} == {
        "acknowledged", "approved",
    }  # fmt: skip
    reminders = [run for code, place in done.places.items() for told in done.month.changes
                 for run in place.runs(told.change_id) if run.is_reminder]  # fmt: skip
    assert reminders


def test_every_cost_of_a_day_is_counted(short: tuple[Played, Verdict]) -> None:
    done, _ = short
    assert [one.day for one in done.costs] == [*range(1, DAYS + 1)]
    for name, _, _ in COSTS:
        assert getattr(done.costs[0], name) > 0, name


PARTY = Party("acme", "222222222222", "eu-central-1", {
    "announcements": ["ana@acme.example", "bob@acme.example"], "approvals": [], "calendar": []}, (),
)  # fmt: skip
FIRST = Revision(1_000.0, 1, "approved", 1, 3 * DAY, ("acme",))
MOVED = replace(FIRST, at=1_000.0 + 2 * SETTLED, number=2, starts=4 * DAY)
CHANGE = Told("CHG-1", (FIRST, MOVED))
QUIET = Month(3, {"acme": PARTY}, (CHANGE,), (), ("none", 0.0, 0.0), ("none", 0.0, 0.0))


def mail(address: str, revision: int, at: float = 0.0) -> Mail:
    of = CHANGE.revisions[revision - 1]
    return Mail(at or of.at + 5.0, f"{address}@acme.example", False, revision, False)


RIGHT = [mail(address, revision) for revision in (1, 2) for address in ("ana", "bob")]


def judged(mails: list[Mail], keys: list[str] | None = None) -> Verdict:
    verdict = Verdict()
    named = keys or [f"{one.revision} {one.address}" for one in mails]
    judge_inbox(verdict, CHANGE, PARTY, QUIET, Inbox(mails, [], named))
    return verdict


def test_the_judge_finds_who_was_not_told_and_who_was_told_twice_or_by_mistake() -> None:
    assert judged(RIGHT).is_clean
    assert judged(RIGHT[:-1]).lost == 1
    assert judged([*RIGHT, mail("bob", 2)]).twice == 1
    assert judged([*RIGHT, mail("eva", 2)]).astray == 1


def test_the_judge_finds_a_status_that_is_not_true() -> None:
    inbox = Inbox(RIGHT, [], [])
    true = {"state": "sent", "revision": 2, "counts": {"sent": 2, "bounced": 0}}
    assert status_fault(CHANGE, PARTY, inbox, true) == ""
    for wrong in (
        None,
        true | {"revision": 1},
        true | {"state": "sending"},
        true | {"counts": {"sent": 1, "bounced": 0}},
        true | {"counts": {"sent": 2, "bounced": 1}},
    ):
        assert status_fault(CHANGE, PARTY, inbox, wrong)


ENTRY = """From: changes@acme.example\r
Subject: x\r
Content-Type: text/calendar; method={method}\r
\r
BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//test//\r
METHOD:{method}\r
BEGIN:VEVENT\r
UID:{uid}\r
DTSTAMP:20270101T000000Z\r
SEQUENCE:{sequence}\r
DTSTART:{start}\r
STATUS:{status}\r
END:VEVENT\r
END:VCALENDAR\r
"""
# 1970-01-04 and 05, because the month of this test begins with the epoch.
STARTS = {1: "19700104T000000Z", 2: "19700105T000000Z"}


def entry(sequence: int, **changed: str) -> tuple[str, bytes]:
    values = {"method": "REQUEST", "uid": "one", "status": "CONFIRMED", "start": STARTS[sequence]}
    return "ana@acme.example", ENTRY.format(**values | changed, sequence=sequence).encode()


@pytest.mark.parametrize(
    ("raw", "is_right"),
    [
        ([entry(1), entry(2)], True),
        ([entry(1)], True),
        ([], True),
        ([entry(2), entry(1)], False),
        ([entry(1), entry(2, uid="two")], False),
        ([entry(1), entry(2, start=STARTS[1])], False),
        ([entry(1), entry(2, method="CANCEL")], False),
        ([entry(1), entry(2, method="CANCEL", status="CANCELLED")], True),
    ],
)
def test_the_judge_reads_calendars(raw: list[tuple[str, bytes]], is_right: bool) -> None:
    verdict = Verdict()
    wrong = judge_calendars(verdict, CHANGE, Inbox([], raw, []), 0.0)
    assert (verdict.calendars == 0) is (wrong == []) is is_right, wrong
