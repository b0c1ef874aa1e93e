"""`changecast contacts set`: the language and the time zone of one person's mails."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from changecast.customer.ledger.preferences import choose, read_preference, read_preferences
from changecast.customer.ledger.schema import mailbox_of
from changecast.customer.ledger.table import Ledger
from changecast_cli.contacts import account, people, reading
from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.command import app
from changecast_cli.contacts.records import Contact
from changecast_cli.contacts.write import create
from changecast_cli.failures import Refused
from testbed.doubles.account import Account

ANA = "ana@acme.example"
Run = Callable[..., Result]


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    found = Account().ledger
    for module in (reading, people):
        monkeypatch.setattr(module, "ledger_of", lambda _: found)
    return found


@pytest.fixture
def contacts(here: OpenList, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(account, "session_for", lambda *_: here.session)
    monkeypatch.setattr(account, "outputs_of", lambda _: {"ContactListName": here.name})
    create(here, Contact("Ana@acme.example"))
    return lambda *words: CliRunner().invoke(app, [*words])


def reads(ledger: Ledger) -> tuple[str, str]:
    found = read_preferences(ledger)[mailbox_of(ANA)]
    return found.language, found.timezone


def test_each_setting_is_set_by_itself_and_shown(contacts: Run, ledger: Ledger) -> None:
    done = contacts("set", "ANA@acme.example", "--language", "de")
    assert "language de, time zone the customer's own" in done.output
    contacts("set", ANA, "--timezone", "Asia/Tokyo")
    assert reads(ledger) == ("de", "Asia/Tokyo")
    assert "language de, time zone Asia/Tokyo" in contacts("show", ANA).output
    shown = json.loads(contacts("show", ANA, "--json").output)
    assert (shown["language"], shown["timezone"]) == ("de", "Asia/Tokyo")
    contacts("set", ANA, "--language", "default")
    assert reads(ledger) == ("", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing to set"),
        (["--language", "sv"], "choose one of de, en, es"),
        (["--language", "DE"], "no mails in 'DE'"),
        (["--language", ""], "nothing to set"),
        (["--timezone", "Mars/Olympus"], "not an IANA time zone"),
        (["--timezone", "CET+1"], "not an IANA time zone"),
    ],
)
def test_what_is_no_language_and_no_zone_is_refused(
    contacts: Run, ledger: Ledger, words: list[str], said: str
) -> None:
    done = contacts("set", ANA, *words)
    assert isinstance(done.exception, Refused)
    assert said in str(done.exception)
    assert read_preferences(ledger) == {}


def test_what_somebody_else_set_meanwhile_is_not_overwritten(
    contacts: Run, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def and_then_another(where: Ledger, address: str) -> object:
        found = read_preference(where, address)
        assert choose(where, found.choosing(1.0, language="fr"))
        return found

    monkeypatch.setattr(reading, "read_preference", and_then_another)
    assert "changed just now" in str(contacts("set", ANA, "--language", "de").exception)
    assert reads(ledger) == ("fr", "")
