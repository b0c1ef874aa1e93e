"""The customers' pages: who is registered, their states, and the doctor on demand."""

import threading
from typing import Any

import pytest
from starlette.testclient import TestClient

from changecast.hub.registry import Customer
from changecast_cli.console import customers as module
from changecast_cli.console.customers import Deliveries
from changecast_cli.console.inside import Buried, Person
from changecast_cli.console.looking import Looks
from changecast_cli.console.state import Console
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.doctor import look as look_module
from changecast_cli.doctor.verdicts import broken, ok, warning
from changecast_cli.failures import Failed
from tests.support.fake_hub import FakeHub
from tests.support.provider import eventually
from tests.support.seen import seen

HOSTILE = "<script>alert(1)</script>"
ACME = CustomerStack("acme", "222222222222", "eu-central-1", "Acme", "changes@acme.example",
                     "Europe/Madrid", "en", "desk@provider.example", None)  # fmt: skip


def row(change_id: str = "CHG-1", **fields: Any) -> dict[str, Any]:
    return {"customer": "acme", "change_id": change_id, "revision": 1, "state": "sent",
            "title": "Patch", "announced_at": "2027-01-16T08:05:00Z"} | fields  # fmt: skip


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """acme's last deliveries."""
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(
        module, "latest_of_customer", lambda _, code, most: given[:most] if code == "acme" else []
    )
    return given


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    """samconfig.toml has acme."""
    monkeypatch.setattr(module, "stacks", lambda: {"acme": ACME})


def test_every_registered_customer_stands_with_its_last_delivery(
    browser: TestClient, rows: list[dict[str, Any]]
) -> None:
    counts = {"planned": 200, "sent": 200, "bounced": 3, "complained": 1}
    rows += [row(state="partial", counts=counts, reported_at="2027-01-16T08:06:00Z")]
    text = seen(browser, "customers", zone="UTC").text
    assert "Customers 3" in text
    assert "acme Acme Industries" in text
    assert "! partial" in text
    assert "Sat 16 Jan 2027 08:06 UTC 200 1.5% 0.5%" in text
    assert "nothing announced yet" in text


@pytest.mark.parametrize(
    ("find", "found"), [("ACME", ["acme"]), ("3333", ["globex"]), ("tech", ["initech"]), ("x9", [])]
)
def test_a_customer_is_found(
    browser: TestClient, rows: list[dict[str, Any]], find: str, found: list[str]
) -> None:
    links = seen(browser, "customers", find=find).values("href")
    shown = [one.rpartition("code=")[2] for one in links if "code=" in one]
    assert shown == found


def test_three_thousand_customers_come_in_pages(
    browser: TestClient, hub: FakeHub, rows: list[dict[str, Any]]
) -> None:
    many = {
        f"c{number:04d}": Customer(f"c{number:04d}", "1", "eu-central-1", "arn", HOSTILE)
        for number in range(3_000)
    }
    object.__setattr__(hub, "customers", many)
    page = seen(browser, "customers", page="120")
    assert "Page 120 of 120, 3,000 customers" in page.text
    assert "c2999" in page.text
    assert page.tags.count("script") == 1


def test_the_doctor_looks_once_when_asked_and_the_page_shows_its_verdicts(
    browser: TestClient, console: Console, rows: list[dict[str, Any]], deployed: None
) -> None:
    may_end, looks = threading.Event(), []

    def examine(_: Any, customer: CustomerStack) -> Any:
        looks.append(customer.code)
        may_end.wait(60)
        return [ok("route", "it stands"), warning("quota", HOSTILE, "ask AWS"),
                broken("versions", "too old", "changecast customers upgrade")]  # fmt: skip

    console.doctor.into = examine
    assert "Ask the doctor" in seen(browser, "customers/customer", code="acme").text
    for _ in range(2):
        going = seen(browser, "customers/customer", code="acme", look="1")
        assert "Started checking acme at" in going.text
        assert "progress" in going.tags
    before = console.doctor.seen_as("acme")
    may_end.set()
    eventually(lambda: console.doctor.seen_as("acme") != before)
    page = seen(browser, "customers/customer", code="acme", look="1")
    assert "✗ broken versions too old changecast customers upgrade" in page.text
    assert page.tags.count("script") == 1
    assert looks == ["acme"]
    assert "1 broken, 1 warning" in seen(browser, "customers").text


def test_a_doctor_that_cannot_look_says_why(
    browser: TestClient, console: Console, rows: list[dict[str, Any]], deployed: None
) -> None:
    def examine(*_: Any) -> Any:
        raise Failed("the profile is not there")

    console.doctor.into = examine
    seen(browser, "customers/customer", code="acme", look="1")
    eventually(lambda: console.doctor.known["acme"].is_over)
    assert "the profile is not there" in seen(browser, "customers/customer", code="acme").text


def test_without_samconfig_the_doctor_checks_what_needs_no_file(
    browser: TestClient,
    console: Console,
    rows: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        look_module, "route_of", lambda _, customer: [ok("route", f"{customer.account} gets it")]
    )
    monkeypatch.setattr(look_module, "tolerant", lambda hub: hub)
    seen(browser, "customers/customer", code="acme", look="1", people="1")
    eventually(lambda: console.doctor.known["acme"].is_over, 20)
    page = seen(browser, "customers/customer", code="acme")
    assert "✓ ok route 222222222222 gets it" in page.text
    assert "! warning access the customer's account was not checked" in page.text
    assert "add the AWS profile changecast-acme" in page.text
    assert "start it in the folder that has the file" in page.text
    assert "Look for dead letters" in page.text
    assert console.people.known == {}
    assert not any(one.endswith("/customers/repair/compare") for one in page.values("action"))


@pytest.mark.parametrize("code", ["", "nobody", HOSTILE])
def test_who_is_nobody_is_said(browser: TestClient, rows: list[dict[str, Any]], code: str) -> None:
    answer = browser.get("customers/customer", params={"code": code})
    assert answer.status_code == 400
    assert HOSTILE not in answer.text


def test_a_customer_that_sent_nothing_has_no_rate() -> None:
    assert Deliveries([]).rate("bounced") == "–"
    assert Deliveries([row(counts={"planned": 3})]).rate("bounced") == "–"


def test_a_doctor_asked_for_two_customers_looks_at_both() -> None:
    doctor = Looks(lambda _, customer: [ok("route", customer.code)])
    for code in ("acme", "globex"):
        other: Any = type("Stack", (), {"code": code})()
        doctor.look(None, other)  # type: ignore[arg-type]
    eventually(lambda: len(doctor.known) == 2 and all(x.is_over for x in doctor.known.values()))


def test_people_and_dead_letters_are_read_when_asked(
    browser: TestClient, console: Console, rows: list[dict[str, Any]], deployed: None
) -> None:
    everybody = [Person(f"p{number}@acme.example", ["announcements"]) for number in range(30)]
    console.people.into = lambda *_: [*everybody, Person(HOSTILE, [])]
    console.dead_letters.into = lambda *_: [
        Buried("its account", "CHG-1 revision 1: it kept failing", "redrive"),
        Buried("its account", HOSTILE, ""),
        Buried("its route", "CHG-2 revision 1: no permission", "replay"),
    ]
    before = seen(browser, "customers/customer", code="acme").text
    assert "p1@acme.example" not in before
    seen(browser, "customers/customer", code="acme", people="1", letters="1")
    looks: list[Any] = [console.people, console.dead_letters]
    eventually(lambda: all(one.known["acme"].is_over for one in looks))
    page = seen(browser, "customers/customer", code="acme")
    assert "p1@acme.example announcements" in page.text
    assert "31 people" in page.text
    assert "Page 1 of 2" in page.text
    assert (
        "nothing: unsubscribed" in seen(browser, "customers/customer", code="acme", list="2").text
    )
    assert "CHG-1 revision 1: it kept failing" in page.text
    assert "This page does not send it back" in page.text
    assert (
        page.text.count("Send them back to the queue")
        == page.text.count("Announce them again")
        == 1
    )
    assert page.tags.count("script") == 1


def test_an_account_that_is_closed_says_how_to_open_it(
    browser: TestClient, console: Console, rows: list[dict[str, Any]], deployed: None
) -> None:
    seen(browser, "customers/customer", code="acme", people="1", letters="1")
    looks: list[Any] = [console.people, console.dead_letters]
    eventually(lambda: all(one.known["acme"].is_over for one in looks))
    page = seen(browser, "customers/customer", code="acme")
    assert [one.known["acme"].failure for one in looks if not one.known["acme"].failure] == []
    assert console.people.known["acme"].failure in page.text
