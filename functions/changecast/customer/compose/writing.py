"""Turn an occasion into the content of its mail."""

from collections.abc import Iterable, Iterator
from urllib.parse import quote, urlsplit

from pydantic import JsonValue

from changecast.customer.compose.address import address
from changecast.customer.compose.changed import changed_rows
from changecast.customer.compose.content import Anchor, Content, Section
from changecast.customer.compose.facts import details, key_facts
from changecast.customer.compose.json_lines import plain
from changecast.customer.compose.lead import asked, is_said_whole, lead, opening, preheader
from changecast.customer.compose.occasion import Occasion, kind_key, kind_words, speaker
from changecast.customer.compose.subject import subject
from changecast.customer.mailing import MailKind
from changecast.customer.renderings.splice import is_plain

SECTIONS = ("summary", "content", "reason", "implementation_plan", "test_plan", "rollback_plan")
# Mails about a change that is over say how it ended, not how it was planned.
_PAST = {
    MailKind.COMPLETED: ("outcome", "follow_up"),
    MailKind.CANCELLED: ("cancellation_reason",),
}


def content_of(occasion: Occasion) -> Content:
    """Return the complete content of the mail; nothing is shortened here."""
    change, words, brand = occasion.change, occasion.words, occasion.brand
    why = words("text", "why").format(
        topic=words("topic", occasion.topic.value),
        customer=brand.customer_name,
    )
    return Content(
        language=words.language,
        subject=subject(occasion),
        preheader=preheader(occasion),
        speaker=speaker(occasion),
        kind=kind_words(occasion),
        look=kind_key(occasion),
        title=change.title,
        lead=lead(occasion),
        opening=opening(occasion),
        asked=asked(occasion),
        test=words("text", "test") if occasion.test else "",
        first=tuple(_first(occasion)),
        action=_button(occasion),
        respond=_respond(occasion),
        survey=_survey(occasion),
        key_facts=key_facts(occasion),
        changed=changed_rows(occasion),
        sections=() if occasion.is_short else tuple(_texts(occasion, SECTIONS)),
        links=_links(occasion),
        documents=_documents(occasion),
        details=details(occasion),
        why=why,
    )


def _first(occasion: Occasion) -> Iterator[Section]:
    """Yield the result, or what this customer must do and what concerns only this customer."""
    words = occasion.words
    yield from _texts(occasion, _PAST.get(occasion.said_kind, ()))
    if occasion.action and not is_said_whole(occasion):
        yield Section(words("label", "action"), occasion.action)
    if not occasion.is_over and (own := plain(_own_details(occasion), words)):
        yield Section(words("label", "for_you"), own)


def _own_details(occasion: Occasion) -> JsonValue:
    """Return the customer's own section without the action, which is shown elsewhere."""
    own = (occasion.change.customer_details or {}).get(occasion.brand.customer)
    if isinstance(own, dict):
        return {key: value for key, value in own.items() if key != "action"}
    return own


def _texts(occasion: Occasion, names: Iterable[str]) -> Iterator[Section]:
    for name in names:
        text = getattr(occasion.change, name) or ""
        if text.strip():
            yield Section(occasion.words("label", name), text.strip("\n").rstrip())


def _links(occasion: Occasion) -> tuple[Anchor, ...]:
    if occasion.ends:
        return ()
    links = occasion.change.links
    return tuple(Anchor(link.title or link.url, address(link.url)) for link in links)


def _documents(occasion: Occasion) -> tuple[Anchor, ...]:
    if occasion.ends:
        return ()
    items = occasion.change.attachments
    return tuple(Anchor(item.name, address(item.url) if item.url else None) for item in items)


def _button(occasion: Occasion) -> Anchor | None:
    change, words = occasion.change, occasion.words
    if occasion.kind is MailKind.APPROVAL_REQUEST:
        return _approval_button(occasion)
    if occasion.is_notice and not occasion.ends and change.meeting and change.meeting.join_url:
        return Anchor(words("action", "join"), address(change.meeting.join_url))
    return None


def _survey(occasion: Occasion) -> Anchor | None:
    """Return where readers may say how it went; a link, because a button looks mandatory."""
    if occasion.said_kind is not MailKind.COMPLETED or not occasion.change.survey_url:
        return None
    return Anchor(occasion.words("action", "survey"), address(occasion.change.survey_url))


def _respond(occasion: Occasion) -> Anchor | None:
    """Return the reader's own page, unless the button opens it or no answer is possible."""
    has_own_button = occasion.kind is MailKind.APPROVAL_REQUEST and not occasion.change.approval_url
    if not occasion.brand.responses or occasion.is_over or has_own_button:
        return None
    return Anchor(occasion.words("action", "respond"), occasion.response_mark)


def _approval_button(occasion: Occasion) -> Anchor | None:
    """Return the approval link: the document's page, the reader's own, or a mail to the contact."""
    change, words, contact = occasion.change, occasion.words, occasion.brand.support_contact
    if change.approval_url:
        host = urlsplit(change.approval_url).hostname or change.approval_url
        opens = words("action", "opens_page").format(host=host)
        return Anchor(words("action", "approve"), address(change.approval_url), opens)
    if occasion.brand.responses:
        opens = words("action", "opens_own")
        return Anchor(words("action", "approve"), occasion.response_mark, opens)
    if not is_plain(contact):
        return None
    about = f"{words('subject', 'approval_request')}{words('text', 'colon')}{change.title}"
    mail = quote(f"{about} [{change.change_id}]", safe="")
    url = address(f"mailto:{contact}?subject={mail}")
    opens = words("action", "opens_mail").format(contact=contact)
    return Anchor(words("action", "approve_by_mail"), url, opens)
