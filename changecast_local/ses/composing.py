"""The MIME of a mail from SendEmail's Content: Raw unchanged, Simple composed.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_EmailContent.html
"""

import base64
import binascii
from email import message_from_bytes
from email.header import Header
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP
from typing import Any

from changecast_local.ses.answers import bad_request
from changecast_local.ses.checks import check_headers

# Untouched headers and parts stay as they are.
AS_IT_CAME = SMTP.clone(refold_source="none", max_line_length=998)


def composed(request: dict[str, Any]) -> EmailMessage:
    """Return the mail of a SendEmail request."""
    content = request.get("Content") or {}
    if "Raw" in content:
        return _parsed(_raw(content["Raw"]))
    if "Simple" in content:
        return _parsed(_simple(request, content["Simple"]))
    raise bad_request("The embedded cloud sends Raw and Simple content, not Template.")


def from_header(raw: dict[str, Any]) -> str:
    """Return the From header of Raw content, empty if it has none; its body is not looked at."""
    return str(BytesHeaderParser(policy=AS_IT_CAME).parsebytes(_raw(raw))["From"] or "")


def _parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=AS_IT_CAME)


def _raw(content: dict[str, Any]) -> bytes:
    try:
        return base64.b64decode(content.get("Data", ""), validate=True)
    except binascii.Error:
        raise bad_request("The raw message is not base64.") from None


def _simple(request: dict[str, Any], simple: dict[str, Any]) -> bytes:
    """Compose a Simple mail; header values are written as given, because SES allows CRLF there."""
    own = simple.get("Headers") or []
    check_headers(own)
    destination = request.get("Destination") or {}
    lines = [
        ("From", request.get("FromEmailAddress", "")),
        ("Reply-To", ", ".join(request.get("ReplyToAddresses") or [])),
        ("To", ", ".join(destination.get("ToAddresses") or [])),
        ("Cc", ", ".join(destination.get("CcAddresses") or [])),
        ("Subject", _encoded(simple.get("Subject", {}).get("Data", ""))),
        *((header["Name"], header["Value"]) for header in own),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in lines if value)
    return head.encode() + _bodies(simple).as_bytes()


def _bodies(simple: dict[str, Any]) -> EmailMessage:
    given = simple.get("Body") or {}
    message = EmailMessage(policy=SMTP)
    if "Text" in given:
        message.set_content(given["Text"].get("Data", ""), cte="quoted-printable")
    if "Html" in given:
        add = message.add_alternative if "Text" in given else message.set_content
        add(given["Html"].get("Data", ""), subtype="html", cte="quoted-printable")
    if not given:
        raise bad_request("Missing body.")
    for attachment in simple.get("Attachments") or []:
        _attach(message, attachment)
    return message


def _attach(message: EmailMessage, attachment: dict[str, Any]) -> None:
    kind = attachment.get("ContentType") or "application/octet-stream"
    maintype, _, subtype = kind.partition("/")
    message.add_attachment(
        base64.b64decode(attachment.get("RawContent", "")),
        maintype=maintype,
        subtype=subtype,
        filename=attachment.get("FileName"),
        disposition=attachment.get("ContentDisposition", "ATTACHMENT").lower(),
    )


def _encoded(subject: str) -> str:
    return subject if subject.isascii() else Header(subject, "utf-8").encode()
