"""Write the texts for endpoints: the notice for webhooks, the message for chats. Pure.

Both use the same words as the mails, and are composed once per run.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from changecast.contract import strict_json
from changecast.contract.change import Change
from changecast.contract.notice import TYPE_PREFIX, ChangedValue, ChangeNotice, Notice, NoticeKind
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.content import Content, Fact
from changecast.customer.compose.facts import window_lines
from changecast.customer.compose.mail_parts import digest
from changecast.customer.compose.occasion import Occasion
from changecast.customer.compose.text.cuts import shortened, start_of
from changecast.customer.compose.told import as_told
from changecast.customer.compose.words import words_in
from changecast.customer.compose.writing import content_of
from changecast.customer.mailing import Mailing, MailKind, has_changes

# Amazon Q Developer's limits for title and description; a chat cuts longer texts.
TITLE_LIMIT, DESCRIPTION_LIMIT = 250, 3_000
_LINE_LIMIT, _SECTION_LIMIT = 600, 900
_HALF_AN_ENTITY = re.compile(r"(&[a-z]{0,3})?…?$")


def occasion_for(
    change: Change,
    mailing: Mailing,
    brand: Brand,
    *,
    previous: Change | None,
    now: datetime,
    test: bool,
) -> Occasion:
    """Return the occasion for a run's endpoints, without links to a person's page."""
    change, previous = as_told(change, mailing.kind, previous)
    return Occasion(
        change,
        mailing.kind,
        mailing.topic,
        replace(brand, responses=False),
        words_in(brand.language, brand.timezone),
        previous if has_changes(mailing) else None,
        test or change.test_run,
        now,
    )


def notice_for(occasion: Occasion) -> bytes:
    """Return the body of the webhooks of a run."""
    change, content = occasion.change, content_of(occasion)
    notice = Notice(
        customer=occasion.brand.customer,
        change_id=change.change_id,
        revision=change.revision,
        kind=NoticeKind(occasion.kind.value),
        test=occasion.test,
        language=content.language,
        title=content.title,
        text=content.lead,
        when=window_lines(change.window, occasion) if change.window else (),
        action=occasion.action,
        changed=tuple(ChangedValue(label=r.label, old=r.old, new=r.new) for r in content.changed),
        change=change.model_copy(update={"history": (), "confidential": None}),
    )
    whole = ChangeNotice(type=f"{TYPE_PREFIX}{notice.kind}", timestamp=occasion.now, data=notice)
    return whole.model_dump_json(exclude_none=True).encode()


def chat_for(occasion: Occasion) -> bytes:
    """Return the message of a run for chats, as Amazon Q Developer reads it from an SNS topic.

    https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
    """
    change, content, customer = occasion.change, content_of(occasion), occasion.brand.customer
    told = "\n\n".join(filter(None, _paragraphs(occasion, content)))
    message: dict[str, Any] = {
        "version": "1.0",
        "source": "custom",
        "id": digest(customer, change.change_id, str(change.revision), *_time_of(occasion)),
        "content": {
            "textType": "client-markdown",
            "title": _cut(_title(occasion, content), TITLE_LIMIT),
            "description": _cut(told, DESCRIPTION_LIMIT),
        },
        "metadata": {
            # One thread per change and customer, like the mails of a change.
            "threadId": digest(customer, change.change_id),
            "summary": _cut(_title(occasion, content), TITLE_LIMIT),
            "eventType": f"{TYPE_PREFIX}{occasion.kind}",
            "relatedResources": [change.change_id],
            "additionalContext": {
                "customer": customer,
                "change_id": change.change_id,
                "revision": str(change.revision),
            },
        },
    }
    return strict_json.dumps(message).encode()


def _time_of(occasion: Occasion) -> tuple[str, ...]:
    """Return what tells the reminders of a revision apart; nothing for its announcement."""
    return (occasion.now.isoformat(),) if occasion.kind is MailKind.REMINDER else ()


def as_plain(text: str) -> str:
    """Return a text that no chat reads as a mention, a disguised link or a channel.

    Slack reads <!channel> and <url|text>, and asks for these three entities:
    https://docs.slack.dev/messaging/formatting-message-text. Teams reads [text](url).
    """
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, entity)
    return text.replace("](", "] (")


def _cut(text: str, limit: int) -> str:
    """Return at most `limit` code points of escaped text, without cutting an entity."""
    cut = start_of(shortened(text, limit), limit)
    return text if cut == text else _HALF_AN_ENTITY.sub("…", cut, count=1)


def _title(occasion: Occasion, content: Content) -> str:
    return as_plain(f"{content.kind}{occasion.words('text', 'colon')}{content.title}")


def _paragraphs(occasion: Occasion, content: Content) -> Iterator[str]:
    """Yield a chat message's paragraphs in reading order."""
    yield as_plain("\n".join(filter(None, (content.test, content.lead))))
    yield from (_fact(fact) for fact in content.key_facts)
    for section in content.first:
        yield f"*{as_plain(section.heading)}*\n{as_plain(shortened(section.text, _SECTION_LIMIT))}"
    yield _changed(occasion, content)
    anchors = [content.action] if content.action else []
    links = (anchor for anchor in (*anchors, *content.links) if anchor.url)
    yield "\n".join(f"{as_plain(one.title)}: {as_plain(one.url or '')}" for one in links)
    yield as_plain(content.speaker) + "\n" + "\n".join(_detail(fact) for fact in content.details)


def _fact(fact: Fact) -> str:
    lines = "\n".join(shortened(line, _LINE_LIMIT) for line in fact.lines)
    return f"*{as_plain(fact.label)}*\n{as_plain(lines)}"


def _detail(fact: Fact) -> str:
    return f"{as_plain(fact.label)}: {as_plain(', '.join(fact.lines))}"


def _changed(occasion: Occasion, content: Content) -> str:
    if not content.changed:
        return ""
    rows = (
        f"• {row.label}: {_on_one_line(row.old)} → {_on_one_line(row.new)}"
        for row in content.changed
    )
    return f"*{as_plain(occasion.words('label', 'changed'))}*\n" + as_plain("\n".join(rows))


def _on_one_line(text: str) -> str:
    return shortened(" ".join(text.split()), _LINE_LIMIT // 2)
