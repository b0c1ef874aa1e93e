"""The state of deliveries, in whatever order events arrive."""

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
from boto3.dynamodb.conditions import Key

from changecast.contract.change_announced import parse_announced
from changecast.contract.envelope import Envelope
from changecast.contract.errors import ContractError
from changecast.hub.tracking.chain import faults_in_chain
from changecast.hub.tracking.items import change_row
from changecast.hub.tracking.queries import overdue
from changecast.hub.tracking.revisions import note_again
from changecast.hub.tracking.schema import SHARDS, status_key
from changecast.hub.tracking.table import (
    Row,
    apply_report,
    history,
    open_status_rows,
    statuses,
    statuses_in,
    statuses_of_customer,
    statuses_of_days,
)
from tests.support.builders import ACCOUNTS, NOW, announced, arrived, change, envelope, reported

REASON = {"class": "rejected", "code": "other_content", "message": "m", "at": NOW}


def announce(table: Any, **fields: Any) -> None:
    event: Envelope[Any] = parse_announced(json.dumps(envelope(announced(**fields))))
    open_status_rows(table, event, NOW)


def report(table: Any, *, event: str = "", code: str | None = "acme", **fields: Any) -> None:
    detail = reported(**fields)
    apply_report(table, arrived(detail, event=event or f"event-{detail.report_seq}"), code, NOW)


def row(table: Any, code: str = "acme") -> Row:
    return next(one for one in statuses(table, "CHG-1", 1) if one["customer"] == code)


def unplaced(table: Any, account: str) -> list[Row]:
    found: list[Row] = table.query(KeyConditionExpression=Key("pk").eq(f"unplaced#{account}"))[
        "Items"
    ]
    return found


def test_everybody_who_is_named_is_expected_whether_affected_or_withdrawn(table: Any) -> None:
    announce(table, withdrawn=["initech"])
    rows = statuses(table, "CHG-1", 1)
    assert [(one["customer"], one["withdrawn"], one["state"]) for one in rows] == [
        ("acme", False, "announced"),
        ("globex", False, "announced"),
        ("initech", True, "announced"),
    ]
    assert rows[0]["title"] == "Patch the hosts"
    assert rows[0]["announced_by"] == "maria@provider.example"


def test_reports_in_any_order_end_alike(table: Any) -> None:
    def tell(what: int) -> None:
        if what == 0:
            announce(table)
        elif what == 1:
            report(table, state="planned", report_seq=1, counts={"planned": 5})
        elif what == 2:
            report(table, state="sending", report_seq=2, counts={"planned": 5, "sent": 3})
        else:
            report(
                table, state="sent", report_seq=3, counts={"planned": 5, "sent": 5}, ended_at=NOW
            )

    found = []
    for order in list(itertools.permutations(range(4)))[::4]:
        for what in (*order, order[0]):
            tell(what)
        own = {"version", "chain_hash"}  # count what arrived, and in which order
        found.append({name: one for name, one in row(table).items() if name not in own})
        for item in table.scan()["Items"]:
            table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
    assert all(one == found[0] for one in found)
    assert (found[0]["state"], found[0]["counts"]["sent"]) == ("sent", 5)
    assert (found[0]["title"], found[0]["account"]) == ("Patch the hosts", ACCOUNTS["acme"])
    assert found[0]["report_seq"] == 3


def test_every_report_is_kept_once_and_never_written_over(table: Any) -> None:
    report(table, report_seq=1, state="planned", event="a")
    report(table, report_seq=1, state="planned", event="a")
    report(table, report_seq=1, state="failed", event="b")
    report(table, report_seq=2, state="sent", event="c")
    report(table, report_seq=2, state="failed", event="c")
    assert [one["state"] for one in history(table, "CHG-1", "acme")] == [
        "planned",
        "failed",
        "sent",
    ]


def test_what_is_kept_is_chained_whatever_comes_late_or_twice(table: Any) -> None:
    announce(table)
    for seq, event in ((2, "b"), (1, "a"), (2, "b"), (3, "c"), (1, "a")):
        report(table, report_seq=seq, state="sending", event=event)
    kept = history(table, "CHG-1", "acme")
    assert [(int(one["report_seq"]), int(one["chain_number"])) for one in kept] == [
        (1, 2), (2, 1), (3, 3),
    ]  # fmt: skip
    assert faults_in_chain(row(table), kept) == []
    assert faults_in_chain(row(table), kept[:-1]) != []


def test_a_report_that_meets_another_is_chained_behind_it(table: Any) -> None:
    announce(table)
    before = row(table)
    report(table, report_seq=1, event="a")
    detail = reported(report_seq=2)
    late = arrived(detail, event="b")
    apply_report(table, late, "acme", NOW, known=before)
    assert int(row(table)["chain_length"]) == 2
    assert faults_in_chain(row(table), history(table, "CHG-1", "acme")) == []


def test_a_report_says_nothing_of_other_customers_or_revisions(table: Any) -> None:
    announce(table)
    report(table, state="sent")
    report(table, state="failed", revision=2, report_seq=2)
    assert row(table, "globex")["state"] == "announced"
    assert row(table)["state"] == "sent"
    assert [one["revision"] for one in statuses(table, "CHG-1")] == [1, 1, 2]


@pytest.mark.parametrize(
    ("code", "account", "source"),
    [
        (None, "999999999999", "changecast.delivery.999999999999"),
        ("globex", ACCOUNTS["globex"], f"changecast.delivery.{ACCOUNTS['globex']}"),
        ("acme", ACCOUNTS["acme"], f"changecast.delivery.{ACCOUNTS['globex']}"),
        ("acme", ACCOUNTS["acme"], "changecast.delivery"),
    ],
)
def test_who_speaks_for_another_is_not_believed_and_remembered(
    table: Any, code: str | None, account: str, source: str
) -> None:
    announce(table)
    event = envelope(reported(), account=account) | {"source": source}
    forged: Envelope[Any] = Envelope[type(reported())].model_validate(event)  # type: ignore[misc]
    for _ in range(2):
        with pytest.raises(ContractError) as refused:
            apply_report(table, forged, code, NOW)
        assert refused.value.code == "forged"
    assert row(table)["state"] == "announced"
    assert history(table, "CHG-1", "acme") == []
    (kept,) = unplaced(table, account)
    assert (kept["customer"], kept["source"]) == ("acme", source)


def test_what_cannot_be_placed_is_in_nobodys_list(table: Any) -> None:
    report(table, state="rejected", event_id=None, change_id=None, revision=None)
    assert len(unplaced(table, ACCOUNTS["acme"])) == 1
    found = table.query(IndexName="by_customer", KeyConditionExpression=Key("customer").eq("acme"))[
        "Items"
    ]
    assert found == []


@pytest.mark.parametrize("missing", ["change_id", "revision"])
def test_a_rejection_with_half_an_identity_is_kept(table: Any, missing: str) -> None:
    fields: dict[str, Any] = {"state": "rejected", "reason": REASON, missing: None}
    report(table, **fields)
    assert len(unplaced(table, ACCOUNTS["acme"])) == 1
    assert statuses(table, "CHG-1") == []


def test_a_rejection_is_the_state_while_nothing_was_delivered(table: Any) -> None:
    announce(table)
    report(table, state="rejected", reason=REASON, report_seq=5)
    assert row(table)["state"] == "rejected"
    assert row(table)["reason"]["code"] == "other_content"
    assert row(table)["rejection"] == row(table)["reason"]


def test_a_rejection_says_nothing_against_what_was_delivered(table: Any) -> None:
    report(table, state="sent", report_seq=4, counts={"planned": 5, "sent": 5})
    report(table, state="rejected", reason=REASON, report_seq=5)
    report(table, state="sent", report_seq=6, counts={"planned": 5, "sent": 5, "delivered": 5})
    assert (row(table)["state"], row(table)["counts"]["delivered"]) == ("sent", 5)
    assert row(table)["rejection"]["code"] == "other_content"
    assert row(table)["reason"] is None


def test_a_report_from_before_a_rejection_that_comes_late_is_not_lost(table: Any) -> None:
    report(table, state="rejected", reason=REASON, report_seq=5)
    report(table, state="sent", report_seq=4)
    assert row(table)["state"] == "sent"
    assert row(table)["rejection"]["code"] == "other_content"


def test_a_rejection_is_made_good_by_the_run_that_follows_it(table: Any) -> None:
    report(table, state="rejected", reason=REASON, report_seq=5)
    report(table, state="sent", report_seq=6)
    report(table, state="rejected", reason=REASON, report_seq=5)
    assert row(table)["state"] == "sent"
    assert "rejection" not in row(table)


def test_the_newest_rejection_is_the_one_that_shows(table: Any) -> None:
    report(table, state="rejected", reason={**REASON, "code": "two"}, report_seq=6)
    report(table, state="rejected", reason={**REASON, "code": "one"}, report_seq=5)
    assert row(table)["reason"]["code"] == row(table)["rejection"]["code"] == "two"


def test_days_have_what_was_announced_and_what_was_refused_newest_first(table: Any) -> None:
    announce(table, customers=["acme"])
    announce(table, what=change(change_id="CHG-2"), customers=["acme"],
             announced_at="2027-01-16T09:00:00Z")  # fmt: skip
    report(table, state="rejected", reason=REASON, change_id="CHG-3", report_seq=9)
    report(table, state="sent", report_seq=10, change_id="CHG-4")
    announce(table, what=change(change_id="CHG-5"), customers=["acme"],
             announced_at="2027-01-15T09:00:00Z")  # fmt: skip
    days = [one["change_id"] for one in statuses_of_days(table, ["2027-01-16", "2027-01-15"])]
    assert days[0] == "CHG-2"
    assert set(days[1:3]) == {"CHG-1", "CHG-3"}
    assert days[3:] == ["CHG-5"]


def test_announced_again_the_first_announcement_stays(table: Any) -> None:
    announce(table)
    report(table, state="sent")
    announce(table, announced_at="2027-02-01T09:00:00Z", announced_by="lee@provider.example")
    assert row(table)["announced_at"] == "2027-01-16T08:05:00Z"
    assert (row(table)["announced_by"], row(table)["state"]) == ("maria@provider.example", "sent")


def test_states_customers_and_days_are_found_without_a_scan(table: Any) -> None:
    announce(table, customers=["acme", "globex"])
    announce(table, what=change(change_id="CHG-2"), customers=["acme"],
             announced_at="2027-01-17T09:00:00Z")  # fmt: skip
    report(table, state="sent")
    waiting = [(one["change_id"], one["customer"]) for one in statuses_in(table, "announced")]
    assert waiting == [("CHG-2", "acme"), ("CHG-1", "globex")]
    assert [one["change_id"] for one in statuses_in(table, "sent")] == ["CHG-1"]
    since = "2027-01-17T00:00:00Z"
    assert [one["change_id"] for one in statuses_in(table, "announced", since)] == ["CHG-2"]
    assert [one["change_id"] for one in statuses_of_customer(table, "acme")] == ["CHG-2", "CHG-1"]
    assert [one["change_id"] for one in statuses_of_customer(table, "acme", since)] == ["CHG-2"]


def test_what_the_audit_keeps_of_a_customer_is_no_status(table: Any) -> None:
    announce(table)
    note_again(table, announced(), "acme")
    assert len(list(statuses_of_customer(table, "acme"))) == 1


def test_whom_the_record_names_besides_is_expected_too(table: Any) -> None:
    event: Envelope[Any] = parse_announced(json.dumps(envelope(announced(customers=["acme"]))))
    open_status_rows(table, event, NOW, more=("acme", "globex"))
    found = [(one["customer"], one["withdrawn"]) for one in statuses(table, "CHG-1")]
    assert found == [("acme", False), ("globex", False)]


def test_only_what_waits_is_ever_overdue(table: Any) -> None:
    announce(table)
    report(table, state="sent")
    assert list(overdue(table, NOW)) == []
    late = NOW + timedelta(minutes=16)
    assert list(overdue(table, late)) == [status_key("CHG-1", 1, "globex")]


def test_a_flood_of_forged_reports_hides_nobody_who_is_silent(table: Any) -> None:
    announce(table, customers=["acme", "globex"])
    for number in range(40):
        forged = arrived(reported(), account=ACCOUNTS["globex"], event=f"event-{number}")
        with pytest.raises(ContractError):
            apply_report(table, forged, "globex", NOW)
    first = list(itertools.islice(overdue(table, NOW + timedelta(minutes=16)), 2 * SHARDS))
    silent = [status_key("CHG-1", 1, code) for code in ("acme", "globex")]
    assert all(key in first for key in silent)


def test_rows_and_reports_of_one_change_spread_over_partitions() -> None:
    keys = [status_key("CHG-1", 1, f"customer-{number}")["pk"] for number in range(4_000)]
    busiest = max(keys.count(key) for key in set(keys))
    assert len(set(keys)) == SHARDS
    assert busiest < 1.25 * len(keys) / SHARDS


def test_two_who_change_a_row_at_once_both_have_their_say(table: Any) -> None:
    announce(table)
    key = status_key("CHG-1", 1, "acme")

    def slow(found: Row) -> Row:
        if "report_seq" not in found:
            report(table, state="sent", report_seq=1)
        return found | {"title": "kept"}

    change_row(table, key, slow)
    assert (row(table)["state"], row(table)["title"]) == ("sent", "kept")


@pytest.mark.parametrize("revision", [1, 99_999, 100_000, 202_701, 999_999])
def test_a_status_is_found_whatever_its_revision_is(table: Any, revision: int) -> None:
    """A version like 202701 is the year and the month."""
    announce(table, what=change(revision=revision))
    assert [int(one["revision"]) for one in statuses(table, "CHG-1")] == [revision] * 2
    assert len(statuses(table, "CHG-1", revision)) == 2
