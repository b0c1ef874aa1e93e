"""The mail as MIME: its parts, its headers, its transfer encoding."""

import re
from email import message_from_bytes

import pytest

from changecast.customer.mailing import MailKind, Variant
from tests.support.builders import change
from tests.support.mails import READER, mail, raw_mail


def types(message: object) -> list[str]:
    return [part.get_content_type() for part in message.walk()]  # type: ignore[attr-defined]


def test_text_html_and_calendar_are_alternatives_and_the_calendar_is_last() -> None:
    assert types(mail()) == [
        "multipart/alternative", "text/plain", "text/html", "text/calendar",
    ]  # fmt: skip
    assert types(mail(variant=Variant.FULL)) == [
        "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip


def test_the_headers_are_those_of_an_automatic_mail_of_this_list() -> None:
    message = mail()
    assert message["From"] == "Provider operations <changes@mail.acme.example>"
    assert message["To"] == READER
    assert message["Reply-To"] == "desk@provider.example"
    assert message["List-Id"] == "<announcements.acme.mail.acme.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["MIME-Version"] == "1.0"
    assert message["Message-ID"] is None
    assert message["Bcc"] is None


def test_approval_mails_have_a_list_of_their_own() -> None:
    message = mail(MailKind.APPROVAL_REQUEST, change(status="submitted"))
    assert message["List-Id"] == "<approvals.acme.mail.acme.example>"


def test_all_mails_of_a_change_are_one_thread_from_the_first_on() -> None:
    first = mail(MailKind.APPROVAL_REQUEST, change(status="submitted"))
    later = mail(MailKind.CANCELLED, change(revision=9, status="cancelled"), to="al@acme.example")
    other = mail(about=change(change_id="CHG-2"))
    theirs = mail(customer="globex")
    assert re.fullmatch(r"<changecast\.[0-9a-f]{32}@mail\.acme\.example>", first["References"])
    for header in ("References", "In-Reply-To"):
        assert first[header] == later[header]
        assert first[header] != other[header]
        assert first[header] != theirs[header]
    assert "[CHG-1]" in first["Subject"]
    assert "[CHG-1]" in later["Subject"]


def test_nothing_but_ascii_travels_in_lines_of_at_most_998_octets() -> None:
    raw = raw_mail(about=change(title="Größe – 大きさ", reason="ü" * 5_000, test_plan="x" * 5_000))
    raw.decode("ascii")
    assert b"\0" not in raw
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.count(b"\n") == raw.count(b"\r\n")
    body = raw.partition(b"\r\n\r\n")[2]
    assert max(len(line) for line in body.split(b"\r\n")) <= 78


def test_the_unsubscribe_placeholder_stands_unbroken_once_in_text_and_once_in_html() -> None:
    assert raw_mail().count(b"\r\n{{amazonSESUnsubscribeUrl}}\r\n") == 1
    assert raw_mail().count(b'\r\n"{{amazonSESUnsubscribeUrl}}"\r\n') == 1
    assert raw_mail().count(b"{{") == 2


@pytest.mark.parametrize(
    "name",
    ["Bär & Söhne", 'Acme "Ops" <x>', "Acme, Inc.", "back\\slash", "=?utf-8?q?x?=", "運用"],
)
def test_any_sender_name_arrives_as_it_is(name: str) -> None:
    message = mail(sender_name=name)
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "changes@mail.acme.example")


def test_a_line_break_in_a_setting_makes_no_header() -> None:
    message = mail(sender_name="Ops\r\nBcc: eve@evil.example\u2028x")
    assert message["Bcc"] is None
    assert message["From"].addresses[0].display_name == "Ops Bcc: eve@evil.example x"


def test_a_contact_that_is_no_address_is_no_reply_to() -> None:
    assert mail(support_contact="Call 555 0100")["Reply-To"] is None


def test_the_same_change_composes_to_the_same_bytes() -> None:
    assert raw_mail() == raw_mail()


def test_a_plain_parser_of_old_reads_it_too() -> None:
    message = message_from_bytes(raw_mail())
    assert message.is_multipart()
    assert message.get_payload()[0].get_content_charset() == "utf-8"  # type: ignore[union-attr,index]
