"""The published schemas are the models', and every sample keeps them."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from changecast.contract.change_announced import parse_announced
from changecast.contract.delivery_reported import parse_reported
from changecast.contract.envelope import (
    NOT_UNDERSTOOD,
    READABLE_VERSIONS,
    VERSION_PATH,
    WRITTEN_VERSION,
)
from changecast.contract.errors import ContractError
from changecast.contract.freeze import parse_freeze
from changecast.contract.notice import parse_notice
from changecast.contract.response_events import parse_recorded, parse_responded
from changecast.hub.announcing.announce import announce
from changecast_cli.schemas import FOLDER, MODELS, text_of
from testbed.expand import expanded
from tests.support import builders
from tests.support.fake_hub import fake_hub

EVENTS = FOLDER.parent / "events"
NOTICE = "ChangeNotice.v1"  # the body of a webhook, in no envelope
SAMPLES = sorted(path for path in EVENTS.glob("*.v*.json") if path.stem != NOTICE)
READ = {
    "ChangeAnnounced": parse_announced,
    "ChangeResponded": parse_responded,
    "DeliveryReported": parse_reported,
    "FreezeDeclared": parse_freeze,
    "ResponseRecorded": parse_recorded,
}


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return Draft202012Validator(schema, format_checker=FormatChecker())


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    return event


def read(event: dict[str, Any]) -> Any:
    return READ[event["detail-type"]](json.dumps(event))


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_schema_is_its_model_and_a_sound_schema(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text("utf-8")
    assert text == text_of(name), "run python -m changecast_cli.schemas, or make it a .v2"
    Draft202012Validator.check_schema(json.loads(text))
    assert "//" not in json.loads(text)["$id"]


def test_every_version_has_a_schema_and_a_sample() -> None:
    names = {path.stem for path in FOLDER.glob("*.json")}
    assert names == set(MODELS) == {path.stem for path in EVENTS.glob("*.v*.json")}


def test_the_sample_of_a_notice_keeps_its_schema_and_its_model() -> None:
    validator(NOTICE).validate(sample(NOTICE))
    assert parse_notice(json.dumps(sample(NOTICE))).data.change_id == "CHG-20270114-k3p9xa"


NOTICE_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"kind": "party"}, "$.data.kind"),
    ({"revision": "3"}, "$.data.revision"),
    ({"customer": "Acme"}, "$.data.customer"),
    ({"changed": [{"label": "When", "old": "a"}]}, "$.data.changed[0].new"),
]


@pytest.mark.parametrize(("fault", "path"), NOTICE_FAULTS)
def test_what_breaks_a_notices_schema_breaks_its_model(fault: dict[str, Any], path: str) -> None:
    notice = sample(NOTICE)
    notice["data"] |= fault
    assert not validator(NOTICE).is_valid(notice)
    with pytest.raises(ContractError) as refused:
        parse_notice(json.dumps(notice))
    assert refused.value.path == path


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_keeps_its_schema_and_its_model(path: Any) -> None:
    event = sample(path.stem)
    validator(path.stem).validate(event)
    assert str(read(event).detail.event_id) == event["detail"]["event_id"]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_with_keys_of_a_later_version_is_still_read_alike(path: Any) -> None:
    event = sample(path.stem)
    later = event | {"replay-name": "r", "detail": event["detail"] | {"added_later": {"a": [1]}}}
    validator(path.stem).validate(later)
    assert read(later) == read(event)


def test_the_entries_for_put_events_stand_as_they_are() -> None:
    (entry,) = json.loads((EVENTS / "put-events.json").read_text("utf-8"))
    assert entry["EventBusName"] == "changecast-hub"
    event = sample("ChangeAnnounced.v1") | {"detail": json.loads(entry["Detail"])}
    event |= {"source": entry["Source"], "detail-type": entry["DetailType"]}
    validator("ChangeAnnounced.v1").validate(event)
    assert read(event).detail.customers == ("acme", "initech")


WANTED = {"start": "2027-01-21T21:00:00Z", "end": "2027-01-21T22:30:00Z"}
FAULTY: list[tuple[str, dict[str, Any], str]] = [
    ("ChangeAnnounced", {"revision": "3"}, "$.detail.revision"),
    ("ChangeAnnounced", {"revision": 0}, "$.detail.revision"),
    ("ChangeAnnounced", {"revision": 1_000_000}, "$.detail.revision"),
    ("ChangeAnnounced", {"test": "yes"}, "$.detail.test"),
    ("ChangeAnnounced", {"announced_at": 1_800_000_000}, "$.detail.announced_at"),
    ("ChangeAnnounced", {"event_id": "one"}, "$.detail.event_id"),
    ("ChangeAnnounced", {"customers": "acme"}, "$.detail.customers"),
    ("ChangeAnnounced", {"customers": ["Acme"]}, "$.detail.customers[0]"),
    ("ChangeAnnounced", {"customers": ["acme", "hub"]}, "$.detail.customers[1]"),
    ("ChangeAnnounced", {"customers": [f"c{n}" for n in range(10_001)]}, "$.detail.customers"),
    ("ChangeAnnounced", {"withdrawn": ["acme-route"]}, "$.detail.withdrawn[0]"),
    ("ChangeAnnounced", {"schema_version": 1}, "$.detail.schema_version"),
    ("ChangeAnnounced", {"traceparent": "00-1-2-3"}, "$.detail.traceparent"),
    ("ChangeAnnounced", {"metadata": []}, "$.detail.metadata"),
    ("DeliveryReported", {"state": "done"}, "$.detail.state"),
    ("DeliveryReported", {"report_seq": 10**40}, "$.detail.report_seq"),
    ("DeliveryReported", {"report_seq": True}, "$.detail.report_seq"),
    ("DeliveryReported", {"counts": {"sent": -1}}, "$.detail.counts.sent"),
    ("ResponseRecorded", {"response": "liked"}, "$.detail.response"),
    ("ResponseRecorded", {"response_seq": "1"}, "$.detail.response_seq"),
    ("ResponseRecorded", {"comment": "x" * 2_001}, "$.detail.comment"),
    ("ResponseRecorded", {"comment": "bell\u0007"}, "$.detail.comment"),
    ("ResponseRecorded", {"windows": [WANTED] * 4}, "$.detail.windows"),
    ("ResponseRecorded", {"windows": [WANTED | {"end": 5}]}, "$.detail.windows[0].end"),
    ("ResponseRecorded", {"revision": None}, "$.detail.revision"),
    ("ResponseRecorded", {"counts": {"approved": -1}}, "$.detail.counts.approved"),
    ("ResponseRecorded", {"approval": "maybe"}, "$.detail.approval"),
    ("FreezeDeclared", {"freeze_id": "one"}, "$.detail.freeze_id"),
    ("FreezeDeclared", {"name": ""}, "$.detail.name"),
    ("FreezeDeclared", {"name": "two\nlines"}, "$.detail.name"),
    ("FreezeDeclared", {"customer": "Acme"}, "$.detail.customer"),
    ("FreezeDeclared", {"removed": 1}, "$.detail.removed"),
    ("FreezeDeclared", {"end": 5}, "$.detail.end"),
]


@pytest.mark.parametrize(("kind", "fault", "path"), FAULTY)
def test_what_breaks_the_schema_breaks_the_model_at_the_same_place(
    kind: str, fault: dict[str, Any], path: str
) -> None:
    event = sample(f"{kind}.v1")
    event["detail"] |= fault
    found = [error.json_path for error in validator(f"{kind}.v1").iter_errors(event)]
    assert path in found
    with pytest.raises(ContractError) as refused:
        read(event)
    assert (refused.value.code, refused.value.path) == ("schema", path)


@pytest.mark.parametrize("kind", sorted(READ))
def test_a_version_that_is_not_read_is_called_that_whatever_else_it_holds(kind: str) -> None:
    event = sample(f"{kind}.v1")
    event["detail"] = {"schema_version": "2", "change_id": "CHG-1", "reshaped": True}
    with pytest.raises(
        ContractError, match="this stack cannot read event version '2', only 1"
    ) as refused:
        read(event)
    assert (refused.value.code, refused.value.path) == (NOT_UNDERSTOOD, VERSION_PATH)


@pytest.mark.parametrize("template", ["template.yaml", "hub/template.yaml"])
def test_a_stack_says_which_versions_its_package_reads_and_first_the_one_it_puts(
    template: str,
) -> None:
    others = [version for version in READABLE_VERSIONS if version != WRITTEN_VERSION]
    said = expanded(template)["Outputs"]["EventVersions"]["Value"]
    assert said == ",".join([WRITTEN_VERSION, *others])


CHANGE_FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"title": ""}, "$.detail.change.title"),
    ({"title": "a\r\nBcc: x"}, "$.detail.change.title"),
    ({"title": "x" * 251}, "$.detail.change.title"),
    ({"reason": "bell\u0007"}, "$.detail.change.reason"),
    ({"status": "done"}, "$.detail.change.status"),
    ({"links": [{"url": "javascript:alert(1)"}]}, "$.detail.change.links[0].url"),
    ({"survey_url": "x"}, "$.detail.change.survey_url"),
]


@pytest.mark.parametrize(("fault", "path"), CHANGE_FAULTS)
def test_a_fault_inside_the_change_is_found_by_both(fault: dict[str, Any], path: str) -> None:
    event = sample("ChangeAnnounced.v1")
    event["detail"]["change"] |= fault
    assert path in [error.json_path for error in validator("ChangeAnnounced.v1").iter_errors(event)]
    with pytest.raises(ContractError) as refused:
        read(event)
    assert refused.value.path == path


@pytest.mark.parametrize("name", [path.stem for path in sorted(builders.SAMPLES.glob("*.json"))])
@pytest.mark.parametrize("confidential", [False, True])
def test_what_announce_puts_keeps_the_schema(name: str, confidential: bool) -> None:
    hub = fake_hub()
    announce(builders.sample(name), hub=hub, change_id=None, confidential=confidential)
    assert hub.events.entries
    for entry in hub.events.entries:
        event = builders.envelope(builders.announced()) | {"detail": json.loads(entry["Detail"])}
        validator("ChangeAnnounced.v1").validate(event)
        read(event)
