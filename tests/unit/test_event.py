"""Reading an event as it arrives: every fault a ContractError with its path, never a crash."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changecast.contract.change_announced import announced_entry, parse_announced
from changecast.contract.delivery_reported import parse_reported, reported_entry
from changecast.contract.envelope import EVENT_LIMIT, entry_size, json_path
from changecast.contract.errors import ContractError
from changecast.hub.announcing.metadata import read_document
from tests.support.builders import announced, change, document, envelope, reported
from tests.unit.test_strict_json import JSON


def refusal(text: str | bytes) -> ContractError:
    with pytest.raises(ContractError) as refused:
        parse_announced(text)
    return refused.value


@pytest.mark.parametrize(
    ("fields", "path", "words"),
    [
        ({"customers": [], "withdrawn": []}, "$.detail", "names no customer"),
        ({"customers": ["acme", "acme"]}, "$.detail", "names a customer more than"),
        ({"customers": ["acme"], "withdrawn": ["acme"]}, "$.detail", "names a customer more than"),
        ({"revision": 2}, "$.detail", "differ from those inside change"),
        ({"change_id": "CHG-2"}, "$.detail", "differ from those inside change"),
        ({"customers": ["аcme"]}, "$.detail.customers[0]", "is not a customer code"),
        ({"announced_by": "a\nb"}, "$.detail.announced_by", "one line"),
        ({"change": {"title": "x"}}, "$.detail.change.change_id", "is missing"),
        ({"change": 1}, "$.detail.change", "object"),
    ],
)
def test_a_broken_announcement_is_refused_with_the_place_and_the_reason(
    fields: dict[str, Any], path: str, words: str
) -> None:
    event = envelope(announced())
    event["detail"] |= fields
    error = refusal(json.dumps(event))
    assert (error.code, error.path) == ("schema", path)
    assert words in error.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("window", {"start": "2027-01-20T22:00:00Z", "end": "2027-01-20T21:00:00Z"}),
        ("window", {"start": "0001-01-01T00:00:00+14:00", "end": "2027-01-20T21:00:00Z"}),
        ("title", "a\r\nBcc: eve@evil.example"),
        ("customer_details", {"a b": {}}),
        ("approval_url", "https://[vpn.example/approve"),
        ("survey_url", "http://vpn]/"),
    ],
)
def test_a_broken_change_is_refused_at_its_field(path: str, value: Any) -> None:
    event = envelope(announced())
    event["detail"]["change"][path] = value
    assert str(refusal(json.dumps(event)).path).startswith(f"$.detail.change.{path}")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_json"),
        ("null", "schema"),
        ("[]", "schema"),
        ("{}", "schema"),
        ('{"detail": ' * 1_000 + "1" + "}" * 1_000, "too_deep"),
        ('{"detail": {"revision": NaN}}', "not_a_number"),
        ('{"detail": 1, "detail": 2}', "duplicate_key"),
        ('"' + "x" * 1_000_000 + '"', "too_large"),
    ],
)
def test_what_is_no_event_at_all_is_refused(text: str, code: str) -> None:
    assert refusal(text).code == code


@given(JSON, st.sampled_from(["detail", "change", "metadata", "customers", "time", "window"]))
def test_anything_anywhere_is_read_or_refused_and_never_a_crash(value: Any, where: str) -> None:
    event = envelope(announced())
    for part in (event, event["detail"], event["detail"]["change"]):
        if where in part:
            part[where] = value
            break
    with contextlib.suppress(ContractError):
        assert parse_announced(json.dumps(event)).detail.change.change_id == "CHG-1"


def test_a_document_as_deep_as_is_accepted_is_still_read_at_its_customers() -> None:
    deep: Any = 1
    for _ in range(63):
        deep = [deep]
    read = read_document(document(extra=deep))
    event = envelope(announced(read.change, metadata=read.raw))
    assert parse_announced(json.dumps(event)).detail.metadata["extra"] == deep


def test_long_numbers_of_a_document_arrive_as_they_are() -> None:
    read = read_document(document(number=10**399, fraction=0.1))
    event = envelope(announced(read.change, metadata=read.raw))
    assert parse_announced(json.dumps(event)).detail.metadata["number"] == 10**399


def test_null_in_a_document_stays_null_on_its_way() -> None:
    one = announced(change(customer_details={"acme": {"a": None}}), metadata={"b": None})
    entry = announced_entry(one, bus="b", trace_header="Root=1")
    event = envelope(one) | {"detail": json.loads(entry["Detail"])}
    assert parse_announced(json.dumps(event)).detail == one


def test_a_report_is_read_as_it_was_written() -> None:
    for one in (
        reported(),
        reported(state="rejected", event_id=None, change_id=None, revision=None),
        reported(reason={"class": "c", "code": "d", "message": "m", "at": "2027-01-16T08:05:00Z"}),
    ):
        entry = reported_entry(one, bus="b", account="222222222222")
        assert entry["Source"] == "changecast.delivery.222222222222"
        event = envelope(one) | {"detail": json.loads(entry["Detail"])}
        assert parse_reported(json.dumps(event)).detail == one


def test_only_a_rejected_report_may_not_know_its_run() -> None:
    event = envelope(reported())
    event["detail"]["revision"] = None
    with pytest.raises(ContractError, match="null only if state is rejected"):
        parse_reported(json.dumps(event))


def test_a_refusal_says_nothing_of_the_value_that_it_refuses() -> None:
    event = envelope(announced())
    event["detail"]["announced_by"] = "eve@secret.example\n"
    assert "secret" not in refusal(json.dumps(event)).message


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ((), "$"),
        (("detail", "customers", 0), "$.detail.customers[0]"),
        (("detail-type",), "$['detail-type']"),
        (("a b", "it's", "\\"), "$['a b']['it\\'s']['\\\\']"),
        (("customer_details", "X", "[key]"), "$.customer_details.X"),
        (("\x01\x7f",), "$['\\u0001\\u007f']"),
    ],
)
def test_paths_are_written_as_rfc_9535_has_them(keys: tuple[int | str, ...], path: str) -> None:
    assert json_path(keys) == path


def test_an_entry_is_counted_in_bytes_of_utf_8_without_bus_and_trace() -> None:
    entry = {"Source": "é", "DetailType": "T", "Detail": "{}", "EventBusName": "b" * 99}
    assert entry_size(entry) == 5
    assert entry_size(entry | {"Time": "2027-01-01", "Resources": ["arn"]}) == 5 + 14 + 3
    assert EVENT_LIMIT == 900_000
