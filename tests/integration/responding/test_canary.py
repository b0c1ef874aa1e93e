"""A person whose address is found nowhere else answers: no page, log, event or hint names them."""

from dataclasses import replace
from typing import Any

import pytest

from changecast.customer.ledger.encoding import decode
from changecast.customer.responding.keyring import parse_keyring
from changecast.customer.responding.tokens import Scope, issue, read
from testbed.doubles.account import ANSWERING, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.secrets import KEYRING
from testbed.doubles.ses import Ses
from testbed.doubles.visitor import Shown, Visitor, code_in, link_in, responder
from tests.support.canary import ADDRESS, SENTENCE, names_the_person, tells_the_sentence


@pytest.fixture
def account() -> Account:
    contacts = {"announcements": [ADDRESS], "approvals": [ADDRESS], "calendar": []}
    found = Account(ses=Ses(contacts=contacts), environment=ANSWERING)
    found.announce(envelope(status="submitted"))
    found.settle()
    return found


def every_page(account: Account) -> list[Shown]:
    """What one sees who approves with a code, rejects, chooses, subscribes, and has bad links."""
    who = Visitor(responder(account), link_in(account.ses.mails[0]))
    word = who.choose("approved", comment=SENTENCE)
    wrong = who.confirm(word, "nope")
    coded = who.confirm(word, "APPROVE")
    account.send()
    bad_code = who.send(coded.forms[0], code="1")
    done = who.send(coded.forms[0], code=code_in(account.ses.mails[-1]))
    shown = who.open()
    (path,) = [link for link in shown.links if link.startswith("/p/")]
    (feed,) = [link for link in shown.links if "/f/" in link]
    settings = who.request("GET", path)
    chosen = who.send(settings.forms[0], calendar="OPT_IN")
    kept = who.confirm(chosen, "CHANGE")
    token = who.link.rpartition("/")[2]
    grants = read(parse_keyring(KEYRING), token, Scope.RESPOND, "acme", account.clock.now)
    view = issue(parse_keyring(KEYRING), replace(grants, scope=Scope.VIEW))
    feeds = [who.open(feed.replace(".ics", kind)) for kind in (".ics", ".json", ".atom")]
    return [
        word, wrong, coded, bad_code, done, shown, settings, chosen, kept, *feeds,
        who.request("GET", f"/v/{view}"), who.request("GET", "/c/nonsense"),
        who.request("PUT", f"/c/{token}"), who.request("POST", f"/c/{token}", "{}"),
    ]  # fmt: skip


def test_only_mails_recipients_and_nothing_else_name_who_answered(
    account: Account, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", logger="changecast"):
        pages = every_page(account)
        account.settle()
    assert len([page for page in pages if page.status == 200]) >= 10
    for page in pages:
        assert not names_the_person(page.body)
        assert not names_the_person(page.headers)

    logged = capsys.readouterr().out + str([record.__dict__ for record in caplog.records])
    assert "responded" in logged
    assert not names_the_person(logged)
    assert not tells_the_sentence(logged)

    answers = [one for one in account.events.reports() if "response" in one]
    assert [one["comment"] for one in answers] == [SENTENCE]
    assert not names_the_person(account.events.entries)

    queued = [message.body for url in ("preferences", "reports", "deliveries")
              for message in account.sqs.queue(url)]  # fmt: skip
    assert queued
    assert not tells_the_sentence(queued)

    items: list[Any] = [decode(item) for item in account.table.items.values()]
    named = [item for item in items if names_the_person(item)]
    assert named
    assert all(str(item["sk"]).startswith("r#") for item in named)
    assert {item["comment"] for item in items if "comment" in item} == {SENTENCE}
