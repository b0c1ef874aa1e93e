"""The page that many people may open: it shows the change, and accepts no answers."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from testbed.doubles.account import Account
from testbed.doubles.announcements import envelope
from testbed.doubles.visitor import Visitor
from tests.integration.responding.conftest import ANA, visitor


def reader(account: Account) -> Visitor:
    """Somebody with the link of a chat message about the first revision."""
    links = account.modules["send_mail"].links
    return Visitor(visitor(account).responder, links.view(account.run("CHG1")))


def test_it_shows_the_change_and_offers_nothing(account: Account) -> None:
    shown = reader(account).open()
    assert shown.status == 200
    assert "Database upgrade" in shown.text
    assert "The shop is read-only." in shown.text
    assert "To answer, open the link in your own email" in shown.text
    assert shown.forms == []
    assert not [link for link in shown.links if "answers.acme.example" in link]
    for private in ("You are answering as", "You have not answered", "@acme.example", "CHG2"):
        assert private not in shown.text
    assert ANA not in shown.body


def test_it_shows_no_agenda(account: Account, ana: Visitor) -> None:
    account.clock.now = datetime(2027, 3, 1, tzinfo=UTC).timestamp()
    account.announce(envelope(change_id="CHG2", event_id="0b7f5d3e-58f4-4a52-9a7d-8f2f4bb6a402"))
    account.settle()
    assert "The next 14 days" in ana.open().text
    shown = reader(account).open()
    for private in ("The next 14 days", "CHG2"):
        assert private not in shown.text


def test_it_shows_the_change_as_it_stands_and_what_changed(account: Account) -> None:
    who = reader(account)
    account.announce(envelope(2, status="submitted", impact="The shop is down."))
    account.settle()
    text = who.open().text
    assert "The shop is down." in text
    assert "The shop is read-only." in text
    account.announce(envelope(3, status="cancelled"))
    account.settle()
    assert "This change was cancelled." in who.open().text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_takes_no_answer(account: Account, method: str) -> None:
    who = reader(account)
    kind = {"content-type": "application/x-www-form-urlencoded"}
    path = who.link.removeprefix("https://answers.acme.example")
    shown = who.request(method, path, "answer=acknowledged&revision=1", **kind)
    assert (shown.status, shown.headers["allow"]) == (405, "GET, HEAD")


def test_its_link_opens_no_personal_page_and_a_personal_one_not_this(
    account: Account, ana: Visitor
) -> None:
    who = reader(account)
    assert who.open(who.link.replace("/v/", "/c/")).status == 404
    assert who.open(ana.link.replace("/c/", "/v/")).status == 404
    assert who.request("GET", f"/f/{who.link.rpartition('/')[2]}/changes.ics").status == 404


def test_it_ends_as_personal_links_do_and_with_the_customers_part_in_the_change(
    account: Account,
) -> None:
    who = reader(account)
    other = Visitor(replace(who.responder, brand=replace(who.responder.brand, customer="globex")))
    assert other.open(who.link).status == 404
    gone = envelope(2, status="submitted", customers=("globex",), withdrawn=("acme",))
    account.announce(gone)
    account.settle()
    shown = who.open()
    assert (shown.status, "no longer affects Acme" in shown.text) == (410, True)
    account.clock.now += 200 * 86_400
    assert "has expired" in who.open().text
