"""SES's changes to a mail before it is sent.

https://docs.aws.amazon.com/ses/latest/dg/sending-email-subscription-management.html
https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
"""

import base64
import copy
import quopri
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from changecast_local.ses.submission import Submission

PLACEHOLDER = b"{{amazonSESUnsubscribeUrl}}"
# SES fills in the placeholder at most twice, and only in text and HTML.
MAX_PLACEHOLDERS = 2
_FILLED_IN = ("text/plain", "text/html")


def leaving(submission: Submission, unsubscribe_url: str | None) -> bytes:
    """Return the whole MIME text as it leaves SES, with CRLF line ends."""
    message = copy.deepcopy(submission.message)
    _set(message, "Message-ID", f"<{submission.message_id}@{_host(submission)}>")
    if message["Date"] is None:
        message["Date"] = format_datetime(datetime.fromtimestamp(submission.at, UTC))
    del message["Bcc"]
    if unsubscribe_url is not None:
        _set(message, "List-Unsubscribe", f"<{unsubscribe_url}>")
        _set(message, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
        _fill_in(message, unsubscribe_url.encode())
    return message.as_bytes()


def _set(message: EmailMessage, name: str, value: str) -> None:
    """Give a header this one value, whatever the caller wrote."""
    del message[name]
    message[name] = value


def _host(submission: Submission) -> str:
    region = submission.account.region
    return f"{'email' if region == 'us-east-1' else region}.amazonses.com"


def _fill_in(message: EmailMessage, url: bytes) -> None:
    left = MAX_PLACEHOLDERS
    for part in _texts(message):
        body = part.get_payload(decode=True)
        found = min(left, body.count(PLACEHOLDER)) if isinstance(body, bytes) else 0
        if found and isinstance(body, bytes):
            _set_body(part, body.replace(PLACEHOLDER, url, found))
            left -= found


def _texts(message: EmailMessage) -> Iterator[EmailMessage]:
    for part in message.walk():
        if part.get_content_type() in _FILLED_IN and not part.is_attachment():
            yield part


def _set_body(part: EmailMessage, body: bytes) -> None:
    """Set a new body in the part's existing transfer encoding: RFC 2045 §6."""
    encoding = str(part["Content-Transfer-Encoding"] or "").strip().lower()
    if encoding == "quoted-printable":
        part.set_payload(quopri.encodestring(body.replace(b"\r\n", b"\n")).decode("ascii"))
    elif encoding == "base64":
        part.set_payload(base64.encodebytes(body).decode("ascii"))
    else:
        part.set_payload(body.decode("ascii", "surrogateescape"))
