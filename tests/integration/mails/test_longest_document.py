"""The longest possible document, of characters that take the most room in a mail."""

from typing import Any

import pytest

from changecast.contract.fields import TEXT_LIMIT, TITLE_LIMIT
from changecast.customer.mailing import MailKind
from tests.support.builders import change
from tests.support.mails import html_of, mail

GMAIL_CLIPS_AT = 102 * 1024
TEXTS = (
    "customer_impact", "reason", "implementation_plan", "test_plan", "rollback_plan",
    "summary", "content",
)  # fmt: skip


@pytest.mark.parametrize("filling", ["x", "&", "\n", '"', "é", "𓀀", " ", "- a\n", "=", "{{"])
def test_the_longest_document_is_below_what_gmail_clips(filling: str) -> None:
    message = mail(
        MailKind.UPDATE,
        change(**everything("n", 2, filling)),
        previous=change(**everything("o", 1, filling)),
    )
    assert len(html_of(message).encode()) < GMAIL_CLIPS_AT
    assert [part.get_filename() for part in message.iter_attachments()][-1] == "CHG-1.txt"


def everything(mark: str, revision: int, filling: str) -> dict[str, Any]:
    """Every field as long as it may be; lists far longer than anybody reads."""
    text = ((mark + filling) * TEXT_LIMIT)[:TEXT_LIMIT]
    title = ((mark + filling) * TITLE_LIMIT).replace("\n", " ")[:TITLE_LIMIT]
    line = (filling.replace("\n", " ") * 2_000)[:2_000]
    address = ("https://l.example/" + mark + line)[:2_000]
    return {
        "title": title,
        "revision": revision,
        **dict.fromkeys(TEXTS, text),
        "links": [{"title": line, "url": address}] * 60,
        "attachments": [{"name": line, "url": address}] * 60,
        "survey_url": address,
        "tickets": {"servicenow": line, "jira": line},
        "meeting": {"start": "2027-01-20T22:00:00Z", "title": line, "location": line},
        "customer_details": {"acme": {mark: text}},
    }
