"""Mails that are returned complete."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from changecast_local import ses as cloud_ses
from tests.integration.local.ses.given import ANN, LIST, SENDER, SET, send

CALENDAR = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Grüße\r\nEND:VCALENDAR\r\n"


def invitation() -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Acme <{SENDER}>"
    message["To"] = ANN
    message["Subject"] = "Störung"
    message.set_content("Text with ümlaut\n", cte="quoted-printable")
    message.add_alternative("<p>HTML</p>\n", subtype="html", cte="quoted-printable")
    message.add_alternative(
        CALENDAR, subtype="calendar", cte="quoted-printable", params={"method": "REQUEST"}
    )
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="plan.pdf")
    return message.as_bytes()


def test_a_mail_is_given_back_with_all_its_parts(sender: Any, account: str) -> None:
    send(sender, Content={"Raw": {"Data": invitation()}})
    (mail,) = cloud_ses.mails(account)
    assert (mail["account"], mail["region"]) == (account, "eu-central-1")
    assert (mail["from"], mail["to"], mail["subject"]) == (f"Acme <{SENDER}>", ANN, "Störung")
    assert (mail["text"], mail["html"]) == ("Text with ümlaut\n", "<p>HTML</p>\n")
    assert mail["list_options"] == {"ContactListName": LIST, "TopicName": "announcements"}
    assert (mail["tags"], mail["configuration_set"]) == ({"k": "ann"}, SET)
    assert datetime.fromisoformat(mail["at"]).utcoffset() is not None


def test_a_calendar_entry_is_an_attachment_with_its_method(sender: Any, account: str) -> None:
    send(sender, Content={"Raw": {"Data": invitation()}})
    calendar, plan = cloud_ses.mails(account)[0]["attachments"]
    assert (calendar["content_type"], calendar["method"]) == ("text/calendar", "REQUEST")
    assert (calendar["encoding"], calendar["content"]) == ("text", CALENDAR)
    assert (plan["filename"], plan["content_type"]) == ("plan.pdf", "application/pdf")
    assert (plan["encoding"], plan["content"]) == ("base64", "JVBERg==")


def test_mails_come_oldest_first_and_reset_forgets_them(sender: Any, account: str) -> None:
    ids = [send(sender), send(sender, "bob@acme.example"), send(sender)]
    assert [mail["message_id"] for mail in cloud_ses.mails(account)] == ids
    cloud_ses.reset()
    assert cloud_ses.mails() == []


def test_mails_are_found_by_a_part_of_their_subject_and_only_the_named_fields_return(
    sender: Any, account: str
) -> None:
    for title in ("Planned [CHG-1]: Störung", "Planned [CHG-2]: Other", "Moved [CHG-1]: Störung"):
        message = EmailMessage(policy=SMTP)
        message["From"], message["To"], message["Subject"] = SENDER, ANN, title
        message.set_content("Text\n")
        send(sender, Content={"Raw": {"Data": message.as_bytes()}})
    found = cloud_ses.mails(account, "[CHG-1]", ["to", "subject"])
    assert found == [
        {"to": ANN, "subject": "Planned [CHG-1]: Störung"},
        {"to": ANN, "subject": "Moved [CHG-1]: Störung"},
    ]
    assert cloud_ses.mails(account, "[CHG-3]") == []


def test_a_mail_that_is_asked_for_again_is_the_same(sender: Any, account: str) -> None:
    send(sender, Content={"Raw": {"Data": invitation()}})
    first = cloud_ses.mails(account)
    send(sender)
    assert cloud_ses.mails(account)[:1] == first
