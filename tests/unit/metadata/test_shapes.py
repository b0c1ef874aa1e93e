"""Every shape found in the field, field by field."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from changecast.contract.change import Status
from changecast.hub.announcing.metadata import read_document
from tests.support.builders import SAMPLES, document, sample


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_the_document_travels_as_it_was_handed_over(path: Any) -> None:
    read = read_document(path.read_bytes())
    assert read.raw == json.loads(path.read_bytes())
    assert list(read.raw) == list(json.loads(path.read_bytes()))


def test_the_current_shape() -> None:
    read = read_document(sample("a-current-approved"))
    change = read.change
    assert (read.shape, read.version, read.customers) == ("current", 3, ("acme", "globex"))
    assert (change.change_id, change.revision) == ("CHG-20270114-k3p9xa", 3)
    assert (change.kind, change.category, change.status) == ("change", None, Status.APPROVED)
    assert change.title == "Patch the bastion hosts in eu-central-1"
    assert change.reason.startswith("OpenSSH fix")
    assert change.implementation_plan.startswith("1. Drain")
    assert change.test_plan.startswith("Login smoke")
    assert change.customer_impact.startswith("Open SSH sessions")
    assert change.rollback_plan.startswith("Restore")
    assert (change.tickets.servicenow, change.tickets.jira) == ("CHG0042117", "OPS-912")
    assert change.window is not None
    assert change.window.start == utc(2027, 1, 20, 22)
    assert change.window.end == utc(2027, 1, 20, 23, 30)
    assert change.window.timezone == "Europe/Madrid"
    assert change.meeting is None
    assert change.prior_status == "submitted"
    assert [entry.type for entry in change.history] == ["created", "submitted", "approved"]
    assert change.history[2].user_id == "maria@provider.example"


def test_a_form_export_whose_night_loses_an_hour() -> None:
    read = read_document(sample("b-form-export"))
    change = read.change
    assert (read.shape, read.version, read.names) == ("form export", None, ())
    assert read.customers == ("acme", "globex", "initech")
    assert (change.change_id, change.revision) == ("CHG0051230", 1)
    assert change.status is Status.SUBMITTED
    assert change.title == "Upgrade the shared PostgreSQL clusters to 17"
    assert change.reason == "Version 13 leaves support in March."
    assert "regression suite" in change.test_plan
    assert "No data loss" in change.customer_impact
    assert change.rollback_plan.startswith("Switch back")
    assert (change.tickets.servicenow, change.tickets.jira) == ("CHG0051230", "DBA-77")
    assert change.window is not None
    assert change.window.start == utc(2027, 3, 27, 22, 30)  # 23:30 at +01:00
    assert change.window.end == utc(2027, 3, 28, 2, 0)  # 04:00 at +02:00
    assert change.window.duration.total_seconds() == 3.5 * 3600
    assert change.meeting is not None
    assert change.meeting.title == "PostgreSQL upgrade: bridge"
    assert change.meeting.start == utc(2027, 3, 27, 22, 15)
    assert change.meeting.duration_minutes == 285
    assert change.meeting.join_url == "https://meet.provider.example/bridge-7"


def test_the_early_shape() -> None:
    read = read_document(sample("c-early-camel"))
    change = read.change
    assert (read.shape, read.version) == ("early camelCase", 1)
    assert read.customers == ("globex", "initech")
    assert change.change_id == "550e8400-e29b-41d4-a716-4466554400aa"
    assert change.status is Status.SUBMITTED
    assert change.customer_impact == "None"
    assert (change.tickets.servicenow, change.tickets.jira) == ("CHG0060001", "FIN-12")
    assert change.window is not None
    assert change.window.start == utc(2027, 2, 10, 15)  # 10:00 in New York
    assert change.meeting is not None
    assert (change.meeting.location, change.meeting.join_url) == ("Teams", None)
    assert change.meeting.duration_minutes == 30


def test_the_early_shape_with_names_only() -> None:
    read = read_document(sample("c-names-only"))
    assert (read.customers, read.names) == ((), ("Acme Industries",))
    assert read.path_of("Acme Industries").startswith("$.changeMetadata.customerName")
    assert read.change.change_id == "CHG0060002"
    assert read.change.window is not None
    assert read.change.window.start == utc(2027, 2, 20, 2)
    assert len(read.warnings) == 2
    assert "no time zone is given; UTC is used" in read.warnings[0]


def test_the_flat_shape_whose_approver_has_not_approved() -> None:
    read = read_document(sample("d-flat"))
    change = read.change
    assert (read.shape, read.version, read.customers) == ("flat", None, ("initech",))
    assert (change.change_id, change.status) == ("WEB-20270205-01", Status.SUBMITTED)
    assert change.title == "Rotate the VPN certificates"
    assert change.reason == "Yearly rotation of the gateway certificates"
    assert change.customer_impact == "low"
    assert change.window is not None
    assert change.window.end == utc(2027, 2, 12, 3, 20)
    assert change.test_run is False


def test_an_announcement() -> None:
    read = read_document(sample("e-announcement"))
    change = read.change
    assert (read.shape, read.version) == ("announcement", 2)
    assert change.change_id == "FIN-3f0c7c1e-8d52-4f53-9b1a-0d0f6f3b2a11"
    assert (change.kind, change.category) == ("announcement", "finops")
    assert change.summary is not None
    assert change.content is not None
    assert change.window is None
    assert change.meeting is not None
    assert change.meeting.start == utc(2027, 3, 10, 15)
    assert change.meeting.duration_minutes == 45


@pytest.mark.parametrize("kind", ["cic", "finops", "innersource", "general"])
def test_every_kind_of_announcement_keeps_its_name(kind: str) -> None:
    read = read_document({**sample("e-announcement"), "object_type": f"announcement_{kind}"})
    assert read.change.category == kind


@pytest.mark.parametrize(
    ("extra", "shape"),
    [
        ({}, "current"),
        ({"object_type": "change"}, "current"),
        ({"changeMetadata": {"note": "left over"}}, "current"),
        ({"title": "also here"}, "current"),
    ],
)
def test_a_change_title_tells_the_current_shape_whatever_stands_beside_it(
    extra: dict[str, Any], shape: str
) -> None:
    assert read_document(document(**extra)).shape == shape


@pytest.mark.parametrize("name", ["b-form-export", "c-early-camel"])
def test_an_older_shape_may_call_itself_a_change_too(name: str) -> None:
    assert (
        read_document({**sample(name), "object_type": "change"}).shape
        == read_document(sample(name)).shape
    )


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "draft"}, "draft"),
        ({"status": "In Progress"}, "in_progress"),
        ({"status": "canceled"}, "cancelled"),
        ({"status": "submitted", "approvedAt": "2027-01-15T10:00:00Z"}, "submitted"),
        ({"status": None}, "submitted"),
        ({"status": "", "approver": "maria"}, "submitted"),
        ({"status": None, "approvedAt": "2027-01-15T10:00:00Z"}, "approved"),
        ({"status": None, "approvedBy": "maria"}, "approved"),
        ({"status": None, "approvedBy": ""}, "submitted"),
        (
            {
                "status": None,
                "modifications": [
                    {"timestamp": "2027-01-15T10:00:00Z", "modification_type": "approved"}
                ],
            },
            "approved",
        ),
    ],
)
def test_the_status_is_the_documents_or_what_its_approval_shows(
    fields: dict[str, Any], status: str
) -> None:
    assert read_document(document(**fields)).change.status == status


def test_a_draft_of_an_older_shape_is_a_draft() -> None:
    export = sample("b-form-export")
    export["change_metadata"]["status"] = "draft"
    assert read_document(export).change.status is Status.DRAFT


@pytest.mark.parametrize(
    ("given", "minutes"), [("60", 60), (60, 60), (90.0, 90), (" 45 ", 45), ("", 60), (None, 60)]
)
def test_a_meetings_length_is_a_number_or_a_text_of_one(given: Any, minutes: int) -> None:
    read = read_document(document(include_meeting=True, meetingDuration=given))
    assert read.change.meeting is not None
    assert read.change.meeting.duration_minutes == minutes
    assert read.change.window is not None
    assert read.change.meeting.start == read.change.window.start


@pytest.mark.parametrize("no", [False, "false", "No", 0, "", None])
def test_a_meeting_that_is_not_wanted_is_not_looked_at(no: Any) -> None:
    read = read_document(document(include_meeting=no, meetingDuration="soon"))
    assert read.change.meeting is None


def test_line_ends_of_windows_are_line_ends() -> None:
    assert read_document(document(changeReason="a\r\nb")).change.reason == "a\nb"


def test_links_attachments_survey_and_details_are_taken_along() -> None:
    read = read_document(
        document(
            links=["https://a.example/1", {"title": "b", "url": "https://a.example/2"}],
            attachments=["plan.pdf", {"name": "x", "url": "https://a.example/x"}],
            surveyUrl="https://a.example/s",
            customerDetails={"acme": {"hosts": [1, None]}},
            confidential=True,
            testRun="true",
        )
    )
    change = read.change
    assert [link.url for link in change.links] == ["https://a.example/1", "https://a.example/2"]
    assert [item.name for item in change.attachments] == ["plan.pdf", "x"]
    assert change.survey_url == "https://a.example/s"
    assert change.customer_details == {"acme": {"hosts": [1, None]}}
    assert (change.confidential, change.test_run) == (True, True)


@pytest.mark.parametrize("fields", [{"version": None}, {"version": ""}])
def test_a_document_without_a_version_is_revision_1_until_the_hub_says_otherwise(
    fields: dict[str, Any],
) -> None:
    read = read_document(document(**fields))
    assert (read.version, read.change.revision) == (None, 1)


def test_a_version_may_be_a_text() -> None:
    assert read_document(document(version="12")).version == 12
