"""The page in a real browser on a phone: a person can answer, a mail scanner cannot."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from changecast.customer.compose.words import languages, words_in
from changecast.customer.ledger.answers import answers_to
from testbed.doubles.account import Account
from testbed.doubles.announcements import envelope
from testbed.doubles.visitor import code_in
from tests.integration.responding.conftest import ANA, visitor
from tests.support.page_server import served
from tests.support.programs import node

WORDS = {
    "en": ("Approve", "APPROVE", "Confirm", "Your answer is recorded."),
    "de": ("Freigeben", "FREIGEBEN", "Bestätigen", "Ihre Antwort ist gespeichert."),
}


@pytest.fixture
def where(account: Account) -> Iterator[str]:
    def code() -> str:
        account.send()
        return code_in([mail for mail in account.ses.mails if mail.to == ANA][-1])

    with served(visitor(account).responder, code) as address:
        yield address


def link_at(account: Account, where: str) -> str:
    return f"{where}{urlsplit(visitor(account).link).path}"


@pytest.mark.parametrize(
    ("account", "dark"),
    [({"LANGUAGE": "en"}, False), ({"LANGUAGE": "de"}, True)],
    indirect=["account"],
)
def test_a_person_approves_on_a_phone(account: Account, where: str, dark: bool) -> None:
    approve, word, confirm, done = WORDS["de" if dark else "en"]
    steps = [
        {"press": approve},
        {"fill": [["word", word.lower()]], "press": confirm},
        {"code": f"{where}/code", "press": confirm},
    ]
    job = {"do": "person", "link": link_at(account, where), "steps": steps, "dark": dark}

    seen: Any = node("answer.mjs", job)

    assert done in seen["texts"][-1]
    assert [one.response for one in answers_to(account.ledger, "CHG1")] == ["approved"]
    assert (seen["faults"], seen["blocked"], seen["requests"]) == ([], [], [])
    assert max(seen["widths"]) <= 0


def test_a_person_asks_for_another_time(account: Account, where: str) -> None:
    ask = "Ask for another time"
    times = [["start1", "2027-03-08T23:00"], ["end1", "2027-03-09T01:00"]]
    steps = [
        {"open": ask, "fill": times, "press": "Continue"},
        {"fill": [["word", "move"]], "press": "Confirm"},
    ]
    seen: Any = node(
        "answer.mjs", {"do": "person", "link": link_at(account, where), "steps": steps}
    )

    assert "Your answer is recorded." in seen["texts"][-1]
    (answer,) = answers_to(account.ledger, "CHG1")
    assert len(answer.windows) == 1
    assert seen["faults"] == []


def chooser_at(account: Account, where: str) -> str:
    """The page on which Ana chooses what she is sent."""
    (path,) = [link for link in visitor(account).open().links if link.startswith("/p/")]
    return where + path


def test_a_person_chooses_emails_and_language_on_a_phone(account: Account, where: str) -> None:
    choices = [["approvals", "OPT_OUT"], ["language", "de"], ["timezone", "Asia/Tokyo"]]
    steps = [
        {"select": choices, "press": "Continue"},
        {"fill": [["word", "change"]], "press": "Confirm"},
    ]
    job = {"do": "person", "link": chooser_at(account, where), "steps": steps}

    seen: Any = node("answer.mjs", job)

    assert "Your choices are recorded." in seen["texts"][-1]
    (message,) = account.sqs.queue("preferences")
    assert json.loads(message.body)["chosen"]["settings"] == dict(choices)
    assert (seen["faults"], seen["blocked"], seen["requests"]) == ([], [], [])
    assert max(seen["widths"]) <= 0


def test_a_mail_scanner_unsubscribes_nobody(account: Account, where: str) -> None:
    items = dict(account.table.items)
    job = {"do": "scan", "link": chooser_at(account, where), "rounds": 2}

    seen: Any = node("answer.mjs", job)

    assert seen["pages"] > 2 * 2
    assert account.sqs.queue("preferences") == []
    assert account.table.items == items


def test_a_mail_scanner_leaves_no_answer_and_costs_no_mail(account: Account, where: str) -> None:
    """It follows every link, and fills and sends every form, three times over."""
    mails, items = len(account.ses.mails), dict(account.table.items)

    seen: Any = node("answer.mjs", {"do": "scan", "link": link_at(account, where), "rounds": 3})

    assert seen["pages"] > 3 * 5
    assert answers_to(account.ledger, "CHG1") == []
    assert account.table.items == items
    account.send()
    assert len(account.ses.mails) == mails


@pytest.mark.parametrize(
    "account",
    [{"LANGUAGE": language} for language in languages()],
    ids=languages(),
    indirect=True,
)
def test_the_agenda_is_readable_and_accessible_in_every_language(
    account: Account, where: str
) -> None:
    account.clock.now = datetime(2027, 3, 1, tzinfo=UTC).timestamp()
    more = envelope(change_id="CHG2", start="2027-03-05T08:00:00Z", event_id=str(uuid4()))
    account.announce(more)
    account.settle()
    words = words_in(account.environment["LANGUAGE"])

    job = {"do": "person", "link": link_at(account, where), "steps": []}
    seen: Any = node("answer.mjs", job)

    (text,) = seen["texts"]
    assert words("page", "agenda").format(days=14) in text
    assert words("page", "this_change") in text
    assert words("page", "open_changes") not in text
    assert (seen["faults"], seen["blocked"]) == ([], [])
    assert max(seen["widths"]) <= 0
