"""What SES changes in a mail before it leaves."""

import email
from email.message import EmailMessage
from email.policy import SMTP, default
from typing import Any

import pytest

from changecast_local import ses as cloud_ses
from changecast_local.ses.composing import AS_IT_CAME
from tests.integration.local.ses.given import ANN, MARK, SENDER, raw, send


def left(account: str) -> EmailMessage:
    (mail,) = cloud_ses.mails(account)
    return email.message_from_bytes(mail["raw"].encode(), policy=default)


def sent(sender: Any, account: str, data: bytes, **changes: Any) -> EmailMessage:
    send(sender, Content={"Raw": {"Data": data}}, **changes)
    return left(account)


def link(message: EmailMessage) -> str:
    return str(message["List-Unsubscribe"]).strip("<>")


def test_the_message_id_is_ses_s_own_whatever_the_caller_wrote(sender: Any, account: str) -> None:
    message_id = send(sender, Content={"Raw": {"Data": raw(Message_ID="<mine@acme.example>")}})
    ids = left(account).get_all("Message-ID")
    assert ids == [f"<{message_id}@eu-central-1.amazonses.com>"]


def test_a_missing_date_is_added_and_a_given_one_stays(sender: Any, account: str) -> None:
    assert sent(sender, account, raw())["Date"].datetime.utcoffset() is not None
    given = "Mon, 01 Jan 2024 00:00:00 +0000"
    send(sender, Content={"Raw": {"Data": raw(Date=given)}})
    last = email.message_from_string(cloud_ses.mails(account)[-1]["raw"], policy=default)
    assert last.get_all("Date") == [given]


def test_the_unsubscribe_headers_replace_those_of_the_caller(sender: Any, account: str) -> None:
    own = raw(List_Unsubscribe="<https://elsewhere.example>", List_Unsubscribe_Post="nonsense")
    message = sent(sender, account, own)
    assert link(message).startswith("http://127.0.0.1:")
    assert len(message.get_all("List-Unsubscribe", [])) == 1
    assert message.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]


def test_without_list_management_nothing_is_added_or_filled_in(sender: Any, account: str) -> None:
    message = sent(sender, account, raw(), ListManagementOptions=None)
    assert message["List-Unsubscribe"] is None
    assert MARK in message.get_content()


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "7bit", "8bit"])
def test_the_placeholder_is_filled_in_whatever_the_transfer_encoding(
    sender: Any, account: str, encoding: str
) -> None:
    text = ("Grüße " if encoding != "7bit" else "Hello ") + f"{'x ' * 25}bye: {MARK} =\nthe end\n"
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = SENDER, ANN, "Bye"
    message.set_content(text, cte=encoding)
    out = sent(sender, account, message.as_bytes())
    assert out["Content-Transfer-Encoding"] == encoding
    assert out.get_content().replace("\r\n", "\n") == text.replace(MARK, link(out))


def test_a_placeholder_that_a_soft_line_break_tears_apart_is_filled_in(
    sender: Any, account: str
) -> None:
    data = raw(text="x" * 60 + MARK + "\n")
    assert MARK.encode() not in data
    out = sent(sender, account, data)
    assert out.get_content().strip() == "x" * 60 + link(out)


def test_html_is_filled_in_and_a_calendar_entry_is_not(sender: Any, account: str) -> None:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = SENDER, ANN, "Bye"
    message.set_content("see the HTML\n", cte="quoted-printable")
    message.add_alternative(f'<a href="{MARK}">bye</a>', subtype="html", cte="base64")
    message.add_alternative(f"X:{MARK}\n", subtype="calendar", cte="quoted-printable")
    sent(sender, account, message.as_bytes())
    (mail,) = cloud_ses.mails(account)
    url = dict(mail["headers"])["List-Unsubscribe"].strip("<>")
    assert mail["html"].strip() == f'<a href="{url}">bye</a>'
    assert mail["attachments"][0]["content"].strip() == f"X:{MARK}"


def test_only_the_first_two_placeholders_are_filled_in(sender: Any, account: str) -> None:
    out = sent(sender, account, raw(text=f"{MARK} {MARK} {MARK}\n"))
    url = link(out)
    assert out.get_content().split() == [url, url, MARK]


def test_bcc_does_not_leave(sender: Any, account: str) -> None:
    data = raw(Bcc="boss@acme.example")
    assert sent(sender, account, data)["Bcc"] is None


def test_what_ses_need_not_touch_leaves_byte_by_byte(sender: Any, account: str) -> None:
    folded = b"X-Folded: one\r\n\ttwo   three\r\n"
    data = folded + raw(References="<thread@acme.example>", text="nothing to fill in\n")
    send(sender, Content={"Raw": {"Data": data}})
    (mail,) = cloud_ses.mails(account)
    head, body = data.split(b"\r\n\r\n", 1)
    assert mail["raw"].encode().startswith(head + b"\r\n")
    assert mail["raw"].encode().endswith(b"\r\n\r\n" + body)


def test_all_line_ends_are_crlf(sender: Any, account: str) -> None:
    send(sender, Content={"Raw": {"Data": raw().replace(b"\r\n", b"\n")}})
    (mail,) = cloud_ses.mails(account)
    assert mail["raw"].count("\n") == mail["raw"].count("\r\n") > 5


def test_a_header_that_the_caller_let_in_leaves_as_well(sender: Any, account: str) -> None:
    """SES does not look for header injection: the caller who builds the MIME has to."""
    message = email.message_from_bytes(raw(), policy=AS_IT_CAME)
    injected = message.as_bytes().replace(b"replaced", b"replaced\r\nX-Injected: yes", 1)
    assert sent(sender, account, injected)["X-Injected"] == "yes"
