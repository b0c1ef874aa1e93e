"""Mails as the customer's account keeps them: on the console's pages, and as hashes in evidence."""

import email
import hashlib
import json
import re
from dataclasses import dataclass, field
from email.policy import default
from typing import Any

import pytest
from starlette.testclient import TestClient

from changecast.customer.ledger.preferences import choose, read_preference
from changecast.customer.renderings.mails_bucket import rendering_key
from changecast.hub.tracking.schema import status_key
from changecast_cli.console import kept_mails
from changecast_cli.console.application import application
from changecast_cli.console.guard import Door
from changecast_cli.customer_access import CustomerAccount
from changecast_cli.evidence.mails import mails_of
from changecast_cli.failures import Refused
from changecast_cli.preview.pages import OWN_PAGE, READER, body
from testbed.doubles.account import ANSWERING, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import Ses
from tests.support.consoles import OWN, PORT, PREFIX, TOKEN, FakeBoard, console_over
from tests.support.fake_hub import FakeHub, fake_hub
from tests.support.seen import seen

ANA, CHANGE = "ana@acme.example", "CHG1"


@dataclass
class Open:
    """acme's account, as somebody is in it; `read` is what was read of its bucket."""

    account: Account
    way: str = "the profile changecast-acme"
    read: list[str] = field(default_factory=list)

    @property
    def session(self) -> Any:
        return self

    def client(self, service: str) -> Any:
        assert service == "s3"
        return self

    def get_object(self, **request: Any) -> Any:
        self.read.append(request["Key"])
        return self.account.s3.get_object(**request)

    def ledger(self) -> Any:
        return self.account.ledger

    def output(self, name: str) -> str:
        assert name == "MailsBucket"
        return "mails"


@pytest.fixture
def opened() -> Open:
    """Ana was told of CHG1 by mail."""
    account = Account(ses=Ses(contacts={"announcements": [ANA], "approvals": [], "calendar": []}))
    account.announce(envelope())
    account.settle()
    return Open(account)


def html_of(raw: bytes) -> str:
    message = email.message_from_bytes(raw, policy=default)
    return body(message, "html")


def entering(opened: Open, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the console in, to acme only; returns whose account was entered."""
    entered: list[str] = []

    def enter(_: Any, code: str) -> Any:
        entered.append(code)
        if code != "acme":
            raise Refused(f"no way leads into the account of {code}")
        return opened

    monkeypatch.setattr(kept_mails, "enter", enter)
    return entered


@pytest.fixture
def hub() -> FakeHub:
    """The hub heard that Ana's mail was sent."""
    found = fake_hub()
    reported(found, planned=1, sent=1)
    return found


def reported(hub: FakeHub, **counts: int) -> None:
    """Let acme report how many mails of revision 1 it planned, and how many were sent."""
    key = status_key(CHANGE, 1, "acme")
    hub.table.items[key["pk"], key["sk"]] = key | {"customer": "acme", "counts": counts}


@pytest.fixture
def browser(hub: FakeHub) -> TestClient:
    app = application(console_over(hub, FakeBoard()), Door(PORT, TOKEN, PREFIX))
    client = TestClient(app, base_url=OWN)
    client.base_url = client.base_url.join(f"/{PREFIX}/")
    return client


def test_the_mail_that_left_is_shown_and_read_once(
    opened: Open, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = entering(opened, monkeypatch)
    shown = seen(browser, "mails", id=CHANGE, revision="1", customer="acme")
    (sent,) = opened.account.ses.mails
    assert "These are the mails that were sent" in shown.text
    assert "the profile changecast-acme" in shown.text
    asked = {"id": CHANGE, "revision": "1", "customer": "acme", "mail": "full", "source": "run"}
    framed = browser.get("mails/mail", params=asked)
    assert framed.headers["content-security-policy"].startswith("sandbox")
    assert framed.text == html_of(sent.raw).replace(ANA, READER)
    assert entered == ["acme"]


@pytest.mark.parametrize(
    ("counts", "says", "chip"),
    [
        (
            {"planned": 3, "sent": 0},
            "As far as acme has reported, no mail has been sent yet",
            "ready",
        ),
        ({}, "As far as acme has reported, no mail has been sent yet", "ready"),
        ({"planned": 3, "sent": 2}, "2 of 3 mails have been sent", "sent"),
        ({"planned": 3, "sent": 3}, "These are the mails that were sent", "sent"),
    ],
)
def test_a_paused_runs_mails_are_not_said_to_have_left(
    hub: FakeHub, opened: Open, browser: TestClient, monkeypatch: pytest.MonkeyPatch,
    counts: dict[str, int], says: str, chip: str,
) -> None:  # fmt: skip
    """A stranger read "the ones that left" of a run that had mailed nobody."""
    entering(opened, monkeypatch)
    reported(hub, **counts)
    shown = seen(browser, "mails", id=CHANGE, revision="1", customer="acme")
    assert says in shown.text
    assert f" {chip} To: " in shown.text


def test_a_mail_with_personal_links_is_shown_without_anybodys(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts = {"announcements": [ANA], "approvals": [ANA], "calendar": []}
    account = Account(ses=Ses(contacts=contacts), environment=ANSWERING)
    account.announce(envelope())
    account.settle()
    entering(Open(account), monkeypatch)
    asked = {"id": CHANGE, "revision": "1", "customer": "acme", "mail": "full", "source": "run"}
    framed = browser.get("mails/mail", params=asked)
    assert OWN_PAGE in framed.text
    (own,) = set(re.findall(r"https://answers\S+/c/[^\s\"<]+", html_of(account.ses.mails[0].raw)))
    assert own not in framed.text


def test_a_mail_in_a_readers_own_language_is_shown_beside_the_others(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts = {"announcements": [ANA, "bea@acme.example"], "approvals": [], "calendar": []}
    account = Account(ses=Ses(contacts=contacts))
    known = read_preference(account.ledger, ANA)
    choose(account.ledger, known.choosing(account.clock.now, language="de"))
    account.announce(envelope())
    account.settle()
    entering(Open(account), monkeypatch)
    text = seen(browser, "mails", id=CHANGE, revision="1", customer="acme").text
    assert "people who get the whole change, in de and Europe/Madrid" in text
    assert text.count("sent To:") > 1


def test_what_is_not_open_is_rendered_from_the_document_and_says_why(
    opened: Open, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    entering(opened, monkeypatch)
    asked = {"id": CHANGE, "revision": "1", "customer": "globex"}
    answer = browser.get("mails", params=asked)
    assert "the hub has no copy of revision 1" in answer.text
    framed = browser.get("mails/mail", params={**asked, "mail": "full", "source": "run"})
    assert (framed.status_code, "no way leads into" in framed.text) == (400, True)


def test_evidence_has_the_hash_of_each_mail_and_nobodys_address(opened: Open) -> None:
    def enter(code: str) -> CustomerAccount:
        if code != "acme":
            raise Refused("closed")
        return opened  # type: ignore[return-value]

    files, left_out = mails_of(enter, CHANGE, ["acme", "globex"], addresses=False)
    assert left_out == {"mails/globex.json": "closed"}
    assert ANA.encode() not in files["mails/acme.json"]
    (run,) = json.loads(files["mails/acme.json"])
    (recipient,) = run["recipients"]
    key = rendering_key(opened.account.run(CHANGE).run, recipient["variant"])
    body = opened.account.s3.get_object(Bucket="mails", Key=key)["Body"].read()
    assert run["mails"] == {recipient["variant"]: f"sha256:{hashlib.sha256(body).hexdigest()}"}
    assert recipient["state"] in ("SENT", "DELIVERED")
    files, _ = mails_of(enter, CHANGE, ["acme"], addresses=True)
    assert ANA.encode() in files["mails/acme.json"]
