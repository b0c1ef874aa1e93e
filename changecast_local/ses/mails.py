"""The mails that SES sent, parsed for people to look at."""

import base64
from collections.abc import Collection
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default
from typing import Any
from weakref import WeakKeyDictionary

from changecast_local.ses import store
from changecast_local.ses.store import Account, SentMail

View = dict[str, Any]
# Parsing a mail takes milliseconds, and a test that waits for mails asks several times a second.
_envelopes: WeakKeyDictionary[SentMail, View] = WeakKeyDictionary()
_contents: WeakKeyDictionary[SentMail, View] = WeakKeyDictionary()
CONTENT = frozenset({"from", "text", "html", "headers", "attachments"})


def mails(
    account: str | None = None, subject: str = "", fields: Collection[str] = ()
) -> list[View]:
    """Return the mails that SES sent, oldest first, of one account (12 digits) or of all.

    `subject` is a part of the subject that they must have. `fields` are the only fields to return.
    `raw` is the whole MIME text as sent; `at` is ISO 8601 in UTC. Every part that is neither the
    text nor the HTML is an attachment, including calendar entries.
    """
    sent = [
        (mail, _envelope(held, mail))
        for held in store.everywhere()
        if account in (None, held.account)
        for mail in list(held.mails)
    ]
    found = [each for each in sent if subject in each[1]["subject"]]
    found.sort(key=lambda each: each[0].at)
    if not fields:
        return [envelope | _content(mail) for mail, envelope in found]
    return [_chosen(mail, envelope, fields) for mail, envelope in found]


def _chosen(mail: SentMail, envelope: View, fields: Collection[str]) -> View:
    view = envelope | _content(mail) if CONTENT & {*fields} else envelope
    return {name: view[name] for name in fields}


def _envelope(held: Account, mail: SentMail) -> View:
    """Return what is known of a mail without parsing its body."""
    if mail not in _envelopes:
        headers = message_from_bytes(mail.raw.partition(b"\r\n\r\n")[0], policy=default)
        _envelopes[mail] = {
            "account": held.account,
            "region": held.region,
            "to": ", ".join(mail.recipients),
            "subject": str(headers["Subject"] or ""),
            "message_id": mail.message_id,
            "list_options": mail.list_options,
            "tags": mail.tags,
            "raw": mail.raw.decode("utf-8", "replace"),
            "at": datetime.fromtimestamp(mail.at, UTC).isoformat(timespec="milliseconds"),
            "configuration_set": mail.configuration_set,
        }
    return _envelopes[mail]


def _content(mail: SentMail) -> View:
    if mail not in _contents:
        _contents[mail] = _parsed(mail.raw)
    return _contents[mail]


def _parsed(raw: bytes) -> View:
    message = message_from_bytes(raw, policy=default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return {
        "from": str(message["From"] or ""),
        "text": _text(text),
        "html": _text(html),
        "headers": [[name, str(value)] for name, value in message.items()],
        "attachments": [
            _attachment(part)
            for part in message.walk()
            if not part.is_multipart() and part is not text and part is not html
        ],
    }


def _text(part: MIMEPart | None) -> str | None:
    return None if part is None else str(part.get_content()).replace("\r\n", "\n")


def _attachment(part: EmailMessage) -> dict[str, Any]:
    """Return an attachment; `encoding` says whether `content` is text or base64."""
    is_text = part.get_content_maintype() == "text"
    content = part.get_content() if is_text else _base64(part)
    return {
        "filename": part.get_filename(),
        "content_type": part.get_content_type(),
        "method": part.get_param("method"),
        "disposition": part.get_content_disposition(),
        "encoding": "text" if is_text else "base64",
        "content": content,
    }


def _base64(part: EmailMessage) -> str:
    body = part.get_payload(decode=True)
    return base64.b64encode(body).decode("ascii") if isinstance(body, bytes) else ""
