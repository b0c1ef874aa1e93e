"""A window that is over, has begun or looks like a slip is refused unless somebody says why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Announcement, announce
from changecast.hub.lengths import in_words
from changecast.hub.tracking.revisions import revisions
from tests.support.builders import document
from tests.support.fake_hub import FakeHub, fake_hub

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
YESTERDAY = ("2026-11-28T08:00:00Z", "2026-11-28T09:00:00Z")
BEGUN = ("2026-11-29T07:30:00Z", "2026-11-29T09:00:00Z")
SOON = ("2026-11-29T08:01:00Z", "2026-11-29T09:00:00Z")


def put(
    hub: FakeHub, window: tuple[str, str], *, past: str | None = "", **more: Any
) -> Announcement:
    what = document(implementationStart=window[0], implementationEnd=window[1], **more)
    return announce(what, hub=hub, past=past, now=lambda: NOW)


def refused(hub: FakeHub, window: tuple[str, str], **more: Any) -> str:
    """Return the sentence; nothing was put, and nothing was reserved."""
    before = len(hub.events.entries), len(hub.table.items)
    with pytest.raises(ContractError) as found:
        put(hub, window, **more)
    assert (len(hub.events.entries), len(hub.table.items)) == before
    assert found.value.code == "doubtful_window"
    return found.value.message


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (YESTERDAY, "its window ended 23 hours ago (2026-11-28T09:00:00Z)"),
        (BEGUN, "its window began 30 minutes ago (2026-11-29T07:30:00Z)"),
        (
            ("2016-11-28T08:00:00Z", "2016-11-28T09:00:00Z"),
            "its window ended 3,652 days",
        ),
        (("2027-01-01T00:00:00Z", "2027-01-31T00:00:00Z"), "its window is 30 days long"),
        (("2036-11-29T08:00:00Z", "2036-11-29T09:00:00Z"), "its window begins in 3,653 days"),
    ],
)
def test_a_window_that_can_hardly_be_meant_is_refused(window: tuple[str, str], said: str) -> None:
    assert refused(fake_hub(), window).startswith(said)


def test_a_dry_run_refuses_it_too() -> None:
    what = document(implementationStart=BEGUN[0], implementationEnd=BEGUN[1])
    with pytest.raises(ContractError):
        announce(what, hub=fake_hub(), past="", dry_run=True, now=lambda: NOW)


@pytest.mark.parametrize("window", [SOON, ("2027-01-01T00:00:00Z", "2027-01-15T00:00:00Z")])
def test_a_window_ahead_is_announced(window: tuple[str, str]) -> None:
    assert put(fake_hub(), window).event_ids


def test_a_reason_lets_it_pass_and_is_kept() -> None:
    hub = fake_hub()
    assert put(hub, YESTERDAY, past="Told by phone, for the record.").event_ids
    assert revisions(hub.table, "CHG-1")[0].past == "Told by phone, for the record."


def test_the_reason_may_stand_in_the_document() -> None:
    hub = fake_hub()
    what = document(implementationStart=BEGUN[0], implementationEnd=BEGUN[1], past="Emergency.")
    assert announce(what, hub=hub, past="", now=lambda: NOW).event_ids
    assert revisions(hub.table, "CHG-1")[0].past == "Emergency."


@pytest.mark.parametrize("status", ["in_progress", "completed", "cancelled"])
def test_what_began_ended_or_was_cancelled_may_have_its_window_behind_it(status: str) -> None:
    assert put(fake_hub(), YESTERDAY, status=status).event_ids


def test_a_correction_while_the_window_runs_is_no_new_window() -> None:
    hub = fake_hub()
    put(hub, BEGUN, past="Emergency.")
    assert put(hub, BEGUN, title="Replace the VPN gateways, corrected").event_ids


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(0), "0 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(hours=48), "2 days"),
        (timedelta(hours=49), "2 days and 1 hour"),
        (timedelta(hours=71, minutes=50), "3 days"),
        (timedelta(hours=60_101), "2,504 days and 5 hours"),
    ],
)
def test_a_length_in_words(length: timedelta, said: str) -> None:
    assert in_words(length) == said
