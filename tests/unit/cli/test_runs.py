"""Runs as `status --json` prints them."""

from typing import Any

import pytest

from changecast.hub.tracking.revisions import Record
from changecast_cli.watching.runs import (
    by_change,
    channels_told,
    is_bad,
    is_final,
    is_settled,
    run_of,
    with_expected,
)


def row(customer: str, revision: int, state: str, **more: Any) -> dict[str, Any]:
    return {"change_id": "CHG-1", "customer": customer, "revision": revision, "state": state,
            "title": "Patch", **more}  # fmt: skip


def test_a_run_shows_of_each_customer_its_newest_revision() -> None:
    run = run_of(
        "CHG-1", [row("acme", 4, "sent"), row("acme", 3, "failed"), row("globex", 3, "sent")]
    )
    assert run["revision"] == 4
    assert {code: one["revision"] for code, one in run["customers"].items()} == {
        "acme": 4,
        "globex": 3,
    }
    assert run["customers"]["acme"]["state"] == "sent"


def test_counts_are_whole_numbers_and_complete_even_before_the_first_report() -> None:
    run = run_of("CHG-1", [row("acme", 1, "announced")])
    assert set(run["customers"]["acme"]["counts"].values()) == {0}
    assert "unknown" in run["customers"]["acme"]["counts"]


def test_changes_come_in_the_order_in_which_their_rows_first_come() -> None:
    rows = [row("acme", 1, "sent"), {**row("acme", 1, "sent"), "change_id": "CHG-0"}]
    assert [run["change_id"] for run in by_change(rows)] == ["CHG-1", "CHG-0"]


def test_only_states_in_which_nothing_more_will_be_sent_are_final() -> None:
    names = ("announced", "planned", "sending", "paused", "sent", "held", "nothing_to_send")
    runs = {name: run_of("CHG-1", [row("acme", 1, name)]) for name in names}
    final = {name for name, run in runs.items() if is_final(run["customers"]["acme"])}
    assert final == {"sent", "held", "nothing_to_send"}


def test_a_refused_second_announcement_is_bad_even_where_the_first_was_sent() -> None:
    refused = row("acme", 1, "sent", rejection={"message": "other content"})
    assert is_bad(run_of("C", [refused])["customers"]["acme"])
    assert not is_bad(run_of("C", [row("acme", 1, "sent")])["customers"]["acme"])


def record(revision: int, *customers: str, withdrawn: tuple[str, ...] = ()) -> Record:
    return Record("CHG-1", revision, "h", customers, withdrawn, "maria", "2027-01-02T10:00:00Z",
                  "e", "Patch", "approved", True)  # fmt: skip


def test_who_is_announced_to_shows_before_the_hub_heard_of_anybody() -> None:
    run = with_expected(run_of("CHG-1", []), [record(1, "globex", "acme")])
    assert {code: one["state"] for code, one in run["customers"].items()} == {
        "acme": "announced",
        "globex": "announced",
    }
    assert (run["revision"], run["title"]) == (1, "Patch")


def test_what_is_done_of_an_older_revision_is_not_taken_for_the_newest() -> None:
    known = run_of("CHG-1", [row("acme", 1, "sent"), row("globex", 2, "sent")])
    run = with_expected(known, [record(1, "acme"), record(2, "acme", withdrawn=("globex",))])
    assert run["customers"]["acme"]["state"] == "announced"
    assert run["customers"]["globex"]["state"] == "sent"


def test_a_customer_whom_the_hub_gave_up_waiting_for_is_settled_and_bad() -> None:
    one = run_of("CHG-1", [row("acme", 1, "no_route")])["customers"]["acme"]
    assert is_settled(one)
    assert is_bad(one)
    assert not is_final(one)


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        ({"state": "sent", "code": ""}, "ops ✓"),
        ({"state": "planned", "code": ""}, "ops planned"),
        (
            {"state": "planned", "code": "timeout", "next_try_at": "2027-01-16T14:05:00Z"},
            "ops ✗ timeout, next try 14:05 UTC",
        ),
        ({"state": "failed", "code": "gone"}, "ops ✗ gone"),
        ({"state": "unknown", "code": "no_answer"}, "ops unknown (no_answer)"),
        ({"state": "held", "code": "no_answer"}, "ops held (no_answer)"),
        ({"state": "superseded", "code": "removed"}, "ops superseded (removed)"),
    ],
)
def test_a_channel_is_told_in_a_few_words(channel: dict[str, Any], told: str) -> None:
    run = run_of("CHG-1", [row("acme", 1, "sent", channels=[{"name": "ops", **channel}])])
    assert channels_told(run["customers"]["acme"]) == told


def test_a_customer_without_channels_is_told_of_none() -> None:
    customer = run_of("CHG-1", [row("acme", 1, "sent", channels=None)])["customers"]["acme"]
    assert (customer["channels"], channels_told(customer)) == ([], "")
