"""Local times: the hour that does not exist, the hour that exists twice, and no zone at all."""

from datetime import UTC, datetime
from typing import Any

import pytest

from changecast.hub.announcing.metadata import MetadataFault, read_document
from tests.support.builders import document


def window(start: Any, end: Any = "2027-12-31T00:00:00Z", zone: Any = "Europe/Madrid") -> Any:
    return read_document(document(implementationStart=start, implementationEnd=end, timezone=zone))


def fault(start: Any, **more: Any) -> tuple[str, str]:
    with pytest.raises(MetadataFault) as refused:
        window(start, **more)
    assert len(refused.value.faults) == 1
    return refused.value.faults[0]


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("2027-01-20T22:00:00Z", "Europe/Madrid", datetime(2027, 1, 20, 22, tzinfo=UTC)),
        ("2027-01-20T22:00:00+05:30", "Europe/Madrid", datetime(2027, 1, 20, 16, 30, tzinfo=UTC)),
        ("2027-01-20T22:00", "Europe/Madrid", datetime(2027, 1, 20, 21, tzinfo=UTC)),
        ("2027-07-20 22:00", "Europe/Madrid", datetime(2027, 7, 20, 20, tzinfo=UTC)),
        ("2027-01-20T22:00", "Asia/Kathmandu", datetime(2027, 1, 20, 16, 15, tzinfo=UTC)),
        ("2027-03-28T01:59", "Europe/Madrid", datetime(2027, 3, 28, 0, 59, tzinfo=UTC)),
        ("2027-03-28T03:00", "Europe/Madrid", datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        ("2027-10-31T03:00", "Europe/Madrid", datetime(2027, 10, 31, 2, 0, tzinfo=UTC)),
    ],
)
def test_a_time_is_utc_by_its_offset_or_by_the_documents_zone(
    text: str, zone: str, instant: datetime
) -> None:
    read = window(text, zone=zone)
    assert read.change.window.start == instant
    assert read.warnings == ()


@pytest.mark.parametrize(
    ("text", "zone"),
    [("2027-03-28T02:00", "Europe/Madrid"), ("2027-03-28T02:59:59", "Europe/Madrid"),
     ("2027-03-14T02:30", "America/New_York"), ("2027-10-03T02:15", "Australia/Lord_Howe")],
)  # fmt: skip
def test_a_local_time_that_does_not_exist_is_a_fault(text: str, zone: str) -> None:
    path, message = fault(text, zone=zone)
    assert path == "$.implementationStart"
    assert "does not exist" in message


@pytest.mark.parametrize(
    ("text", "zone", "earlier"),
    [
        ("2027-10-31T02:30", "Europe/Madrid", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
        ("2027-11-07T01:00", "America/New_York", datetime(2027, 11, 7, 5, 0, tzinfo=UTC)),
    ],
)
def test_a_local_time_that_exists_twice_is_the_earlier_with_a_warning(
    text: str, zone: str, earlier: datetime
) -> None:
    read = window(text, zone=zone)
    assert read.change.window.start == earlier
    (warning,) = read.warnings
    assert warning.startswith("$.implementationStart: ")
    assert "occurs twice" in warning


def test_a_local_time_without_any_zone_is_utc_with_a_warning() -> None:
    read = window("2027-01-20T22:00", zone=None)
    assert read.change.window.start == datetime(2027, 1, 20, 22, tzinfo=UTC)
    assert read.change.window.timezone == "UTC"
    assert "UTC is used" in read.warnings[0]


@pytest.mark.parametrize(
    "text",
    ["tomorrow", "2027-01-20", "20.01.2027 22:00", "2027-02-30T10:00:00Z", "2027-01-20T25:00:00Z",
     "20270120", 1_800_000_000, True, [], {}, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59"],
)  # fmt: skip
def test_what_is_no_time_is_a_fault_at_its_path(text: Any) -> None:
    assert fault(text)[0] == "$.implementationStart"


@pytest.mark.parametrize("zone", ["CEST2", "Europe/Nowhere", "../etc/passwd", 1, ["UTC"], "local"])
def test_what_is_no_zone_is_a_fault_at_its_path(zone: Any) -> None:
    path, message = fault("2027-01-20T22:00", zone=zone)
    assert path == "$.timezone"
    assert "IANA" in message


def test_the_times_of_the_history_are_local_too() -> None:
    read = read_document(
        document(modifications=[{"timestamp": "2027-01-14T09:00:00", "type": "created"}])
    )
    assert read.change.history[0].timestamp == datetime(2027, 1, 14, 8, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2027-01-20T25:00", "2027-01-20"])
def test_the_time_to_write_is_one_of_the_documents_zone(text: str) -> None:
    local = fault(text)[1]
    assert local.endswith("write it like 2027-01-20T22:00:00 (in Europe/Madrid)"), "not in UTC"
    assert fault(text, zone=None)[1].endswith("write it like 2027-01-20T22:00:00Z")
