"""A row and its deadline: who must be looked at, when, and when no more."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from changecast.contract.change import utc
from changecast.contract.change_announced import parse_announced
from changecast.contract.envelope import Envelope
from changecast.hub.tracking.findings import Cause, Finding, reported_finding
from changecast.hub.tracking.rows import (
    LOOK_AGAIN,
    looked_at,
    with_announcement,
    with_finding,
    with_report,
    without_finding,
)
from changecast.hub.tracking.schema import Row, code_in, reminder_status_key, status_key
from changecast.hub.tracking.silence import (
    cause_of,
    is_overdue,
    is_resolved,
    judged,
    must_tell,
)
from tests.support.builders import NOW, announced, arrived, envelope, reported

TIME_TO_REPORT = timedelta(minutes=15)
LATER = NOW + TIME_TO_REPORT + timedelta(seconds=1)
SILENT = Finding(Cause.NO_ROUTE, "no rule", "see")
REASON = {"class": "ses", "code": "SendingPausedException", "message": "paused", "at": NOW}


def new(now: datetime = NOW) -> Row:
    event: Envelope[Any] = parse_announced(json.dumps(envelope(announced())))
    return with_announcement({}, event, "acme", now, TIME_TO_REPORT)


def told(row: Row, now: datetime = NOW, **fields: Any) -> Row:
    return with_report(row, arrived(reported(**fields)), now, TIME_TO_REPORT)


def test_a_new_row_is_looked_at_when_patience_is_over() -> None:
    assert new()["deadline"] == utc(NOW + TIME_TO_REPORT)


def test_progress_moves_the_deadline_and_the_end_takes_it_away() -> None:
    later = NOW + timedelta(minutes=10)
    sending = told(new(), later, state="sending", report_seq=1)
    assert sending["deadline"] == utc(later + TIME_TO_REPORT)
    assert "deadline" not in told(sending, later, state="sent", report_seq=2)


def test_mails_without_an_answer_may_take_as_long_as_ses_needs() -> None:
    row = told(new(), state="sending", counts={"planned": 2, "sent": 1, "unknown": 1})
    assert row["deadline"] == utc(NOW + timedelta(hours=2, minutes=30))


@pytest.mark.parametrize(
    "state", ["nothing_to_send", "paused", "held", "failed", "partial", "rejected"]
)
def test_what_the_account_itself_reports_as_bad_is_told_at_once(state: str) -> None:
    row = told(new(), state=state, reason=REASON)
    finding = reported_finding(row)
    assert row["deadline"] == utc(NOW)
    assert finding is not None
    code = "SendingPausedException: " if state == "paused" else ""
    assert (finding.cause, finding.message) == (state, f"{code}paused")


@pytest.mark.parametrize("code", ["minor_revision", "never_announced", "draft"])
def test_nobody_mailed_because_nobody_had_to_be_is_no_finding(code: str) -> None:
    row = told(new(), state="nothing_to_send", reason={**REASON, "code": code})
    assert reported_finding(row) is None
    assert "deadline" not in row


def test_a_rejection_beside_a_delivery_is_told_too() -> None:
    row = told(told(new(), state="sent", report_seq=1), state="rejected", reason=REASON,
               report_seq=2)  # fmt: skip
    finding = reported_finding(row)
    assert row["state"] == "sent"
    assert finding is not None
    assert finding.cause == Cause.REJECTED


def test_a_silent_customers_finding_is_its_state_until_it_speaks() -> None:
    row = with_finding(new(), SILENT, LATER)
    assert (row["state"], row["reason"]["message"]) == ("no_route", "no rule")
    spoken = told(row, LATER, state="sent")
    assert (spoken["state"], spoken["reason"]) == ("sent", None)
    assert spoken["deadline"] == utc(LATER)


def test_a_finding_is_told_once_and_its_end_once() -> None:
    before, after = new(), judged(new(), SILENT, LATER, TIME_TO_REPORT)
    assert must_tell(before, after, LATER)
    known = looked_at(after, LATER)
    again = judged(known, SILENT, LATER, TIME_TO_REPORT)
    assert not must_tell(known, again, LATER)
    spoken = told(again, LATER, state="sent")
    done = judged(spoken, None, LATER, TIME_TO_REPORT)
    assert is_resolved(spoken, done)
    assert "finding" not in done
    assert "deadline" not in done


def test_a_finding_that_was_told_is_looked_at_again_in_an_hour_only() -> None:
    known = looked_at(with_finding(new(), SILENT, LATER), LATER)
    in_an_hour = LATER + LOOK_AGAIN
    again = judged(known, SILENT, in_an_hour, TIME_TO_REPORT)
    assert again["deadline"] == utc(in_an_hour + LOOK_AGAIN)


def test_two_reports_of_one_number_are_one() -> None:
    row = told(new(), state="sent", report_seq=4)
    assert told(row, LATER, state="failed", report_seq=4) == row


def test_another_cause_is_another_finding() -> None:
    known = looked_at(with_finding(new(), SILENT, LATER), LATER)
    other = Finding(Cause.REFUSED_BY_BUS, "refused", "see")
    assert must_tell(known, judged(known, other, LATER, TIME_TO_REPORT), LATER)


def test_a_finding_whose_watch_died_before_it_told_is_told_by_a_later_one() -> None:
    row = with_finding(new(), SILENT, LATER)
    assert not must_tell(row, judged(row, SILENT, LATER, TIME_TO_REPORT), LATER)
    much_later = LATER + timedelta(minutes=3)
    assert must_tell(row, judged(row, SILENT, much_later, TIME_TO_REPORT), much_later)


def test_what_was_never_told_is_not_taken_back() -> None:
    row = with_finding(new(), SILENT, LATER)
    assert not is_resolved(
        row, without_finding(told(row, LATER, state="sent"), LATER, TIME_TO_REPORT)
    )


def test_a_silence_is_looked_at_again_and_a_report_is_not() -> None:
    silent = looked_at(with_finding(new(), SILENT, LATER), LATER)
    assert silent["deadline"] == utc(LATER + LOOK_AGAIN)
    paused = told(new(), state="paused", reason=REASON)
    finding = reported_finding(paused)
    assert finding is not None
    assert "deadline" not in looked_at(with_finding(paused, finding, NOW), NOW)


def test_after_two_weeks_nobody_looks_any_more() -> None:
    much_later = NOW + timedelta(days=15)
    assert "deadline" not in looked_at(with_finding(new(), SILENT, much_later), much_later)


def test_a_run_that_stalled_goes_on_and_is_watched_again() -> None:
    sending = told(new(), state="sending", report_seq=1)
    assert is_overdue(sending, LATER, TIME_TO_REPORT)
    stalled = looked_at(with_finding(sending, Finding(Cause.STALLED, "m", "see"), LATER), LATER)
    assert stalled["state"] == "sending"
    moving = told(stalled, LATER, state="sending", report_seq=2)
    assert not is_overdue(moving, LATER, TIME_TO_REPORT)
    assert judged(moving, None, LATER, TIME_TO_REPORT)["deadline"] == utc(LATER + TIME_TO_REPORT)


def paused_and_told() -> Row:
    row = told(new(), state="paused", report_seq=1, reason=REASON, counts={"planned": 3, "sent": 1})
    return looked_at(judged(row, reported_finding(row), NOW, TIME_TO_REPORT), NOW)


@pytest.mark.parametrize(
    ("state", "sent", "is_over"),
    [("planned", 1, False), ("sending", 1, False), ("sending", 2, True), ("sent", 3, True),
     ("superseded", 1, True)],
)  # fmt: skip
def test_a_pause_is_over_only_when_mails_leave_again(state: str, sent: int, is_over: bool) -> None:
    before = told(paused_and_told(), LATER, state=state, report_seq=2,
                  counts={"planned": 3, "sent": sent})  # fmt: skip
    after = judged(before, reported_finding(before), LATER, TIME_TO_REPORT)
    assert is_resolved(before, after) is is_over
    # A resumed run that says nothing more is looked at again.
    assert ("deadline" in after) is (state not in ("sent", "superseded"))
    assert after.get("deadline", "9") > utc(LATER)


def test_a_run_that_pauses_again_was_not_resolved_in_between_and_is_told_once() -> None:
    going = told(paused_and_told(), LATER, state="planned", report_seq=2,
                 counts={"planned": 3, "sent": 1})  # fmt: skip
    kept = judged(going, reported_finding(going), LATER, TIME_TO_REPORT)
    again = told(kept, LATER, state="paused", report_seq=3, reason=REASON,
                 counts={"planned": 3, "sent": 1})  # fmt: skip
    after = judged(again, reported_finding(again), LATER, TIME_TO_REPORT)
    assert not must_tell(again, after, LATER)
    assert not is_resolved(again, after)


def test_a_run_that_pauses_again_after_progress_is_not_over_by_its_old_progress() -> None:
    again = told(paused_and_told(), LATER, state="paused", report_seq=2, reason=REASON,
                 counts={"planned": 3, "sent": 2})  # fmt: skip
    kept = judged(again, reported_finding(again), LATER, TIME_TO_REPORT)
    going = told(kept, LATER, state="planned", report_seq=3, counts={"planned": 3, "sent": 2})
    after = judged(going, reported_finding(going), LATER, TIME_TO_REPORT)
    assert not is_resolved(going, after)


def test_a_resumed_run_that_goes_silent_is_another_finding() -> None:
    going = told(paused_and_told(), NOW, state="planned", report_seq=2,
                 counts={"planned": 3, "sent": 1})  # fmt: skip
    kept = judged(going, reported_finding(going), NOW, TIME_TO_REPORT)
    stalled = Finding(Cause.STALLED, "nothing since", "see")
    after = judged(kept, stalled, LATER, TIME_TO_REPORT)
    assert must_tell(kept, after, LATER)


def test_the_customer_of_a_status_and_of_a_reminder_is_in_its_key() -> None:
    for code in ("acme", "acme-eu", "acme2"):
        assert code_in(status_key("CHG-1#x", 12, code)) == code
        reminder = reminder_status_key("CHG-1#x", code, "2027-01-20T22:00:00Z", "24h")
        assert code_in(reminder) == code


def test_a_missing_registry_entry_alone_does_not_mean_that_nobody_was_told() -> None:
    found = cause_of(new(), None, None)
    assert found.cause is Cause.UNKNOWN_CUSTOMER
    assert "Unless a route for this code exists, nobody there was told" in found.message
