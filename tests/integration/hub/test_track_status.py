"""The tracker's function: it trusts the registry and the envelope, and parks everything else."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from changecast.contract.change_announced import ChangeAnnounced
from changecast.hub.announcing.announce import announce
from changecast.hub.tracking import alerts
from changecast.hub.tracking.revisions import reserve, revisions
from changecast.hub.tracking.table import history, statuses
from changecast_cli.watching.runs import channels_told, run_of
from tests.integration.hub.conftest import Tracker, empty
from tests.support.builders import (
    ACCOUNTS,
    EVENT_ID,
    NOW,
    announced,
    document,
    envelope,
    reported,
)
from tests.support.drawn import spoilt_or_not
from tests.support.fake_hub import fake_hub
from tests.support.from_schema import published, values
from tests.support.hostile import BODIES, CODES


def test_announcements_and_reports_come_together(tracker: Tracker) -> None:
    assert tracker.handle(envelope(announced()), envelope(reported())) == []
    assert (tracker.row()["state"], tracker.row("globex")["state"]) == ("sent", "announced")
    assert tracker.parked() == []


def test_a_report_says_where_the_customers_chats_and_webhooks_stand(tracker: Tracker) -> None:
    chat = {"name": "chat", "channel": "chat", "state": "sent"}
    ops = {"name": "ops", "channel": "webhook", "state": "planned", "code": "503",
           "next_try_at": "2027-01-16T14:05:00Z"}  # fmt: skip
    said = envelope(reported(channels=(chat, ops)))
    assert tracker.handle(envelope(announced()), said) == []
    one = run_of("CHG-1", [tracker.row()])["customers"]["acme"]
    assert one["state"] == "sent"
    assert channels_told(one) == "chat ✓, ops ✗ 503, next try 14:05 UTC"
    assert [each["name"] for each in history(tracker.table, "CHG-1", "acme")[-1]["channels"]] == [
        "chat",
        "ops",
    ]


def test_a_customer_registered_a_second_ago_is_believed(tracker: Tracker, register: Any) -> None:
    tracker.handle(envelope(reported()))
    register("globex")
    tracker.handle(envelope(reported(customer="globex", state="failed")))
    assert tracker.row("globex")["state"] == "failed"
    assert tracker.parked() == []


def test_a_forged_report_is_parked_and_the_others_are_tracked(tracker: Tracker) -> None:
    forged = envelope(reported(state="failed"), account=ACCOUNTS["globex"])
    nobody = envelope(reported(customer="initech"))
    assert tracker.handle(forged, nobody, envelope(reported())) == []
    assert tracker.row()["state"] == "sent"
    assert tracker.parked() == ["forged", "forged"]
    assert [one["customer"] for one in statuses(tracker.table, "CHG-1")] == ["acme"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "schema"),
        ("null", "schema"),
        ("[]", "schema"),
        ("{}", "schema"),
        ("[" * 100_000, "schema"),
        ('{"detail-type": "ChangeAnnounced"}', "schema"),
        ('{"detail-type": ["ChangeAnnounced"]}', "schema"),
        ('{"detail-type": "ChangeAnnounced", "detail": ' + "[" * 900 + "]" * 900 + "}", "too_deep"),
        ('{"detail-type": "DeliveryReported", "a": 1, "a": 2}', "duplicate_key"),
        ('{"detail-type": "DeliveryReported", "a": NaN}', "not_a_number"),
        ('{"detail-type": "DeliveryReported", "a": "\\ud800"}', "lone_surrogate"),
        (envelope(reported()) | {"time": "0001-01-01T00:00:00+14:00"}, "schema"),
        (envelope(reported()) | {"id": ""}, "schema"),
    ],
)
def test_what_can_never_be_tracked_is_parked_and_never_tried_again(
    tracker: Tracker, body: Any, code: str
) -> None:
    assert tracker.handle(body, envelope(reported())) == []
    assert tracker.parked() == [code]
    assert tracker.row()["state"] == "sent"


def test_hostile_events_are_parked_and_a_neighbour_is_tracked(tracker: Tracker) -> None:
    kind = '{"detail-type": "ChangeAnnounced", '
    hostile = [*BODIES.values(), *(body.replace("{", kind, 1) for body in BODIES.values())]
    assert tracker.handle(*hostile, envelope(reported())) == []
    assert tracker.row()["state"] == "sent"
    parked = [code for _ in hostile for code in tracker.parked()]
    assert len(parked) == len(hostile)


def test_codes_that_only_look_like_a_customers_are_parked(tracker: Tracker) -> None:
    events = [envelope(reported()) for _ in CODES]
    for event, code in zip(events, CODES, strict=True):
        event["detail"]["customer"] = code
    assert tracker.handle(*events) == []
    parked = [code for _ in CODES for code in tracker.parked()]
    assert parked == ["schema"] * len(CODES)
    assert statuses(tracker.table, "CHG-1") == []


def near_events() -> st.SearchStrategy[str]:
    """Events that the schemas allow, from acme's account and about CHG-1."""

    def about_ours(event: dict[str, Any]) -> dict[str, Any]:
        about = {"change_id": "CHG-1", "revision": 1}
        event |= {"account": ACCOUNTS["acme"], "source": f"changecast.delivery.{ACCOUNTS['acme']}"}
        event["detail-type"] = "ChangeAnnounced"
        event["detail"] |= about
        if "change" in event["detail"]:
            event["detail"] |= {"customers": ["acme"], "withdrawn": []}
            event["detail"]["change"] |= about | {"title": "Patch", "window": None, "meeting": None}
            event["detail"]["change"]["status"] = "draft"
        else:
            event |= {"detail-type": "DeliveryReported"}
            event["detail"] |= {"customer": "acme", "event_id": str(EVENT_ID)}
        return event

    good = [values(published(f"{kind}.v1")) for kind in ("ChangeAnnounced", "DeliveryReported")]
    return spoilt_or_not(st.one_of(good).map(about_ours))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=near_events())
def test_whatever_the_schemas_allow_is_tracked_or_parked_with_its_reason(
    tracker: Tracker, body: str
) -> None:
    empty(tracker.table)
    assert tracker.handle(body) == []
    assert tracker.parked() or tracker.table.scan()["Items"]


def test_a_number_too_large_for_the_table_is_parked(tracker: Tracker) -> None:
    event = envelope(reported())
    event["detail"]["report_seq"] = 10**40
    assert tracker.handle(event) == []
    assert tracker.parked() == ["schema"]


def test_when_the_table_is_away_the_messages_go_back(tracker: Tracker) -> None:
    module = tracker.module
    module.tracker = replace(module.tracker, table=boto3.resource("dynamodb").Table("nowhere"))
    assert tracker.handle(envelope(announced()), envelope(reported())) == ["0", "1"]
    assert tracker.parked() == []


def facts(tracker: Tracker) -> list[str]:
    """Return the causes that are noted for CHG-1."""
    found = tracker.table.query(KeyConditionExpression=Key("pk").eq("fact#CHG-1"))["Items"]
    return [str(one["cause"]) for one in found]


def test_an_event_as_it_was_recorded_is_nothing_to_note(tracker: Tracker) -> None:
    hub = fake_hub()
    announce(document(), hub=hub)
    reserve(tracker.table, revisions(hub.table, "CHG-1")[0])
    (entry,) = hub.events.entries
    detail = ChangeAnnounced.model_validate_json(entry["Detail"])
    assert tracker.handle(envelope(detail)) == []
    assert facts(tracker) == []


def test_an_event_that_leaves_a_recorded_customer_out_is_noted_and_the_customer_expected(
    tracker: Tracker,
) -> None:
    hub = fake_hub()
    announce(document(), hub=hub)
    reserve(tracker.table, revisions(hub.table, "CHG-1")[0])
    (entry,) = hub.events.entries
    detail = ChangeAnnounced.model_validate_json(entry["Detail"])
    dropped = detail.model_copy(update={"customers": ("acme",)})
    assert tracker.handle(envelope(dropped), envelope(dropped)) == []
    assert facts(tracker) == ["other_customers"]
    assert tracker.row("globex")["state"] == "announced"


def test_an_event_that_bypassed_announce_is_noted_and_tracked_all_the_same(
    tracker: Tracker,
) -> None:
    assert tracker.handle(envelope(announced())) == []
    assert facts(tracker) == ["bypassed"]
    assert tracker.row("acme")["state"] == "announced"


def test_what_the_dashboard_shows_is_printed(
    tracker: Tracker, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = NOW + timedelta(seconds=90)
    tracker.handle(envelope(announced()))
    for seq in (1, 2):
        tracker.handle(envelope(reported(report_seq=seq, state="sent", ended_at=ended)))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["TimeToLastMail"] for one in lines if "TimeToLastMail" in one] == [90.0]
    assert [one["state"] for one in lines if "Reports" in one] == ["sent", "sent"]


def test_a_batch_is_read_in_one_call_and_each_report_written_in_one(
    tracker: Tracker, register: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    tracker.table.meta.client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: asked.append(model.name), unique_id="asked"
    )
    register("globex")

    try:
        bodies = [envelope(reported(customer=code), event=code) for code in ("acme", "globex")]
        assert tracker.handle(*bodies) == []
    finally:
        tracker.table.meta.client.meta.events.unregister("before-call.dynamodb", unique_id="asked")

    assert sorted(asked) == ["BatchGetItem", *["TransactWriteItems"] * 2]


def test_two_reports_about_one_row_in_a_batch_both_count(tracker: Tracker) -> None:
    first = envelope(reported(state="sending", report_seq=1), event="first")
    second = envelope(reported(state="sent", report_seq=2), event="second")

    assert tracker.handle(first, second) == []

    assert tracker.row()["state"] == "sent"
    assert tracker.row()["version"] == 2


@pytest.mark.parametrize(
    "refused", ["ProvisionedThroughputExceededException", "ValidationException"]
)
def test_rows_that_cannot_be_read_together_are_read_one_by_one(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": refused}}, "BatchGetItem")

    monkeypatch.setattr(tracker.table.meta.client, "batch_get_item", refuse)

    assert tracker.handle(envelope(reported())) == []

    assert tracker.row()["state"] == "sent"


def test_a_row_that_dynamodb_left_out_is_read_by_itself(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker.handle(envelope(reported(state="sending", report_seq=1), event="first"))

    def leave_out(*, RequestItems: Any) -> Any:  # noqa: N803
        return {"Responses": {}, "UnprocessedKeys": RequestItems}

    monkeypatch.setattr(tracker.table.meta.client, "batch_get_item", leave_out)
    assert tracker.handle(envelope(reported(report_seq=2), event="second")) == []

    assert tracker.row()["state"] == "sent"


def test_a_report_that_comes_again_is_kept_as_it_came_first(tracker: Tracker) -> None:
    body = envelope(reported(state="sending", report_seq=1), event="once")
    tracker.handle(body)
    (kept,) = history(tracker.table, "CHG-1", "acme")

    assert tracker.handle(body) == []

    assert history(tracker.table, "CHG-1", "acme") == [kept]
    assert tracker.row()["version"] == 1


def test_a_report_that_comes_late_is_kept_and_changes_nothing(tracker: Tracker) -> None:
    tracker.handle(envelope(reported(state="sent", report_seq=2), event="second"))

    tracker.handle(envelope(reported(state="sending", report_seq=1), event="first"))

    assert len(history(tracker.table, "CHG-1", "acme")) == 2
    assert tracker.row()["state"] == "sent"


def test_a_report_in_a_version_that_is_not_read_is_told_once_and_parked(tracker: Tracker) -> None:
    later = envelope(reported())
    later["detail"] = {"schema_version": "2", "change_id": "CHG-1", "revision": 1, "reshaped": 1}
    assert tracker.handle(later, later) == []
    assert tracker.parked() == ["version_not_understood"] * 2
    key = Key("pk").eq(f"unplaced#{ACCOUNTS['acme']}")
    (fact,) = tracker.table.query(KeyConditionExpression=key)["Items"]
    assert (fact["cause"], fact["change_id"], fact["revision"]) == (
        "version_not_understood", "CHG-1", 1,
    )  # fmt: skip
    told = alerts.facts([fact]).text
    assert "this stack cannot read event version '2', only 1: upgrade the stack" in told
    assert "docs/runbook/version-not-understood.md" in told
