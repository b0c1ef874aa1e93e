"""People choose for themselves: the link in a delivered mail takes out exactly who follows it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_string, policy
from typing import Any
from urllib.request import Request, urlopen

from tests.support.provider import Provider, document

PEOPLE = {f"person{n}@acme.example" for n in range(1, 6)}


def link_of(mail: dict[str, Any]) -> str:
    """The link that a reader sees, which must be the one of the header too (RFC 8058)."""
    raw = message_from_string(mail["raw"], policy=policy.default)
    (header,) = re.findall("<(http[^>]+)>", str(raw["List-Unsubscribe"]))
    assert raw["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert header in mail["text"]
    return str(header)


def fetch(url: str, body: bytes | None = None) -> str:
    with urlopen(Request(url, body)) as answer:
        page: bytes = answer.read()
        return page.decode()


@contextmanager
def restored(provider: Provider, address: str) -> Iterator[None]:
    """Other tests count on everybody's choices."""
    ses = provider.preparing("acme").client("sesv2")
    before = ses.get_contact(ContactListName="changecast", EmailAddress=address)
    try:
        yield
    finally:
        ses.update_contact(
            ContactListName="changecast",
            EmailAddress=address,
            TopicPreferences=before["TopicPreferences"],
            UnsubscribeAll=False,
        )


def told(provider: Provider) -> set[str]:
    run = provider.announce_and_wait(document(customers=["acme"]))
    assert run["customers"]["acme"]["state"] == "sent"
    return {mail["to"] for mail in provider.mails(run["change_id"], "acme")}


def link_for(provider: Provider, address: str) -> str:
    run = provider.announce_and_wait(document(customers=["acme"]))
    mails = provider.mails(run["change_id"], "acme")
    return link_of(next(mail for mail in mails if mail["to"] == address))


def test_the_page_behind_the_link_takes_one_person_out_of_one_topic(provider: Provider) -> None:
    with restored(provider, "person2@acme.example"):
        link = link_for(provider, "person2@acme.example")
        assert "person2@acme.example" in fetch(link)
        assert told(provider) == PEOPLE, "looking at the page changes nothing"
        fetch(link, b"topic=approvals&topic=calendar")
        assert told(provider) == PEOPLE, "people who keep the calendar get the entry"
        fetch(link, b"topic=approvals")
        assert told(provider) == PEOPLE - {"person2@acme.example"}
        asked = provider.announce_and_wait(document(customers=["acme"], status="submitted"))
        approvals = {mail["to"] for mail in provider.mails(asked["change_id"], "acme")}
        assert approvals == PEOPLE, "the other topic goes on"


def test_one_click_takes_one_person_out_of_the_mails_topic(provider: Provider) -> None:
    with restored(provider, "person3@acme.example"):
        fetch(link_for(provider, "person3@acme.example"), b"List-Unsubscribe=One-Click")
        assert told(provider) == PEOPLE, "the calendar is a topic of its own, with its own link"
        fetch(link_for(provider, "person3@acme.example"), b"List-Unsubscribe=One-Click")
        assert told(provider) == PEOPLE - {"person3@acme.example"}
