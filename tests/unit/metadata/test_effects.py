"""What a change does to its readers, what it asks of them, and how it went, in every shape."""

from datetime import UTC, datetime
from typing import Any

import pytest

from changecast.contract.change import ImpactLevel, action_for
from changecast.hub.announcing.metadata import MetadataFault, read_document
from tests.support.builders import document, sample

SHAPES = {
    "a-current-approved": ("",),
    "b-form-export": ("change_metadata", ""),
    "c-early-camel": ("changeMetadata", ""),
    "d-flat": ("",),
    "e-announcement": ("",),
}
PLACES = [(name, inner) for name, places in SHAPES.items() for inner in places]


def with_fields(name: str, inner: str, fields: dict[str, Any]) -> Any:
    what = sample(name)
    (what[inner] if inner else what).update(fields)
    return read_document(what).change


@pytest.mark.parametrize(("name", "inner"), PLACES)
@pytest.mark.parametrize("spelt", ["snake", "camel"])
def test_a_stated_level_reaches_the_readers_of_every_shape(
    name: str, inner: str, spelt: str
) -> None:
    snake = {
        "impact_level": "Reduced redundancy",
        "affected_services": ["VPN", "DNS"],
        "customer_action": "Reconnect.",
        "approval_url": "https://approve.provider.example/1",
        "cancellation_reason": "The vendor withdrew the patch.",
        "outcome": "All gateways replaced.",
        "follow_up": "The old ones stay for a week.",
        "actual_start": "2027-01-20T22:05:00Z",
        "actual_end": "2027-01-20T23:10:00Z",
    }
    camel = {
        "impactLevel": "REDUCED-REDUNDANCY",
        "affectedServices": ["VPN", "DNS"],
        "customerAction": "Reconnect.",
        "approvalUrl": "https://approve.provider.example/1",
        "cancellationReason": "The vendor withdrew the patch.",
        "outcome": "All gateways replaced.",
        "nextSteps": "The old ones stay for a week.",
        "actualStart": "2027-01-20T22:05:00Z",
        "actualEnd": "2027-01-20T23:10:00Z",
    }
    change = with_fields(name, inner, snake if spelt == "snake" else camel)
    assert change.impact_level is ImpactLevel.REDUCED_REDUNDANCY
    assert change.services == ("VPN", "DNS")
    assert change.action == "Reconnect."
    assert change.approval_url == "https://approve.provider.example/1"
    assert change.cancellation_reason == "The vendor withdrew the patch."
    assert change.outcome == "All gateways replaced."
    assert change.follow_up == "The old ones stay for a week."
    assert change.actual_start == datetime(2027, 1, 20, 22, 5, tzinfo=UTC)
    assert change.actual_end == datetime(2027, 1, 20, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize("name", SHAPES)
def test_without_them_nothing_is_made_up(name: str) -> None:
    change = read_document(sample(name)).change
    assert (change.impact_level, change.services, change.action) == (None, (), None)
    assert (change.approval_url, change.cancellation_reason, change.outcome) == (None, None, None)
    assert (change.actual_start, change.actual_end) == (None, None)


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ("none", "none"), ("No impact", "none"), ("NO-IMPACT", "none"), (" Outage ", "outage"),
        ("reduced_redundancy", "reduced_redundancy"), ("Degraded", "degraded"), ("", None),
    ],
)  # fmt: skip
def test_a_level_is_read_as_people_spell_it(given: str, level: str | None) -> None:
    assert read_document(document(impactLevel=given)).change.impact_level == level


@pytest.mark.parametrize("given", ["outtage", "low", "3", 3, True, ["outage"], {}])
def test_a_level_that_is_none_of_the_four_is_refused_not_guessed(given: Any) -> None:
    with pytest.raises(MetadataFault) as refused:
        read_document(document(impactLevel=given))
    (fault,) = refused.value.faults
    assert fault.path == "$.impactLevel"
    assert "'reduced_redundancy'" in fault.message


@pytest.mark.parametrize(
    ("given", "names", "warned"),
    [
        (["VPN", None, " ", "DNS\t1"], ("VPN", "DNS 1"), False),
        ([{"name": "VPN", "id": 3}, {"name": None}], ("VPN",), False),
        ("VPN", ("VPN",), False),
        ("VPN, DNS; Mail\n", ("VPN", "DNS", "Mail"), True),
        ([], (), False),
    ],
)
def test_services_are_read_as_forms_write_them(
    given: Any, names: tuple[str, ...], warned: bool
) -> None:
    read = read_document(document(services=given))
    assert read.change.services == names
    assert any("$.services" in warning for warning in read.warnings) is warned


def test_actual_times_are_local_to_the_documents_zone_and_in_order() -> None:
    change = read_document(document(actualStart="2027-01-20T23:05")).change
    assert change.actual_start == datetime(2027, 1, 20, 22, 5, tzinfo=UTC)
    with pytest.raises(MetadataFault, match="actual_end is before actual_start"):
        read_document(
            document(actualStart="2027-01-20T23:05:00Z", actualEnd="2027-01-20T22:05:00Z")
        )


def test_a_customer_is_asked_for_its_own_action_and_never_for_anothers() -> None:
    change = read_document(
        document(
            action="Reconnect.",
            customerDetails={"acme": {"action": "Call us.\n"}, "globex": {"action": None}},
        )
    ).change
    assert action_for(change, "acme") == "Call us."
    assert action_for(change, "globex") == "Reconnect."
    assert action_for(read_document(document()).change, "acme") == ""
