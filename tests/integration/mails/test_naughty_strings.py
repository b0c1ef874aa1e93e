"""The big list of naughty strings through every field: refused whole, or the same text back."""

import base64
import email
import json
import re
from collections.abc import Callable
from email.policy import default
from typing import Any

import pytest
from pydantic import ValidationError

from changecast.contract.change import Change
from changecast.customer.compose.subject import isolated
from changecast.customer.compose.text.reading import Form, read
from changecast.customer.mailing import MailKind
from tests.support.builders import change
from tests.support.mails import (
    READER,
    calendars_of,
    event_of,
    raw_mail,
    squeezed,
    starts_with_title,
    text_of,
)
from tests.support.programs import npm_folder

Mails = dict[str, bytes]


@pytest.fixture(scope="module")
def strings() -> list[str]:
    package = npm_folder() / "node_modules" / "big-list-of-naughty-strings"
    found = json.loads((package / "blns.json").read_text("utf-8"))
    assert len(found) > 400
    return list(dict.fromkeys(found))


@pytest.fixture(scope="module")
def mails(strings: list[str]) -> Mails:
    """The mail of every string, without the characters that a document may not hold."""
    told = (text for text in strings if LINE_REFUSES.sub("", text).strip())
    return {
        text: raw_mail(MailKind.UPDATE, _everywhere(text, revision=2), previous=_everywhere("old"))
        for text in dict.fromkeys(TEXT_REFUSES.sub("_", text) for text in told)
    }


def test_what_is_taken_out_here_would_be_refused(strings: list[str]) -> None:
    for text in strings:
        for field, refuses in (("title", LINE_REFUSES), ("reason", TEXT_REFUSES)):
            if refuses.search(text):
                with pytest.raises(ValidationError):
                    change(**{field: text[:250]})


def test_every_string_is_read_as_one_message_with_the_same_text(mails: Mails) -> None:
    for text, raw in mails.items():
        message = email.message_from_bytes(raw, policy=default)
        assert _shape(message) == EXPECTED_SHAPE, text
        assert not any(part.defects for part in message.walk()), text
        assert starts_with_title(message, _title(text)), text
        if read(text).form is Form.PLAIN:
            assert squeezed(text) in squeezed(text_of(message)), text
        for calendar in calendars_of(message):
            event = event_of(calendar)
            assert event["SUMMARY"] == _summary(text), text
            assert event["ATTENDEE"] == f"mailto:{READER}", text


def test_every_string_is_read_the_same_in_other_programs(
    mails: Mails, node: Callable[[str, Any], Any]
) -> None:
    encoded = [base64.b64encode(raw).decode() for raw in mails.values()]
    for text, theirs in zip(mails, node("read_mail.mjs", encoded), strict=True):
        assert starts_with_title({"Subject": theirs["subject"]}, _title(text)), text
        if read(text).form is Form.PLAIN:
            assert squeezed(text) in squeezed(theirs["text"]), text
        assert theirs["bcc"] is None, text
        assert [len(calendar["events"]) for calendar in theirs["calendars"]] == [1, 1], text
        for calendar in theirs["calendars"]:
            assert calendar["events"][0]["summary"] == _summary(text), text
            assert calendar["events"][0]["attendees"] == [f"mailto:{READER}"], text


LINE_REFUSES = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
TEXT_REFUSES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
EXPECTED_SHAPE = [
    "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
    "application/ics",
]  # fmt: skip


def _everywhere(text: str, **fields: Any) -> Change:
    line = _line(text)[:1_900]
    return change(
        title=_title(text),
        reason=text,
        implementation_plan=text,
        test_plan=text,
        rollback_plan=text,
        summary=text,
        content=text,
        customer_impact=text,
        tickets={"servicenow": line, "jira": line},
        meeting={"start": "2027-01-20T21:00:00Z", "title": _title(text), "location": line},
        links=[{"title": line, "url": f"https://l.example/{line}"}],
        attachments=[{"name": line, "url": f"mailto:{line}"}],
        customer_details={"acme": {text: text}},
        category=line,
        **fields,
    )


def _title(text: str) -> str:
    """Calendar programs drop a byte order mark, which nobody sees."""
    return _line(text).replace("\ufeff", "_")[:250]


def _line(text: str) -> str:
    return LINE_REFUSES.sub("_", text)


def _summary(text: str) -> str:
    return f"{isolated(_title(text))} · For Acme Industries [CHG-1]"


def _shape(message: Any) -> list[str]:
    return [part.get_content_type() for part in message.walk()]
