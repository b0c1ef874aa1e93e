"""The life of a change, revision by revision: which mail goes out when, and against what."""

from typing import Any
from uuid import uuid5

from changecast.contract.change import view_for
from changecast.contract.change_announced import ChangeAnnounced
from changecast.customer.ledger.schema import Run, run_id
from changecast.customer.mailing import Mailing, MailKind, Topic, Variant
from changecast.customer.planning.decision import (
    SILENT,
    Silent,
    base_of,
    decide,
    fingerprint_for,
    variant_for,
)
from tests.support.builders import EVENT_ID, announced, change

BLANKS = {"title": " Patch\u00a0the hosts "}
LATER = {"start": "2027-01-21T22:00:00Z", "end": "2027-01-21T23:30:00Z"}


def revision(number: int, status: str, **fields: Any) -> ChangeAnnounced:
    is_withdrawn = fields.pop("withdrawn", False)
    return announced(
        change(revision=number, status=status, **fields),
        event_id=uuid5(EVENT_ID, str(number)),
        customers=["globex"] if is_withdrawn else ["acme", "globex"],
        withdrawn=["acme"] if is_withdrawn else [],
    )


def last_decision(*events: ChangeAnnounced) -> Any:
    """What acme's account decides about the last of several revisions that come in order."""
    runs: list[Run] = []
    told = {event.revision: view_for(event.change, "acme") for event in events}
    for event in events:
        base = base_of(event, "acme", runs)
        decision = decide(event, "acme", runs, told[base.revision] if base else None)
        mailing = decision if isinstance(decision, Mailing) else None
        runs.append(
            Run(
                run=run_id(event.change_id, event.revision),
                change_id=event.change_id,
                revision=event.revision,
                event_id=str(event.event_id),
                fingerprint=fingerprint_for(event, "acme"),
                kind=mailing.kind if mailing else SILENT,
                topic=mailing.topic if mailing else "",
                material=mailing.material if mailing else False,
                started_at=0.0,
                trace_id="",
                complete=True,
            )
        )
    return decision


def said(decision: Any) -> tuple[Any, ...]:
    base = decision.base.revision if decision.base else None
    return decision.kind, decision.topic, decision.material, base


def test_a_draft_is_never_mailed() -> None:
    assert isinstance(last_decision(revision(1, "draft")), Silent)


def test_approval_then_announcement_then_start_then_completion() -> None:
    life = [
        revision(1, "submitted"),
        revision(2, "approved"),
        revision(3, "in_progress"),
        revision(4, "completed"),
    ]
    announcements = Topic.ANNOUNCEMENTS
    assert [said(last_decision(*life[: n + 1])) for n in range(4)] == [
        (MailKind.APPROVAL_REQUEST, Topic.APPROVALS, True, None),
        (MailKind.ANNOUNCEMENT, announcements, True, None),
        (MailKind.STARTED, announcements, True, 2),
        (MailKind.COMPLETED, announcements, True, 3),
    ]


def test_a_moved_window_is_an_update_and_blanks_are_silent_for_those_up_to_date() -> None:
    moved = last_decision(revision(1, "approved"), revision(2, "approved", window=LATER))
    assert said(moved) == (MailKind.UPDATE, Topic.ANNOUNCEMENTS, True, 1)
    assert variant_for(moved, 1, calendar=True) is Variant.CHANGED_CALENDAR
    minor = last_decision(revision(1, "approved"), revision(2, "approved", **BLANKS))
    assert minor.material is False
    assert variant_for(minor, 1, calendar=True) is None
    assert variant_for(minor, None, calendar=True) is Variant.FULL_CALENDAR


def test_a_moved_meeting_is_told_and_another_name_of_the_zone_is_not() -> None:
    first, later = ({"start": f"2027-01-20T{hour}:00:00Z"} for hour in (20, 21))
    moved = last_decision(
        revision(1, "approved", meeting=first), revision(2, "approved", meeting=later)
    )
    assert said(moved) == (MailKind.UPDATE, Topic.ANNOUNCEMENTS, True, 1)
    window = change().window.model_dump()  # type: ignore[union-attr]
    renamed = last_decision(
        revision(1, "approved"), revision(2, "approved", window={**window, "timezone": "UTC"})
    )
    assert renamed.material is False


def test_an_update_after_a_silent_revision_is_measured_against_what_was_told() -> None:
    decision = last_decision(
        revision(1, "approved"),
        revision(2, "approved", **BLANKS),
        revision(3, "approved", **BLANKS, window=LATER),
    )
    assert said(decision) == (MailKind.UPDATE, Topic.ANNOUNCEMENTS, True, 1)


def test_a_change_that_goes_on_with_another_end_is_an_update_and_not_a_second_start() -> None:
    decision = last_decision(
        revision(1, "approved"),
        revision(2, "in_progress"),
        revision(3, "in_progress", window={**LATER, "start": "2027-01-20T22:00:00Z"}),
    )
    assert said(decision) == (MailKind.UPDATE, Topic.ANNOUNCEMENTS, True, 2)


def test_a_change_announced_before_is_cancelled_where_it_was_announced() -> None:
    decision = last_decision(
        revision(1, "approved"), revision(2, "submitted"), revision(3, "cancelled")
    )
    assert said(decision) == (MailKind.CANCELLED, Topic.ANNOUNCEMENTS, True, 1)


def test_a_change_never_announced_is_cancelled_for_its_approvers() -> None:
    decision = last_decision(revision(1, "submitted"), revision(2, "cancelled"))
    assert said(decision) == (MailKind.CANCELLED, Topic.APPROVALS, True, 1)


def test_a_change_that_nobody_knows_is_cancelled_in_silence() -> None:
    decision = last_decision(revision(1, "draft"), revision(2, "cancelled"))
    assert decision == Silent(
        "never_announced", "the change was cancelled before anybody here was told"
    )


def test_a_change_approved_again_is_an_update_of_what_was_announced() -> None:
    decision = last_decision(
        revision(1, "approved"), revision(2, "submitted"), revision(3, "approved", window=LATER)
    )
    assert said(decision) == (MailKind.UPDATE, Topic.ANNOUNCEMENTS, True, 1)


def test_a_request_that_changes_says_what_changed_since_the_last_request() -> None:
    decision = last_decision(
        revision(1, "submitted"), revision(2, "submitted", customer_impact="More.")
    )
    assert said(decision) == (MailKind.APPROVAL_REQUEST, Topic.APPROVALS, True, 1)
    assert variant_for(decision, 1, calendar=False) is Variant.CHANGED


def test_a_customer_dropped_from_the_list_hears_of_it_where_it_was_told() -> None:
    dropped = last_decision(revision(1, "approved"), revision(2, "approved", withdrawn=True))
    assert said(dropped) == (MailKind.WITHDRAWN, Topic.ANNOUNCEMENTS, True, 1)
    asked = last_decision(revision(1, "submitted"), revision(2, "submitted", withdrawn=True))
    assert said(asked) == (MailKind.WITHDRAWN, Topic.APPROVALS, True, 1)
    back_to_approval = last_decision(
        revision(1, "approved"), revision(2, "submitted"), revision(3, "submitted", withdrawn=True)
    )
    assert said(back_to_approval) == (MailKind.WITHDRAWN, Topic.ANNOUNCEMENTS, True, 1)


def test_a_customer_named_again_gets_the_full_announcement() -> None:
    decision = last_decision(
        revision(1, "approved"), revision(2, "approved", withdrawn=True), revision(3, "approved")
    )
    assert said(decision) == (MailKind.ANNOUNCEMENT, Topic.ANNOUNCEMENTS, True, None)


def test_a_customer_added_later_gets_the_full_announcement() -> None:
    decision = last_decision(revision(4, "approved"))
    assert said(decision) == (MailKind.ANNOUNCEMENT, Topic.ANNOUNCEMENTS, True, None)


def test_a_customer_dropped_before_it_was_told_hears_nothing() -> None:
    decision = last_decision(revision(1, "draft"), revision(2, "approved", withdrawn=True))
    assert decision == Silent("never_announced", "nobody here was ever told of this change")


def test_who_was_told_by_a_minor_revision_alone_is_told_that_the_change_is_cancelled() -> None:
    """The material revision that it was compared with came to nothing."""
    first, minor, end = revision(1, "approved"), revision(2, "approved"), revision(3, "cancelled")
    runs = [
        _run(first, kind=SILENT, material=False),
        _run(minor, kind=MailKind.UPDATE, material=False),
    ]
    base = base_of(end, "acme", runs)
    assert base is runs[1]
    assert said(decide(end, "acme", runs, view_for(minor.change, "acme"))) == (
        MailKind.CANCELLED, Topic.ANNOUNCEMENTS, True, 2,
    )  # fmt: skip


def _run(event: ChangeAnnounced, *, kind: str, material: bool) -> Run:
    return Run(
        run=run_id(event.change_id, event.revision),
        change_id=event.change_id,
        revision=event.revision,
        event_id=str(event.event_id),
        fingerprint=fingerprint_for(event, "acme"),
        kind=kind,
        topic=Topic.ANNOUNCEMENTS if kind != SILENT else "",
        material=material,
        started_at=0.0,
        trace_id="",
        complete=True,
    )
