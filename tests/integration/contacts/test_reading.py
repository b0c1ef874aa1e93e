"""Languages and time zones of people's mails: set one by one, by files, and in copies."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from changecast.customer.ledger.preferences import (
    Preference,
    choose,
    read_preference,
    read_preferences,
)
from changecast.customer.ledger.schema import mailbox_of
from changecast.customer.ledger.table import Ledger
from changecast_cli.contacts import account, apply_import, backup, copies, people, reading
from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.command import app
from changecast_cli.contacts.records import Contact, every_contact
from changecast_cli.contacts.write import create
from changecast_cli.failures import Refused
from testbed.doubles.account import Account

ANA = "ana@acme.example"
Run = Callable[..., Result]


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    found = Account().ledger
    for module in (reading, people, apply_import, copies, backup):
        monkeypatch.setattr(module, "ledger_of", lambda _: found)
    return found


@pytest.fixture
def contacts(
    here: OpenList, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(account, "session_for", lambda *_: here.session)
    monkeypatch.setattr(account, "outputs_of", lambda _: {"ContactListName": here.name})
    create(here, Contact("Ana@acme.example"))
    return lambda *words: CliRunner().invoke(app, [*words])


def reads(ledger: Ledger, address: str = ANA) -> tuple[str, str]:
    found = read_preference(ledger, address)
    return found.language, found.timezone


def imported(contacts: Run, text: str, *words: str) -> Any:
    Path("people.csv").write_text(text, "utf-8")
    done = contacts("import", "people.csv", "--json", "--per-second", "1000", *words)
    assert done.exit_code in (0, 2), done.output
    return json.loads(done.stdout)


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
        (["--language", "dech"], "not available in 'dech'"),
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


PEOPLE = """email;Sprache;Time Zone;announcements
Ana@acme.example;de_AT;europe/vienna;yes
ben@acme.example;Deutsch;;yes
cid@acme.example;;;yes
dot@acme.example;pl;Europe/Warsaw;yes
eva@acme.example;pt-br;default;no
fay@acme.example;EN;W. Europe Standard Time;yes
"""


def test_a_file_sets_languages_and_zones_and_refuses_what_nobody_can_read(
    contacts: Run, ledger: Ledger
) -> None:
    done = imported(contacts, PEOPLE, "--apply")
    assert done["settings"] == {
        "Ana@acme.example": {"language": "de", "timezone": "Europe/Vienna"},
        "ben@acme.example": {"language": "de"},
        "eva@acme.example": {"language": "pt-BR"},
    }
    assert reads(ledger) == ("de", "Europe/Vienna")
    assert reads(ledger, "cid@acme.example") == ("", "")
    refused = {one["text"]: one["reason"] for one in done["refused"]}
    assert "not available in 'pl': choose one of de, en" in refused["dot@acme.example"]
    assert "'W. Europe Standard Time' is not an IANA time zone" in refused["fay@acme.example"]
    assert len(refused) == 2
    assert done["columns_not_read"] == []


def test_a_file_is_only_reported_on_without_apply(contacts: Run, ledger: Ledger) -> None:
    imported(contacts, PEOPLE)
    assert read_preferences(ledger) == {}


def test_the_same_file_again_changes_nothing(contacts: Run, ledger: Ledger) -> None:
    imported(contacts, PEOPLE, "--apply")
    before = read_preferences(ledger)
    again = imported(contacts, PEOPLE, "--apply")
    assert (again["settings"], again["changed"]) == ({}, [])
    assert read_preferences(ledger) == before


def test_who_is_on_the_list_already_changes_by_a_language_alone(
    contacts: Run, ledger: Ledger
) -> None:
    done = imported(contacts, f"email,language\n{ANA},nl\n", "--apply")
    assert done["changed"] == ["Ana@acme.example"]
    assert [(one["result"], one["reason"]) for one in done["lines"]] == [("changed", "language nl")]
    assert reads(ledger) == ("nl", "")


def test_what_a_person_chose_stays_and_is_named(contacts: Run, ledger: Ledger) -> None:
    chosen = Preference(mailbox_of(ANA)).choosing(1.0, language="fr")
    assert choose(ledger, chosen)
    done = imported(contacts, f"email,language,tz\n{ANA},de,Asia/Tokyo\n", "--apply")
    (line,) = done["lines"]
    assert line["reason"] == "time zone Asia/Tokyo; keeps language fr, which was chosen before"
    assert reads(ledger) == ("fr", "Asia/Tokyo")
    later = imported(contacts, f"email,language,tz\n{ANA},default,default\n", "--apply")
    assert later["settings"] == {}
    assert reads(ledger) == ("fr", "Asia/Tokyo")


def test_who_went_back_to_the_customers_language_keeps_that(contacts: Run, ledger: Ledger) -> None:
    contacts("set", ANA, "--language", "default")
    done = imported(contacts, f"email,language\n{ANA},de\n", "--apply")
    assert "keeps language default, which was chosen before" in done["lines"][0]["reason"]
    assert reads(ledger) == ("", "")


def test_of_two_lines_about_a_person_the_first_counts_and_the_other_is_named(
    contacts: Run, ledger: Ledger
) -> None:
    text = "email,language,tz\nzoe@acme.example,de,\nZOE@acme.example,fr,Asia/Tokyo\n"
    done = imported(contacts, text, "--apply")
    assert reads(ledger, "zoe@acme.example") == ("de", "Asia/Tokyo")
    (again,) = [one for one in done["lines"] if one["result"] == "repeated"]
    assert "language de is used, not fr" in again["reason"]


def test_a_choice_that_is_made_while_a_file_is_imported_counts(
    contacts: Run, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def and_then_another(where: Ledger) -> dict[str, Preference]:
        found = read_preferences(where)
        assert choose(where, Preference(mailbox_of(ANA)).choosing(1.0, language="fr"))
        return found

    monkeypatch.setattr(apply_import, "read_preferences", and_then_another)
    done = imported(contacts, f"email,language\n{ANA},de\n", "--apply")
    assert done["meanwhile"] == [ANA]
    assert reads(ledger) == ("fr", "")


def test_without_a_ledger_a_file_with_languages_adds_nobody(
    contacts: Run, here: OpenList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply_import, "ledger_of", lambda _: None)
    Path("people.csv").write_text("email,language\nzoe@acme.example,de\n", "utf-8")
    done = contacts("import", "people.csv", "--apply")
    assert "LedgerTable" in str(done.exception)
    assert [one.address for one in every_contact(here)] == ["Ana@acme.example"]


def test_an_export_is_imported_back_with_languages_and_zones(
    contacts: Run, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts("set", ANA, "--language", "pt-BR", "--timezone", "Pacific/Chatham")
    text = contacts("export").stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["language"], row["timezone"]) == ("pt-BR", "Pacific/Chatham")
    fresh = Account().ledger
    monkeypatch.setattr(apply_import, "ledger_of", lambda _: fresh)
    imported(contacts, text, "--apply")
    assert reads(fresh) == ("pt-BR", "Pacific/Chatham")


def test_a_backup_brings_languages_and_zones_back_and_undoes_no_choice(
    here: OpenList, contacts: Run, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts("set", ANA, "--language", "de", "--timezone", "Asia/Tokyo")
    made = json.loads(json.dumps(backup.backup(here, attributes=False)))
    fresh = Account().ledger
    assert choose(fresh, Preference(mailbox_of(ANA)).choosing(1.0, language="fr"))
    monkeypatch.setattr(backup, "ledger_of", lambda _: fresh)
    plan = backup.planned_restore(here, made)
    assert "languages or time zones restored: 1" in plan.lines()
    backup.restore(here, plan)
    assert reads(fresh) == ("fr", "Asia/Tokyo")
    assert backup.planned_restore(here, made).settings == []
