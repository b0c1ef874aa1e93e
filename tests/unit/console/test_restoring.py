"""Repair on a page: what differs from the templates first, and then it is reverted, once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from starlette.testclient import TestClient

from changecast_cli.console import customers, inside, restoring
from changecast_cli.console.looking import Look
from changecast_cli.console.state import Console
from changecast_cli.doctor.verdicts import broken, ok
from changecast_cli.repair.command import Repaired
from tests.support.consoles import PREFIX
from tests.support.provider import eventually
from tests.support.seen import seen
from tests.unit.console.test_customers import ACME

RULE = "rule changecast-route-acme: disabled -> enabled"
AGAIN = "changecast reannounce CHG-201 --customer acme"
OF_ACME = {"customer": "acme"}


class Stacks:
    """acme's stacks: what differs from their templates, and how often it was reverted."""

    def __init__(self) -> None:
        self.lines, self.reverted = [RULE], 0
        self.denied: Exception | None = None

    @contextmanager
    def compared(self, *_: Any) -> Iterator["Stacks"]:
        if self.denied:
            raise self.denied
        yield self

    def carry_out(self, _: Any) -> None:
        self.lines, self.reverted = [], self.reverted + 1

    def repaired(self, who: str, *_: Any, done: bool) -> Repaired:
        lines = [RULE] if done else [*self.lines]
        return Repaired(who, lines, [AGAIN], done=done, has_new_identity=False)


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> Stacks:
    """acme is in samconfig.toml, and somebody has switched its rule off."""
    made = Stacks()
    for module in (customers, restoring):
        monkeypatch.setattr(module, "stacks", lambda: {"acme": ACME})
    for name in ("compared", "carry_out", "repaired"):
        monkeypatch.setattr(inside, name, getattr(made, name))
    monkeypatch.setattr(inside, "lines_of", lambda found: [*found.lines])
    monkeypatch.setattr(customers, "latest_of_customer", lambda *_: [])
    return made


def compared(browser: TestClient, console: Console) -> str:
    """Click "Repair", wait, and return the mark of what the page shows."""
    assert browser.post("customers/repair/compare", data=OF_ACME).status_code == 200
    eventually(lambda: console.comparisons.known["acme"].is_over, 20)
    return restoring.mark_of(console.comparisons.known["acme"])


def restore(browser: TestClient, mark: str) -> Any:
    return browser.post("customers/repair/restore", data=OF_ACME | {"mark": mark})


def test_what_differs_is_shown_and_reverted_once_after_a_click(
    browser: TestClient, console: Console, stacks: Stacks
) -> None:
    mark = compared(browser, console)
    page = seen(browser, "customers/repair", code="acme")
    assert f"Would restore at acme: {RULE}" in page.text
    assert mark in page.values("value")
    assert stacks.reverted == 0
    for _ in range(2):
        assert restore(browser, mark).url.path == f"/{PREFIX}/customers/repair"
    eventually(lambda: console.restorations.known["acme"].is_over, 20)
    done = seen(browser, "customers/repair", code="acme").text
    assert f"Restored at acme: {RULE}" in done
    assert AGAIN in done
    assert stacks.reverted == 1
    compared(browser, console)
    again = seen(browser, "customers/repair", code="acme").text
    assert "Nothing to do: acme matches its templates" in again


def test_what_differs_in_something_else_by_then_is_not_touched(
    browser: TestClient, console: Console, stacks: Stacks
) -> None:
    mark = compared(browser, console)
    stacks.lines.append("AWS::Events::Rule changecast-plan: deleted -> recreated")
    restore(browser, mark)
    eventually(lambda: console.restorations.known["acme"].is_over, 20)
    text = seen(browser, "customers/repair", code="acme").text
    assert "Nothing was restored: compare again" in text
    assert "Compare again" in text
    assert stacks.reverted == 0


@pytest.mark.parametrize("mark", ["", "0123456789abcdef"])
def test_a_page_that_shows_something_else_reverts_nothing(
    browser: TestClient, console: Console, stacks: Stacks, mark: str
) -> None:
    assert restore(browser, mark).status_code == 400
    compared(browser, console)
    answer = restore(browser, mark)
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text
    assert console.restorations.known == {}


def test_while_it_compares_the_page_says_so_and_a_second_click_waits(
    browser: TestClient, console: Console, stacks: Stacks
) -> None:
    may_end, looks = threading.Event(), []

    def look(_: Any, customer: Any) -> list[Repaired]:
        looks.append(customer.code)
        may_end.wait(60)
        return [stacks.repaired("acme", done=False)]

    console.comparisons.into = look
    for _ in range(2):
        answer = browser.post("customers/repair/compare", data=OF_ACME)
        assert "Started comparing acme with its templates at" in answer.text
        assert "<progress" in answer.text
    before = customers.seen_as(console, "acme")
    may_end.set()
    eventually(lambda: customers.seen_as(console, "acme") != before, 20)
    assert looks == ["acme"]


@pytest.mark.parametrize("fault", [KeyError("changecast"), ValueError(), TypeError("x")])
def test_a_comparison_that_fails_without_a_known_reason_ends(
    browser: TestClient, console: Console, stacks: Stacks, fault: Exception
) -> None:
    stacks.denied = fault
    compared(browser, console)
    assert type(fault).__name__ in console.comparisons.known["acme"].failure
    text = seen(browser, "customers/repair", code="acme").text
    assert "Compare again" in text


def test_what_cannot_be_read_after_the_repair_is_said_beside_its_success(
    browser: TestClient, console: Console, stacks: Stacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    restored = Repaired("acme", [RULE], [], done=True, has_new_identity=False, unread="throttled")

    def repaired(*given: Any, done: bool) -> Repaired:
        return restored if done else stacks.repaired(*given, done=False)

    monkeypatch.setattr(inside, "repaired", repaired)
    restore(browser, compared(browser, console))
    eventually(lambda: console.restorations.known["acme"].is_over, 20)
    text = seen(browser, "customers/repair", code="acme").text
    assert f"Restored at acme: {RULE}" in text
    assert "The changes that acme missed cannot be read: throttled" in text


def test_a_missing_permission_is_named(
    browser: TestClient, console: Console, stacks: Stacks
) -> None:
    message = (
        "User: arn:aws:sts::222222222222:assumed-role/x/y is not authorized to perform: "
        "cloudformation:CreateChangeSet on resource: changecast"
    )
    answer: Any = {"Error": {"Code": "AccessDenied", "Message": message}}
    stacks.denied = ClientError(answer, "CreateChangeSet")
    compared(browser, console)
    text = seen(browser, "customers/repair", code="acme").text
    assert "The missing permission: cloudformation:CreateChangeSet" in text


def test_the_doctor_offers_it_where_it_is_the_fix(
    browser: TestClient, console: Console, stacks: Stacks
) -> None:
    off = broken("rules", "the rule is disabled", "changecast repair acme")
    console.doctor.known["acme"] = Look(datetime.now(UTC), [ok("route", "good"), off])
    page = seen(browser, "customers/customer", code="acme")
    assert "changecast repair acme fixes rules." in page.text
    assert any(one.endswith("/customers/repair/compare") for one in page.values("action"))


def test_without_samconfig_it_says_what_to_do(browser: TestClient) -> None:
    for answer in (
        browser.get("customers/repair", params={"code": "acme"}),
        browser.post("customers/repair/compare", data=OF_ACME),
        restore(browser, "x"),
    ):
        assert answer.status_code == 400
        assert "start it in the folder that has the file" in answer.text
