"""Mails in the language and time zone that their readers chose."""

import email
from email.policy import default
from typing import Any

import pytest

from changecast.customer.compose.brand import Brand
from changecast.customer.ledger.preferences import Preference, choose, read_preferences
from changecast.customer.ledger.schema import mailbox_of
from changecast.customer.planning.looks import MOST, looks_of
from testbed.doubles.account import ANSWERING, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import SentMail, Ses
from testbed.doubles.visitor import plain_of

ANA, BOB, EVA, KAI = (f"{name}@acme.example" for name in ("ana", "bob", "eva", "kai"))
CONTACTS = {"announcements": [ANA, BOB, EVA], "approvals": [ANA, BOB], "calendar": [EVA, KAI]}


def chosen(account: Account, address: str, language: str = "", timezone: str = "") -> None:
    assert choose(account.ledger, Preference(mailbox_of(address), language, timezone))


@pytest.fixture
def account() -> Account:
    found = Account(ses=Ses(contacts=CONTACTS))
    chosen(found, BOB, "de", "Asia/Tokyo")
    chosen(found, EVA, "es")
    chosen(found, KAI, timezone="Asia/Tokyo")
    return found


def mails(account: Account) -> dict[str, SentMail]:
    account.settle()
    return {mail.to: mail for mail in account.ses.mails}


def languages(found: dict[str, SentMail]) -> dict[str, Any]:
    return {
        to.partition("@")[0]: email.message_from_bytes(mail.raw, policy=default)["Content-Language"]
        for to, mail in found.items()
    }


def test_each_reads_their_own_language_and_clock_and_the_others_the_customers(
    account: Account,
) -> None:
    account.announce(envelope())
    found = mails(account)
    assert languages(found) == {"ana": "en", "bob": "de", "eva": "es", "kai": "en"}
    assert "Saturday 6 March 2027, 23:00" in plain_of(found[ANA])
    assert "Sonntag, 7. März 2027, 07:00" in plain_of(found[BOB])
    assert "6 de marzo de 2027, 23:00" in plain_of(found[EVA])
    assert "Sunday 7 March 2027, 07:00" in plain_of(found[KAI])
    assert {mail.topic for mail in found.values()} == {"announcements", "calendar"}
    assert found[KAI].topic == "calendar"
    assert account.states("CHG1") == dict.fromkeys((ANA, BOB, EVA, KAI), "SENT")


def test_an_update_says_what_changed_in_the_readers_language(account: Account) -> None:
    account.announce(envelope())
    mails(account)
    account.announce(envelope(2, impact="The shop is down."))
    text = plain_of(mails(account)[BOB])
    assert "Was sich geändert hat" in text
    assert "The shop is read-only." in text


def test_answers_that_are_switched_off_leave_the_reader_the_language() -> None:
    account = Account(ses=Ses(contacts=CONTACTS), environment=ANSWERING)
    chosen(account, BOB, "de")
    account.announce(envelope(status="submitted"))
    account.plan()
    account.environment = {}
    account.start()
    found = mails(account)
    assert languages(found)["bob"] == "de"
    assert "https://" not in plain_of(found[BOB])


def test_what_is_kept_of_a_run_is_kept_as_long_as_the_next_one(account: Account) -> None:
    account.announce(envelope())
    mails(account)
    account.announce(envelope(2, hours=24 * 300))
    mails(account)
    run = account.run("CHG1").run
    kept = {name: tags["keep-days"] for name, tags in account.s3.tags.items() if f"/{run}/" in name}
    assert any("@de@Asia/Tokyo" in name for name in kept)
    assert set(kept.values()) == {"512"}


def test_of_two_choices_at_once_one_is_refused(account: Account) -> None:
    first = Preference(mailbox_of(ANA)).choosing(100.0, language="fr")
    assert choose(account.ledger, first)
    assert not choose(account.ledger, first.choosing(200.0, timezone="UTC"))
    known = read_preferences(account.ledger)[mailbox_of(ANA)]
    assert choose(account.ledger, known.choosing(200.0, timezone="UTC"))
    after = read_preferences(account.ledger)[mailbox_of(ANA)]
    assert (after.language, after.timezone) == ("fr", "UTC")
    assert after.chosen_at == {"language": 100.0, "timezone": 200.0}


BRAND = Brand("acme", "Acme", "c@acme.example", "Acme", "", "en", "Europe/Madrid")


@pytest.mark.parametrize(
    ("language", "timezone"),
    [("", ""), ("en", ""), ("en", "Europe/Madrid"), ("xx", "Moon/Base"), ("../de", "../../etc")],
)
def test_what_is_the_customers_own_or_unknown_is_no_look(language: str, timezone: str) -> None:
    preference = {mailbox_of(ANA): Preference(mailbox_of(ANA), language, timezone)}
    assert looks_of([ANA, BOB], preference, BRAND).own == {}


def test_beyond_forty_looks_the_rarest_get_the_customers_own() -> None:
    zones = [f"Etc/GMT+{n}" for n in range(1, 13)] + [f"Etc/GMT-{n}" for n in range(1, 15)]
    pairs = [(language, zone) for language in ("de", "fr") for zone in zones][: MOST + 5]
    people = [f"p{n}@acme.example" for n in range(len(pairs) + 100)]
    looks = [*pairs, *[("it", "Asia/Tokyo")] * 100]
    rows = [Preference(mailbox_of(to), *look) for to, look in zip(people, looks, strict=True)]
    found = looks_of(people, {row.mailbox: row for row in rows}, BRAND)
    assert len(found.in_use) == MOST
    assert found.beyond == 6
    assert [*map(tuple, found.own.values())].count(("it", "Asia/Tokyo")) == 100
