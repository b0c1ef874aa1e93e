"""Simple content, which SES puts together itself."""

from typing import Any

import pytest

from changecast_local import ses as cloud_ses
from tests.integration.local.ses.given import ANN, MARK, send


def simple(**members: Any) -> dict[str, Any]:
    content = {
        "Subject": {"Data": "Router replaced"},
        "Body": {"Text": {"Data": f"Bye: {MARK}"}, "Html": {"Data": f"<p>{MARK}</p>"}},
        **members,
    }
    return {"Simple": content}


def sent(sender: Any, account: str, **members: Any) -> dict[str, Any]:
    send(sender, Content=simple(**members))
    (mail,) = cloud_ses.mails(account)
    return mail


def test_a_simple_mail_has_text_html_subject_and_sender(sender: Any, account: str) -> None:
    mail = sent(sender, account)
    url = dict(mail["headers"])["List-Unsubscribe"].strip("<>")
    assert mail["subject"] == "Router replaced"
    assert (mail["from"], mail["to"]) == ("changes@acme.example", ANN)
    assert mail["text"].strip() == f"Bye: {url}"
    assert mail["html"].strip() == f"<p>{url}</p>"


def test_an_html_only_mail_has_no_text(sender: Any, account: str) -> None:
    mail = sent(sender, account, Body={"Html": {"Data": "<p>x</p>"}})
    assert (mail["text"], mail["html"].strip()) == (None, "<p>x</p>")


def test_a_subject_beyond_ascii_arrives(sender: Any, account: str) -> None:
    assert sent(sender, account, Subject={"Data": "Störung behoben"})["subject"] == (
        "Störung behoben"
    )


def test_own_headers_and_attachments_arrive(sender: Any, account: str) -> None:
    mail = sent(
        sender,
        account,
        Headers=[{"Name": "Auto-Submitted", "Value": "auto-generated"}],
        Attachments=[{"FileName": "a.bin", "RawContent": b"\x00\x01"}],
    )
    assert ["Auto-Submitted", "auto-generated"] in mail["headers"]
    (attachment,) = mail["attachments"]
    assert (attachment["filename"], attachment["content"]) == ("a.bin", "AAE=")


@pytest.mark.parametrize(
    "headers",
    [
        [{"Name": f"X-{number}", "Value": "v"} for number in range(16)],
        [{"Name": "X", "Value": "Grüße"}],
        [{"Name": "X", "Value": "one\r\nX-Injected: yes"}],
        [{"Name": "X", "Value": "v" * 996}],
        [{"Name": "X:", "Value": "v"}],
    ],
)
def test_headers_beyond_ses_s_limits_are_refused(
    sender: Any, account: str, headers: list[dict[str, str]]
) -> None:
    with pytest.raises(sender.exceptions.BadRequestException):
        send(sender, Content=simple(Headers=headers))
    assert cloud_ses.mails(account) == []


def test_15_headers_of_995_characters_pass(sender: Any, account: str) -> None:
    headers = [{"Name": f"X-{number}", "Value": "v" * 995} for number in range(15)]
    mail = sent(sender, account, Headers=headers)
    assert sum(name.startswith("X-") for name, _ in mail["headers"]) == 15


def test_crlf_in_a_subject_gets_through(sender: Any, account: str) -> None:
    """SES does not look for header injection there: the caller who gives the subject has to."""
    mail = sent(sender, account, Subject={"Data": "x\r\nX-Injected: yes"})
    assert ["X-Injected", "yes"] in mail["headers"]


def test_a_mail_without_a_body_is_refused(sender: Any) -> None:
    with pytest.raises(sender.exceptions.BadRequestException):
        send(sender, Content=simple(Body={}))
