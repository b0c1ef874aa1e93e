"""The recipient's own gaps: filled exactly there, whatever the texts of the mail are."""

import json
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from changecast.contract.change import Change
from changecast.customer.compose.variants import compose
from changecast.customer.mailing import MailKind, Variant
from changecast.customer.renderings.splice import ATTENDEE, TO, dump, is_plain, load, splice
from tests.support.builders import NOW, change
from tests.support.mails import (
    READER,
    brand,
    calendars_of,
    event_of,
    html_of,
    mail,
    mailing,
    raw_mail,
    text_of,
)

MAILING = mailing(MailKind.ANNOUNCEMENT)
INVITATION = load(
    compose(change(), MAILING, brand(), previous=None, now=NOW)[Variant.FULL_CALENDAR]
)
PLAIN = st.from_regex(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,30}(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,30})?"
    r"@[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?\.example",
    fullmatch=True,
)


@pytest.mark.parametrize(
    "address",
    [
        "", "@", "a@", "@b.example", "a b@c.example", "a@b@c.example", "a@b.example\r\nBcc: x@y.z",
        "a@b.example\n", '"a b"@c.example', "jö@c.example", "a@bücher.example", "a,b@c.example",
        "a@b.example, c@d.example", "<a@b.example>", "a;b@c.example", "a:b@c.example",
        f"{'x' * 65}@b.example", f"a@{'x' * 256}", "a(b)@c.example", "a\0@b.example",
    ],
)  # fmt: skip
def test_an_address_that_would_have_to_be_escaped_is_refused(address: str) -> None:
    assert not is_plain(address)
    with pytest.raises(ValueError, match="not plain"):
        splice(load(dump(b"To: MARK\r\n", {TO: "MARK"})), address)


@settings(max_examples=40)
@given(PLAIN)
def test_any_plain_address_reads_back_from_header_and_calendar(address: str) -> None:
    message = message_from_bytes(splice(INVITATION, address), policy=default)
    assert [each.addr_spec for each in message["To"].addresses] == [address]
    (calendar,) = calendars_of(message)
    # RFC 6068 §2: percent-encoding inside a mailto address.
    assert unquote(event_of(calendar)["ATTENDEE"]) == f"mailto:{address}"


def test_what_a_mailto_address_cannot_hold_is_percent_encoded() -> None:
    assert b"\r\n a%2Fb%3Fc%26d%3De%25f%23g@acme.example\r\n" in (
        splice(INVITATION, "a/b?c&d=e%f#g@acme.example")
    )


def test_only_the_recipient_differs_between_two_mails() -> None:
    one, two = raw_mail(to="one@acme.example"), raw_mail(to="two@acme.example")
    assert one.replace(b"one@acme.example", b"two@acme.example") == two


def test_a_rendering_holds_no_address() -> None:
    body = dump(b"To: MARK\r\n\r\nmailto:\r\n OTHER\r\n", {TO: "MARK", ATTENDEE: "OTHER"})
    assert json.loads(body) == {
        "parts": ["To: ", "\r\n\r\nmailto:\r\n ", "\r\n"],
        "gaps": ["to", "attendee"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "changecast-to-0123456789abcdef0123456789abcdef@changecast.invalid",
        "attendee-0123456789abcdef0123456789abcdef",
        "@@CHANGECAST-TO@@ @@CHANGECAST-ATTENDEE@@",
        '"gaps": ["to"]',
        "recipient@changecast.invalid",
    ],
)
def test_text_that_looks_like_a_mark_stays_text(text: str) -> None:
    message = mail(about=change(title=text, reason=text, customer_impact=text))
    assert READER not in text_of(message)
    assert READER not in str(message["Subject"])
    assert text in text_of(message)


def test_the_marks_of_one_mail_are_text_in_the_next() -> None:
    """Nobody who has seen a rendering can write a document that its marks would hit."""
    seen = next(iter(compose(change(), MAILING, brand(), previous=None, now=NOW).values()))
    message = mail(about=change(reason=seen.decode()))
    assert READER not in text_of(message)


OWN_PAGE = "https://answers.acme.example/c/" + "AbC-_9" * 40


@pytest.mark.parametrize("kind", [MailKind.APPROVAL_REQUEST, MailKind.ANNOUNCEMENT])
def test_each_reader_is_led_to_a_page_of_its_own(kind: MailKind) -> None:
    about = change(status="submitted" if kind is MailKind.APPROVAL_REQUEST else "approved")
    message = _answerable(kind, about, OWN_PAGE)
    assert html_of(message).count(f'"{OWN_PAGE}"') == 1
    assert f"\n{OWN_PAGE}\n" in text_of(message)
    assert "respond.invalid" not in message.as_string()
    assert OWN_PAGE not in "".join(map(str, calendars_of(message)))


def test_a_whole_text_that_is_handed_on_leads_to_nobodys_page() -> None:
    message = _answerable(MailKind.ANNOUNCEMENT, change(reason="long " * 19_000), OWN_PAGE)
    (attached,) = (part for part in message.walk() if part.get_filename() == "CHG-1.txt")
    assert OWN_PAGE in text_of(message)
    assert OWN_PAGE not in attached.get_content()
    assert "respond.invalid" not in attached.get_content()


@pytest.mark.parametrize("kind", [MailKind.COMPLETED, MailKind.CANCELLED, MailKind.WITHDRAWN])
def test_what_is_over_asks_for_no_answer(kind: MailKind) -> None:
    assert OWN_PAGE not in _answerable(kind, change(), OWN_PAGE).as_string()


@pytest.mark.parametrize(
    "page", ["", "http://a.example/c/1", 'https://a.example/"x', "https://a=b"]
)
def test_a_page_that_cannot_stand_in_a_mail_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="reader's own page"):
        _answerable(MailKind.ANNOUNCEMENT, change(), page)


def test_no_document_can_ask_for_a_readers_page() -> None:
    rendering = load(_renderings(MailKind.ANNOUNCEMENT, change())[Variant.FULL])
    assert "response" in rendering.gaps
    for text in ("https://respond.invalid/", "https://respond.invalid/" + "0" * 32):
        about = change(reason=text, links=[{"title": "x", "url": text}])
        said = _answerable(MailKind.ANNOUNCEMENT, about, OWN_PAGE)
        assert html_of(said).count(OWN_PAGE) == 1


def _renderings(kind: MailKind, about: Change) -> dict[Variant, bytes]:
    acme = brand(responses=True)
    return compose(about, mailing(kind), acme, previous=None, now=NOW)


def _answerable(kind: MailKind, about: Change, page: str) -> EmailMessage:
    renderings = _renderings(kind, about)
    chosen = renderings.get(Variant.FULL_CALENDAR) or renderings[Variant.FULL]
    parsed = message_from_bytes(splice(load(chosen), READER, page), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed
