"""Feeds of a customer's changes: their content, and that mails and feeds have the same entries."""

import email
import json
from datetime import UTC, datetime
from email.policy import default
from typing import Any
from xml.etree import ElementTree as Xml

import feedparser
import pytest
from icalendar import Calendar

from changecast.customer.ledger.answers import revoke
from changecast.customer.responding import reading
from changecast.customer.responding.tokens import Scope, read
from testbed.doubles.account import ANSWERING, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import Ses
from testbed.doubles.visitor import Shown, Visitor
from tests.integration.responding.conftest import ANA
from tests.support.programs import node

ATOM = "{http://www.w3.org/2005/Atom}"
OTHER = "0b7f5d3e-58f4-4a52-9a7d-8f2f4bb6a40"


@pytest.fixture
def account() -> Account:
    """Ana takes announcements with calendar entries."""
    reading._change.cache_clear()
    contacts = {"announcements": [ANA], "approvals": [ANA], "calendar": [ANA]}
    found = Account(ses=Ses(contacts=contacts), environment=ANSWERING)
    found.announce(envelope())
    found.settle()
    return found


def announce(account: Account, number: int, **what: Any) -> None:
    change = {"change_id": f"CHG{number}", "event_id": f"{OTHER}{number}"} | what
    account.announce(envelope(**change))
    account.settle()


def path_of(who: Visitor) -> str:
    (address,) = [link for link in who.open().links if "/f/" in link]
    return address.removeprefix("https://answers.acme.example")


def feed(who: Visitor, kind: str = "ics", **headers: str) -> Shown:
    return who.request("GET", path_of(who).replace("changes.ics", f"changes.{kind}"), **headers)


def events(shown: Shown) -> dict[str, Any]:
    found = Calendar.from_ical(shown.body).walk("VEVENT")
    return {str(one["summary"]): one for one in found}


def entry_in_mail(account: Account) -> Any:
    message = email.message_from_bytes(account.ses.mails[-1].raw, policy=default)
    (part,) = [one for one in message.walk() if one.get_content_type() == "text/calendar"]
    (found,) = Calendar.from_ical(part.get_content()).walk("VEVENT")
    return found


def test_an_entry_is_the_one_of_the_mail(account: Account, ana: Visitor) -> None:
    shown = feed(ana)
    assert shown.headers["content-type"] == "text/calendar; charset=utf-8"
    (ours,) = events(shown).values()
    mailed = entry_in_mail(account)
    for name in ("uid", "sequence", "dtstart", "dtend", "summary", "status"):
        assert ours[name] == mailed[name], name
    assert "attendee" not in ours
    assert ANA not in shown.body


def test_a_moved_and_a_cancelled_change_are_shown_as_such(account: Account, ana: Visitor) -> None:
    announce(account, 1, change_id="CHG1", revision=2, hours=3)
    (moved,) = events(feed(ana)).values()
    assert (moved["sequence"], str(moved["uid"])) == (2, str(entry_in_mail(account)["uid"]))
    announce(account, 2, change_id="CHG1", revision=3, status="cancelled", hours=3)
    (gone,) = events(feed(ana)).values()
    assert (str(gone["status"]), gone["sequence"]) == ("CANCELLED", 3)
    assert str(gone["uid"]) == str(moved["uid"])


def test_a_withdrawn_change_shows_nothing_of_what_it_became(account: Account, ana: Visitor) -> None:
    gone = {"customers": ("globex",), "withdrawn": ("acme",), "impact": "secret of globex"}
    path = path_of(ana)
    announce(account, 1, change_id="CHG1", revision=2, **gone)
    shown = ana.request("GET", path)
    assert str(next(iter(events(shown).values()))["status"]) == "CANCELLED"
    assert "secret" not in shown.body


def test_tests_and_what_is_long_over_are_not_in_it(account: Account, ana: Visitor) -> None:
    announce(account, 2)
    announce(account, 3, test=True)
    ids = {
        one["content_text"].split("\n")[-1] for one in json.loads(feed(ana, "json").body)["items"]
    }
    assert ids == {"CHG1", "CHG2"}
    account.clock.now = datetime(2027, 3, 7, tzinfo=UTC).timestamp() + 20 * 86_400
    assert len(events(feed(ana))) == 2


HOSTILE = """A <b>bold</b> & "quoted" ]]> title; with, commas \\ and 数据库 🚧"""


def hostile(account: Account) -> None:
    whole = envelope(change_id="CHG2", event_id=f"{OTHER}2", hours=3)
    whole["detail"]["change"]["title"] = HOSTILE
    account.announce(whole)
    account.settle()


def test_ical_js_reads_the_calendar_as_the_mail_has_it(account: Account, ana: Visitor) -> None:
    hostile(account)
    mailed = entry_in_mail(account)
    announce(account, 3, change_id="CHG1", revision=2, status="cancelled")
    (read,) = node("read_calendar.mjs", [feed(ana).body])
    assert read["method"] == "PUBLISH"
    found = {one["uid"]: one for one in read["events"]}
    ours = found.pop(str(mailed["uid"]))
    (gone,) = found.values()
    assert HOSTILE in ours["summary"]
    assert (ours["start"], ours["end"]) == (
        mailed["dtstart"].dt.timestamp(), mailed["dtend"].dt.timestamp(),
    )  # fmt: skip
    assert (ours["status"], gone["status"]) == ("CONFIRMED", "CANCELLED")
    assert (ours["sequence"], gone["sequence"]) == (mailed["sequence"], 2)
    assert ours["attendees"] == []


def test_feedparser_reads_the_atom_feed_as_meant(account: Account, ana: Visitor) -> None:
    hostile(account)
    shown = feed(ana, "atom")
    read = feedparser.parse(shown.body.encode(), response_headers=dict(shown.headers))
    assert (read.bozo, read.version) == (False, "atom10")
    assert read.feed.title == "Provider for Acme Industries"
    newest, first = read.entries
    assert newest.title == f"Planned change: {HOSTILE}"
    assert newest.title_detail.type == "text/plain"
    assert "CHG2" in newest.content[0].value
    assert newest.updated_parsed > first.updated_parsed
    assert newest.id != first.id
    assert newest.id.startswith("urn:changecast:")
    (link,) = [one for one in read.feed.links if one.rel == "self"]
    assert link.href == f"https://answers.acme.example{path_of(ana).replace('.ics', '.atom')}"


def test_a_json_feed_has_what_version_1_1_asks_for(account: Account, ana: Visitor) -> None:
    """https://www.jsonfeed.org/version/1.1/"""
    hostile(account)
    read = json.loads(feed(ana, "json").body)
    assert read["version"] == "https://jsonfeed.org/version/1.1"
    assert read["items"][0]["title"] == f"Planned change: {HOSTILE}"
    for item in read["items"]:
        assert {type(item[name]) for name in ("id", "title", "content_text")} == {str}
        assert datetime.fromisoformat(item["date_modified"]).tzinfo is not None
    assert len({item["id"] for item in read["items"]}) == 2


def test_the_three_kinds_say_the_same(account: Account, ana: Visitor) -> None:
    announce(account, 2)
    calendar = Calendar.from_ical(feed(ana).body).walk("VEVENT")
    listed = json.loads(feed(ana, "json").body)
    entries = Xml.fromstring(feed(ana, "atom").body).findall(f"{ATOM}entry")
    assert {str(one["uid"]) for one in calendar} == {one["id"] for one in listed["items"]}
    assert {entry.findtext(f"{ATOM}id") for entry in entries} == {
        f"urn:changecast:{one['id']}" for one in listed["items"]
    }
    assert listed["version"] == "https://jsonfeed.org/version/1.1"


@pytest.mark.parametrize("kind", ["ics", "json", "atom"])
def test_an_unchanged_feed_is_not_sent_again(account: Account, ana: Visitor, kind: str) -> None:
    first = feed(ana, kind)
    assert first.headers["cache-control"] == "private, max-age=900"
    again = feed(ana, kind, **{"if-none-match": first.headers["etag"]})
    assert (again.status, again.body) == (304, "")
    announce(account, 2)
    assert feed(ana, kind, **{"if-none-match": first.headers["etag"]}).status == 200


def test_a_feed_works_until_it_is_revoked_and_grants_nothing_else(
    account: Account, ana: Visitor
) -> None:
    path = path_of(ana)
    token = path.split("/")[2]
    assert ana.request("GET", f"/c/{token}").status == 404
    respond_token = ana.link.rpartition("/")[2]
    assert ana.request("GET", f"/f/{respond_token}/changes.ics").status == 404
    assert ana.request("POST", path).status == 405
    account.clock.now += 400 * 86_400
    assert ana.request("GET", path).status == 200
    keyring = ana.responder.keyrings.get()
    person = read(keyring, token, Scope.FEED, "acme", account.clock.now).person
    revoke(account.ledger, person, account.clock.now)
    assert ana.request("GET", path).status == 410
