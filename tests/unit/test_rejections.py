"""What is told of a refused event: its identity only where it is well formed."""

import json
from typing import Any

import pytest

from changecast.contract.errors import ContractError
from changecast.contract.rejections import rejection
from changecast.customer.reporting.report import rejection_of
from tests.support.builders import EVENT_ID, announced, envelope

ERROR = ContractError("schema", "$.detail.customers: names no customer", "$.detail.customers")
GOOD = {"event_id": str(EVENT_ID), "change_id": "CHG-1", "revision": 1}


def identity(body: str) -> dict[str, Any]:
    told = rejection(body, ERROR, "1-a-b")
    assert (told["code"], told["message"], told["trace_id"]) == ("schema", ERROR.message, "1-a-b")
    report = rejection_of(told, customer="acme", seq=1, now=1_800_000_000)
    assert report.state == "rejected"
    return {name: told[name] for name in GOOD if name in told}


def test_a_broken_event_is_reported_under_its_identity() -> None:
    event = envelope(announced())
    event["detail"]["customers"] = "acme"
    assert identity(json.dumps(event)) == GOOD


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"revision": "1"}, {"event_id", "change_id"}),
        ({"revision": True}, {"event_id", "change_id"}),
        ({"revision": -1}, {"event_id", "change_id"}),
        ({"change_id": "CHG 1\n"}, {"event_id", "revision"}),
        ({"event_id": 5}, {"change_id", "revision"}),
        ({"event_id": None, "change_id": None, "revision": None}, set()),
    ],
)
def test_what_is_malformed_of_the_identity_is_left_out(
    fields: dict[str, Any], kept: set[str]
) -> None:
    event = envelope(announced())
    event["detail"] |= fields
    assert set(identity(json.dumps(event))) == kept


@pytest.mark.parametrize(
    "body", ["", "nonsense", "[]", '{"detail": 1}', '{"detail": [1]}', "[" * 100_000, "9" * 5_000,
             '{"detail": {"revision": NaN}}']
)  # fmt: skip
def test_what_has_no_identity_is_still_reported(body: str) -> None:
    assert identity(body) == {}
