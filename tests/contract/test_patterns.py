"""What the rules of the templates catch, and what they do not: read from the templates."""

import json
from typing import Any

import pytest

from changecast_cli.schemas import FOLDER
from testbed.templates import resource
from tests.support.event_pattern import matches

EVENTS = FOLDER.parent / "events"
ROUTES = (("hub/route.yaml", "Rule"), ("template.yaml", "AnnouncementsRule"))


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    return event


def announced(**detail: Any) -> dict[str, Any]:
    event = sample("ChangeAnnounced.v1")
    return event | {"detail": event["detail"] | detail}


def pattern(template: str, name: str, code: str = "") -> dict[str, Any]:
    found: dict[str, Any] = resource(template, name, CustomerCode=code)["EventPattern"]
    return found


@pytest.mark.parametrize(("template", "name"), ROUTES)
@pytest.mark.parametrize(
    ("code", "is_named"),
    [("acme", True), ("initech", True), ("globex", True), ("umbrella", False), ("acm", False),
     ("acme-eu", False), ("a", False)],
)  # fmt: skip
def test_the_sample_reaches_exactly_whom_it_names(
    template: str, name: str, code: str, is_named: bool
) -> None:
    assert matches(pattern(template, name, code), announced()) is is_named


@pytest.mark.parametrize(("template", "name"), ROUTES)
@pytest.mark.parametrize(
    "event",
    [
        announced() | {"source": "changecast.delivery.222222222222"},
        announced() | {"source": "changecast.changes2"},
        announced() | {"detail-type": "DeliveryReported"},
        announced(customers=["acme-eu", "ACME", " acme"], withdrawn=[]),
        announced(customers=[], withdrawn=[]),
        announced(customers=["globex"], withdrawn=["initech"]),
        announced(customers=[["acme"]], withdrawn=[]),
        {"source": "changecast.changes", "detail-type": "ChangeAnnounced", "detail": {}},
        {"source": "changecast.changes", "detail-type": "ChangeAnnounced"},
    ],
)
def test_a_near_miss_reaches_nobody(template: str, name: str, event: dict[str, Any]) -> None:
    assert not matches(pattern(template, name, "acme"), event)


@pytest.mark.parametrize(("template", "name"), ROUTES)
def test_who_is_only_dropped_is_reached_too(template: str, name: str) -> None:
    assert matches(
        pattern(template, name, "acme"), announced(customers=["globex"], withdrawn=["acme"])
    )
    assert matches(pattern(template, name, "acme"), announced(customers=[], withdrawn=["acme"]))


def test_a_route_and_its_customer_ask_for_the_same() -> None:
    route, own = (pattern(*where, "acme") for where in ROUTES)
    assert route == own


def test_the_tracker_sees_every_announcement_and_every_report_whatever_their_source() -> None:
    announcements = pattern("hub/template.yaml", "TrackAnnouncedRule")
    reports = pattern("hub/template.yaml", "TrackReportedRule")
    assert matches(announcements, announced() | {"source": "anybody"})
    for name in ("DeliveryReported.v1", "FreezeDeclared.v1", "ResponseRecorded.v1"):
        assert matches(reports, sample(name))
        assert not matches(announcements, sample(name))
    assert not matches(reports, announced())
    assert not matches(reports, sample("ChangeResponded.v1"))


def test_the_sample_rule_hears_answers_that_need_the_change_system_and_no_other_event() -> None:
    rule = sample("change-responded-rule")["EventPattern"]
    answer = sample("ChangeResponded.v1")
    assert matches(rule, answer)
    assert not matches(rule, answer | {"detail": answer["detail"] | {"response": "acknowledged"}})
    for other in ("ResponseRecorded.v1", "DeliveryReported.v1", "ChangeAnnounced.v1"):
        assert not matches(rule, sample(other))


def test_the_archive_keeps_announcements_and_no_reports() -> None:
    kept = pattern("hub/template.yaml", "Archive")
    assert matches(kept, announced())
    assert not matches(kept, sample("DeliveryReported.v1"))
    assert not matches(kept, sample("FreezeDeclared.v1"))


def test_outcomes_are_those_of_our_own_mails() -> None:
    outcomes = pattern("template.yaml", "OutcomesRule")
    mail = {"tags": {"k": ["0" * 32], "a": ["1"]}}
    assert matches(outcomes, {"source": "aws.ses", "detail": {"mail": mail}})
    assert not matches(outcomes, {"source": "aws.ses", "detail": {"mail": {"tags": {}}}})
    assert not matches(outcomes, {"source": "acme.ses", "detail": {"mail": mail}})
