"""A change's timeline at one customer: its history, and the traces hop by hop."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from starlette.testclient import TestClient

from changecast.hub.announcing.announce import announce
from changecast_cli.console import timeline
from changecast_cli.customer_access import Keys
from changecast_cli.trace import command
from changecast_cli.trace.spans import Span, Way, spans_of
from tests.support.builders import document
from tests.support.consoles import answer, report
from tests.support.fake_hub import FakeHub
from tests.support.seen import seen

# 2027-01-16T08:05:30Z, after the announcement and before the report.
BEGAN = 1800086730.0
DENIED = (
    "An error occurred (AccessDeniedException) when calling the GetTraceSummaries operation: User: "
    "arn:aws:sts::1:assumed-role/r/s is not authorized to perform: xray:GetTraceSummaries"
)


def invocation(name: str, begin: float, *calls: str, **of_last: Any) -> list[Span]:
    """A function's trace, with a call of AWS for each name."""
    parts: list[dict[str, Any]] = [
        {"id": f"{name}-{number}", "name": call, "namespace": "aws", "start_time": begin + number,
         "end_time": begin + number + 0.5}
        for number, call in enumerate(calls)
    ]  # fmt: skip
    if parts:
        parts[-1] |= of_last
    whole = {"id": name, "name": name, "origin": "AWS::Lambda::Function", "start_time": begin,
             "end_time": begin + 5, "subsegments": parts}  # fmt: skip
    return spans_of(f"1-{name}", [whole])


@pytest.fixture
def told(hub: FakeHub, monkeypatch: pytest.MonkeyPatch) -> dict[str, Way]:
    """CHG-1, which both customers reported; a test puts the traces there."""
    announce(document(), hub=hub)
    for code in ("acme", "globex"):
        report(hub, "CHG-1", code, state="sent")
    answer(hub, "CHG-1", "acme", received_at="2027-01-16T08:09:00Z")
    answer(hub, "CHG-1", "globex", received_at="2027-01-16T08:09:00Z")
    ways: dict[str, Way] = {}
    monkeypatch.setattr(
        timeline, "ways_of", lambda _session, run, _keys: [ways[code] for code in run["customers"]]
    )
    return ways


def test_traces_stand_between_what_people_did_and_reported(
    browser: TestClient, told: dict[str, Way]
) -> None:
    plan = invocation("PlanDelivery", BEGAN, "dynamodb", "sqs")
    sent = invocation("SendMail", BEGAN + 10, "email", "email", throttle=True)
    told["acme"] = Way("acme", 1, [plan, sent])
    text = seen(browser, "change/timeline", id="CHG-1", customer="acme", zone="UTC").text
    words = ("PlanDelivery", "dynamodb", "SendMail", "throttled", "rejected")
    places = [text.index(word) for word in words]
    assert places == sorted(places)
    assert "+11.00 s 500 ms" in text
    assert "are missing" not in text


def test_what_aws_does_not_show_is_named_with_its_permission(
    browser: TestClient, told: dict[str, Way]
) -> None:
    told["acme"] = Way("acme", 1, [], "there is no way into acme's account", DENIED)
    text = seen(browser, "change/timeline", id="CHG-1", customer="acme").text
    assert "The hub's traces are missing." in text
    assert "The missing permission: xray:GetTraceSummaries" in text
    assert "The customer's traces are missing. there is no way into acme's account" in text
    assert "rejected" in text, "what is known is still shown"


def test_without_traces_it_says_how_long_x_ray_keeps_them(
    browser: TestClient, told: dict[str, Way]
) -> None:
    told["globex"] = Way("globex", 1, [])
    text = seen(browser, "change/timeline", id="CHG-1", customer="globex").text
    assert "X-Ray has no traces of this change" in text


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "no customer is given"),
        ("initech", "does not name initech"),
        ("acme2", "does not name acme2"),
        ("<b>", "does not name &lt;b&gt;"),
    ],
)
def test_a_customer_that_it_does_not_name_is_refused(
    browser: TestClient, code: str, why: str
) -> None:
    page = browser.get("change/timeline", params={"id": "CHG-1", "customer": code})
    assert page.status_code == 400
    assert why in page.text


def test_the_page_of_a_change_leads_there(browser: TestClient, told: dict[str, Way]) -> None:
    found = browser.get("change", params={"id": "CHG-1"}).text
    assert "change/timeline?id=CHG-1&amp;customer=globex" in found


class Refusing:
    """X-Ray that denies everything."""

    def get_paginator(self, name: str) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": DENIED}}, name)

    def client(self, _: str) -> Any:
        return self


def test_a_hub_that_denies_its_traces_does_not_hide_the_customers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = invocation("PlanDelivery", BEGAN)
    monkeypatch.setattr(
        command, "_way", lambda *given: Way(given[2], 1, [own] if not given[4] else [])
    )
    customer = {"revision": 1, "announced_at": "", "started_at": "", "ended_at": ""}
    run: Any = {"change_id": "CHG-1", "customers": {"acme": customer}}
    session: Any = Refusing()
    (way,) = command.ways_of(session, run, Keys(None, None))
    assert way.traces == [own]
    assert "xray:GetTraceSummaries" in way.hub_lacks
