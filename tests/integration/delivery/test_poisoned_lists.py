"""Contact lists full of junk: junk is counted, never mailed, and stops nobody else."""

import random
import resource
import time

import pytest
from email_validator import validate_email

from changecast.customer.planning.recipients import normalise
from changecast.customer.renderings.splice import is_plain
from testbed.doubles.account import ANNOUNCEMENTS, DEAD_LETTERS, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.ses import Ses

# By RFC 5321 §4.1.2 and RFC 5322 §3.4.1; what the standards allow and SES does not is junk too.
TAKEN = [
    "a@b.example", "first.last@b.example", "first+tag@b.example", "!#$%&'*+/=?^_`{|}~-@b.example",
    "o'neil@b.example", "1@2.example", "a@xn--bcher-kva.example", "a@b-c.d-e.example",
    f"{'x' * 64}@b.example", f"a@{'x' * 63}.example", f"a@{'b.' * 122}example",
]  # fmt: skip
JUNK = {
    "nothing": ["", " ", "\t", "@", "..", "a", "a@", "@b.example", "a b", "null", "N/A", "-", "*"],
    "two signs": ["a@b@c.example", "a@@b.example", "@a@b.example", "a@b.example@"],
    "dots": [".a@b.example", "a.@b.example", "a..b@c.example", "a@.b.example", "a@b.example.",
             "a@b..example"],
    "domains": ["a@b", "a@localhost", "a@-b.example", "a@b-.example", "a@b_c.example",
                f"a@{'x' * 64}.example", "a@b.example/", "a@http://b.example"],
    "literals": ["a@[192.0.2.1]", "a@[IPv6:2001:db8::1]", "a@192.0.2.1:25"],
    "quoted": ['"a b"@c.example', '"a"@c.example', '"a\\"b"@c.example', 'a"b"@c.example'],
    "comments": ["(c)a@b.example", "a(c)@b.example", "a@b.example(c)"],
    "names": ["Jo <a@b.example>", "<a@b.example>", "Jo a@b.example", "mailto:a@b.example"],
    "several": ["a@b.example,c@d.example", "a@b.example;c@d.example", "g:a@b.example;",
                "a@b.example c@d.example"],
    "controls": ["a\0@b.example", "a@b.example\r\nBcc: x@c.example", "a\n@b.example",
                 "a\x7f@b.example", "a@b\x1f.example", "a\r@b.example", "\x1b[2Ja@b.example"],
    "letters": ["j\u00f6rg@b.example", "a@b\u00fccher.example", "\u0430@b.example",
                "a@\u0430cme.example", "\u212aim@b.example", "a\uff20b.example", "a@b\u3002example",
                "a\u200b@b.example", "\ufeffa@b.example", "a\u202e@b.example",
                "\U0001f4e7@b.example", "a@b.example\u0301"],
    "halves of letters": ["\ud800@b.example", "a@\udfff.example"],
    "sizes": [f"{'x' * 65}@b.example", f"a@{'b.' * 124}example",
              "x" * 10_000, f"{'x' * 10_000}@b.example", f"a@{'b.' * 5_000}example",
              "@" * 10_000, "\u00e9" * 10_000],
    "code": ["'; DROP TABLE contacts;--", "${jndi:ldap://b.example}",
             "<script>@b.example", "=cmd|'/c calc'!A1", "../../etc/passwd", "%s%n@b.example%00"],
}  # fmt: skip


@pytest.mark.parametrize("address", TAKEN)
def test_what_ses_takes_is_mailed(address: str) -> None:
    assert is_plain(normalise(address))
    validate_email(address, check_deliverability=False, allow_smtputf8=False)


@pytest.mark.parametrize("kind", JUNK)
def test_what_ses_does_not_take_is_not_mailed(kind: str) -> None:
    assert [address for address in JUNK[kind] if is_plain(normalise(address))] == []


def poisoned(contacts: int) -> tuple[list[str], set[str]]:
    """Return a list of contacts, one in ten a person, some of them twice; and the persons."""
    junk = [address for kind in JUNK.values() for address in kind if address.strip()]
    persons = {f"p{number}@acme.example" for number in range(contacts // 10)}
    spelled = [person.upper() for person in sorted(persons) if person[1:3].isdigit()]
    found = [*persons, *spelled, *junk]
    found += [f"{number}{junk[number % len(junk)]}" for number in range(contacts - len(found))]
    random.Random(1).shuffle(found)
    return found, persons


def test_five_thousand_contacts_of_junk_stop_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    _plan_a_poisoned_list(monkeypatch, 5_000)


@pytest.mark.heavy
def test_a_hundred_thousand_contacts_of_junk_stop_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the time and the memory that the template gives the planner, the fake table included."""
    assert _plan_a_poisoned_list(monkeypatch, 100_000) < 300
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1024 * 1024


def _plan_a_poisoned_list(monkeypatch: pytest.MonkeyPatch, contacts: int) -> float:
    """Return the seconds that planning took; all who can be mailed were, the others are counted."""
    monkeypatch.setattr("testbed.doubles.ses.PAGE", 1_000)
    listed, persons = poisoned(contacts)
    junk = {address for address in map(normalise, listed) if address and not is_plain(address)}
    mailed = {address for address in map(normalise, listed) if is_plain(address)}
    account = Account(ses=Ses(contacts={"announcements": listed}))
    account.announce(envelope())
    start = time.monotonic()
    account.plan()
    took = time.monotonic() - start
    assert (account.sqs.queue(ANNOUNCEMENTS), account.sqs.queue(DEAD_LETTERS)) == ([], [])
    account.settle(10)
    assert persons <= mailed
    assert sorted(mail.to for mail in account.ses.mails) == sorted(mailed)
    report = account.events.last_report()
    counts = report["counts"]
    assert (report["state"], counts["sent"], counts["failed"]) == (
        "partial", len(mailed), len(junk),
    )  # fmt: skip
    assert report["reason"]["code"] == "address_not_supported"
    assert report["reason"]["message"].startswith(f"addresses that cannot be mailed: {len(junk)}; ")
    return took


def test_junk_that_fills_whole_batches_pauses_no_run() -> None:
    """Addresses that SES would refuse for one reason, a batch at a time, never reach SES."""
    junk = [f"a..{number}@b.example" for number in range(60)]
    account = Account(ses=Ses(contacts={"announcements": [*junk, "z@acme.example"]}))
    account.announce(envelope())
    account.settle(2)
    assert [mail.to for mail in account.ses.mails] == ["z@acme.example"]
    assert account.events.last_report()["state"] == "partial"


def test_a_letter_that_only_looks_like_one_reaches_nobody_elses_mailbox() -> None:
    """The Kelvin sign in lower case is a plain k."""
    account = Account(ses=Ses(contacts={"announcements": ["\u212aim@acme.example"]}))
    account.announce(envelope())
    account.settle(2)
    assert account.ses.mails == []
    assert account.events.last_report()["state"] == "failed"
