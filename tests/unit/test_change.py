"""The canonical change: what it refuses, what makes two of them the same, what a customer sees."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from changecast.contract.change import (
    Change,
    fingerprint,
    view_for,
    with_revision,
)
from tests.support.builders import change

WINDOW = {"start": "2027-01-20T22:00:00Z", "end": "2027-01-20T23:30:00Z"}


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": " \u00a0"},
        {"title": "a\r\nBcc: eve@evil.example"},
        {"title": "a\u2028b"},
        {"title": "x" * 251},
        {"reason": "bell\u0007"},
        {"change_id": "CHG 1"},
        {"change_id": "CHG-1\n"},
        {"change_id": "x" * 129},
        {"revision": 0},
        {"revision": 1_000_000},
        {"status": "done"},
        {"window": None},
        {"window": {**WINDOW, "end": WINDOW["start"]}},
        {"window": {**WINDOW, "timezone": "Mars/Olympus"}},
        {"window": {**WINDOW, "timezone": "../../etc/passwd"}},
        {"window": {**WINDOW, "start": "2027-01-20T22:00:00"}},
        {"window": {**WINDOW, "start": "1234567"}},
        {"window": {**WINDOW, "start": "0001-01-01T00:00:00+14:00"}},
        {"window": {**WINDOW, "end": "9999-12-31T23:59:59-14:00"}},
        {"meeting": {"start": WINDOW["start"], "duration_minutes": 0}},
        {"links": [{"url": "javascript:alert(1)"}]},
        {"links": [{"url": "https://a.example/\r\nx"}]},
        {"customer_details": {"Acme": {}}},
    ],
)
def test_what_would_make_a_wrong_mail_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        change(**fields)


@pytest.mark.parametrize(
    "code", ["acme\n", "ACME", "аcme", "-acme", "acme-", "a" * 33, "hub", "x-route", "", "a.b"]
)
def test_a_code_is_matched_whole_and_in_plain_letters(code: str) -> None:
    with pytest.raises(ValidationError):
        change(customer_details={code: {}})


@pytest.mark.parametrize("code", ["a", "a" * 32, "acme-eu", "3m", "hub-2", "route"])
def test_ordinary_codes_are_codes(code: str) -> None:
    assert change(customer_details={code: {}}).customer_details == {code: {}}


def test_a_draft_or_an_announcement_needs_no_window() -> None:
    assert change(status="draft", window=None).window is None
    assert change(kind="announcement", window=None).window is None


def test_times_are_kept_in_utc_so_that_the_same_instant_is_the_same_content() -> None:
    there = {"start": "2027-01-20T23:00:00+01:00", "end": "2027-01-20T18:30:00-05:00"}
    here = change(window={**WINDOW, "timezone": "Europe/Madrid"})
    moved = change(window={**there, "timezone": "Europe/Madrid"})
    assert fingerprint(moved) == fingerprint(here)
    assert moved.model_dump_json() == here.model_dump_json()


@pytest.mark.parametrize(
    "fields",
    [
        {"revision": 7},
        {"confidential": True},
        {"history": [{"timestamp": WINDOW["start"], "type": "approved"}]},
        {"test_run": False},
        {"links": []},
    ],
)
def test_what_says_nothing_new_changes_no_fingerprint(fields: dict[str, Any]) -> None:
    assert fingerprint(change(**fields)) == fingerprint(change())


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Patch other hosts"},
        {"status": "cancelled"},
        {"customer_impact": "None"},
        {"test_run": True},
        {"window": {**WINDOW, "timezone": "UTC"}},
        {"customer_details": {"acme": {"contact": None}}},
    ],
)
def test_what_people_would_read_changes_the_fingerprint(fields: dict[str, Any]) -> None:
    assert fingerprint(change(**fields)) != fingerprint(change())


def test_the_fingerprint_of_a_released_version_never_changes() -> None:
    """Ledgers keep it for months: another value would turn every replay into "other content"."""
    assert fingerprint(change()) == (
        # pragma: allowlist nextline secret
        "76f55860d6abdbbf53bbd9118a56cfb4a29d820e8322099a0d7a323bea896716"
    )


def test_a_customer_sees_its_own_section_only_and_its_fingerprint_is_of_that() -> None:
    both = change(customer_details={"acme": {"hosts": 3}, "globex": {"hosts": 9}})
    assert view_for(both, "acme").customer_details == {"acme": {"hosts": 3}}
    assert view_for(both, "initech").customer_details is None
    other = change(customer_details={"acme": {"hosts": 3}, "globex": {"hosts": 1}})
    assert fingerprint(both, "acme") == fingerprint(other, "acme")
    assert fingerprint(both, "globex") != fingerprint(other, "globex")
    assert fingerprint(both, "initech") == fingerprint(change())


def test_another_revision_is_the_same_change() -> None:
    assert with_revision(change(), 3).revision == 3
    assert fingerprint(with_revision(change(), 3)) == fingerprint(change())


ODD_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


@given(reason=ODD_TEXT, impact=ODD_TEXT, details=st.dictionaries(ODD_TEXT, ODD_TEXT, max_size=3))
def test_the_canonical_form_is_read_as_it_was_written(
    reason: str, impact: str, details: dict[str, str]
) -> None:
    one = change(reason=reason, customer_impact=impact, customer_details={"acme": details})
    plain = json.loads(one.model_dump_json(exclude_none=True))
    backwards = dict(reversed(plain.items()))
    for text in (json.dumps(plain), json.dumps(backwards)):
        again = Change.model_validate_json(text)
        assert again == one
        assert fingerprint(again) == fingerprint(one)
