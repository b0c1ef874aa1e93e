"""When people must be told of a new revision: only if a mail would read differently."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changecast.contract.change import Change, view_for, with_revision
from changecast.contract.differences import differences, folded, is_material
from tests.support.builders import change

WINDOW = {"start": "2027-01-20T22:00:00Z", "end": "2027-01-20T23:30:00Z"}
MEETING = {
    "title": "Bridge",
    "start": "2027-01-20T21:45:00Z",
    "duration_minutes": 60,
    "location": "Room 3",
    "join_url": "https://meet.provider.example/old",
}
DETAILS = {"hosts": ["vpn-1", "vpn-2"], "note": "Ask Ana"}
FULL: dict[str, Any] = {
    "category": "finops",
    "kind": "announcement",
    "reason": "End of support.",
    "implementation_plan": "1. Drain\n2. Replace",
    "test_plan": "Login test",
    "customer_impact": "VPN sessions drop for 5 minutes",
    "impact_level": "degraded",
    "services": ["VPN", "DNS"],
    "action": "Reconnect afterwards",
    "rollback_plan": "Put the old ones back",
    "summary": "A short text",
    "content": "A long text",
    "tickets": {"servicenow": "CHG1", "jira": "OPS-1"},
    "window": WINDOW,
    "meeting": MEETING,
    "links": [{"title": "Runbook", "url": "https://wiki.provider.example/1"}],
    "attachments": [{"name": "Plan", "url": "https://wiki.provider.example/2"}],
    "survey_url": "https://survey.provider.example/1",
    "approval_url": "https://approve.provider.example/1",
    "cancellation_reason": "The vendor withdrew the patch",
    "outcome": "All replaced",
    "follow_up": "The old gateways stay for a week",
    "actual_start": "2027-01-20T22:05:00Z",
    "actual_end": "2027-01-20T23:05:00Z",
    "customer_details": {"acme": DETAILS},
}
# What the mails of a status show besides what all of them do.
STATUS_OF = {
    "approval_url": "submitted",
    "cancellation_reason": "cancelled",
    "outcome": "completed",
    "follow_up": "completed",
    "actual_start": "completed",
    "actual_end": "completed",
    "survey_url": "completed",
}
OTHER: dict[str, list[Any]] = {
    "title": ["Another title"],
    "status": ["in_progress"],
    "category": ["cic"],
    "reason": ["Other", ""],
    "implementation_plan": ["1. Drain\n2. Replace\n3. Check"],
    "test_plan": ["login test"],
    "customer_impact": ["", "VPN sessions drop for 50 minutes"],
    "impact_level": ["outage", None],
    "services": [["VPN"], []],
    "action": ["Call us", None],
    "rollback_plan": ["None"],
    "summary": ["Other", None],
    "content": ["Other", None],
    "tickets": [{"servicenow": "CHG2", "jira": "OPS-1"}, {"servicenow": "CHG1"}],
    "window": [
        {**WINDOW, "start": "2027-01-20T22:01:00Z"},
        {**WINDOW, "end": "2027-01-21T00:00:00Z"},
    ],
    "meeting": [
        None,
        {**MEETING, "title": "Other bridge"},
        {**MEETING, "start": "2027-01-20T21:50:00Z"},
        {**MEETING, "duration_minutes": 61},
        {**MEETING, "location": "Room 4"},
        {**MEETING, "join_url": "https://meet.provider.example/new"},
        {**MEETING, "join_url": None},
    ],
    "links": [
        [],
        [{"title": "Runbook", "url": "https://wiki.provider.example/9"}],
        [{"title": "Other", "url": "https://wiki.provider.example/1"}],
    ],
    "attachments": [
        [],
        [{"name": "Plan"}],
        [{"name": "Other", "url": "https://wiki.provider.example/2"}],
    ],
    "survey_url": [None, "https://survey.provider.example/2"],
    "approval_url": [None, "https://approve.provider.example/2"],
    "cancellation_reason": [None, "Other"],
    "outcome": [None, "Two replaced"],
    "follow_up": [None, "Nothing"],
    "actual_start": [None, "2027-01-20T22:06:00Z"],
    "actual_end": [None, "2027-01-20T23:06:00Z"],
    "customer_details": [
        None,
        {"acme": {"hosts": ["vpn-1"], "note": "Ask Ana"}},
        {"acme": DETAILS | {"reboot": False}},
        {"acme": DETAILS | {"action": "Call Ana"}},
    ],
}  # fmt: skip
NEVER_SHOWN = {
    "change_id",
    "revision",
    "kind",
    "prior_status",
    "test_run",
    "history",
    "confidential",
}


def full(**fields: Any) -> Change:
    return change(**FULL | fields)


def test_every_field_of_a_change_is_tried_here_or_is_in_no_mail() -> None:
    assert set(OTHER) == set(Change.model_fields) - NEVER_SHOWN


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in OTHER.items() for value in values]
)
def test_people_hear_of_every_difference_that_a_mail_shows(field: str, value: Any) -> None:
    status = STATUS_OF.get(field, "approved")
    old, new = full(status=status), full(**{"status": status, field: value})
    assert is_material(old, new)
    expected = "action" if field == "customer_details" and "Call Ana" in str(value) else field
    assert [found.field for found in differences(old, new)] == [expected]


@pytest.mark.parametrize(
    "fields",
    [
        {"revision": 2},
        {"confidential": True},
        {"prior_status": "submitted"},
        {"history": [{"timestamp": WINDOW["start"], "type": "updated"}]},
        {"window": {**WINDOW, "timezone": "Europe/Madrid"}},
        {"window": {**WINDOW, "start": "2027-01-20T22:00:30Z"}},
        {"meeting": {**MEETING, "start": "2027-01-20T21:45:59Z"}},
        {"survey_url": None},
        {"approval_url": None},
        {"outcome": None},
        {"customer_impact": "VPN sessions drop for 5 minutes.\n"},
        {"customer_impact": "VPN\u00a0sessions drop for 5 minutes  "},
        {"customer_impact": "\u200bVPN sessions\ndrop for 5\u2003minutes."},
        {"implementation_plan": "1. Drain \n\n2. Replace\n"},
        {"title": " Patch  the\u00a0hosts "},
        {"services": ["VPN ", "DNS."]},
        {"tickets": {"servicenow": "CHG1 ", "jira": " OPS-1"}},
        {"customer_details": {"acme": DETAILS | {"hosts": ["vpn-1", None, "vpn-2"]}}},
        {"customer_details": {"acme": DETAILS | {"note": "Ask\u00a0Ana."}}},
        {"customer_details": {"acme": DETAILS | {"a": None, "b": "", "c": [], "d": {"e": None}}}},
    ],
)  # fmt: skip
def test_nobody_is_mailed_for_what_no_reader_can_see(fields: dict[str, Any]) -> None:
    assert differences(full(), full(**fields)) == []
    assert differences(full(**fields), full()) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("None", "None."),
        ("", " \n"),
        ("", "."),
        ("Caf\u00e9", "Cafe\u0301"),
        ("a\nb", "a \n\nb"),
        ("a\nb", "a\u2028b"),
        ("a b", "a\u202fb"),
        ("a b", "a  b"),
        ("ab", "a\u00adb"),
    ],
)
def test_two_spellings_of_one_text_are_one_text(old: str, new: str) -> None:
    assert not is_material(change(customer_impact=old), change(customer_impact=new))


@pytest.mark.parametrize(
    ("old", "new"), [("us", "US"), ("1.5 h", "15 h"), ("a b", "ab"), ("No", "No!"), ("1", "¹")]
)
def test_near_misses_are_two_texts(old: str, new: str) -> None:
    assert is_material(change(customer_impact=old), change(customer_impact=new))


def test_a_place_that_moves_into_the_join_link_is_no_other_place() -> None:
    link = "https://meet.provider.example/1"
    both = change(meeting={"start": WINDOW["start"], "location": link, "join_url": link})
    one = change(meeting={"start": WINDOW["start"], "join_url": link})
    assert not is_material(both, one)


def test_what_everybody_is_asked_is_nothing_new_for_a_customer_with_its_own_action() -> None:
    own = {"acme": {"action": "Call us"}}
    old, new = (change(action=action, customer_details=own) for action in ("Wait", "Reconnect"))
    assert not is_material(view_for(old, "acme"), view_for(new, "acme"))
    assert is_material(view_for(old, "globex"), view_for(new, "globex"))


def test_another_revision_alone_is_no_difference() -> None:
    assert differences(full(), with_revision(full(), 3)) == []


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
NOISE = st.sampled_from([" ", "\u00a0", "\n", "\r\n", "\u2009", "\u200b", "\ufeff", ""])


@given(st.lists(TEXT, max_size=4), st.lists(NOISE, min_size=5, max_size=5), NOISE, NOISE)
def test_blank_noise_is_never_a_difference(
    words: list[str], noise: list[str], before: str, after: str
) -> None:
    text = " ".join(words)
    noisy = before + "".join(f"{word} {blank}" for word, blank in zip(words, noise, strict=False))
    noisy = unicodedata.normalize("NFD", noisy) + after
    assert folded(noisy) == folded(text)


@given(TEXT)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)
