"""From an occasion to everything that its mail says."""

from changecast.change import Change
from changecast.compose.address import address
from changecast.compose.changed import changed_rows
from changecast.compose.content import Anchor, Content, Section
from changecast.compose.facts import details, key_facts
from changecast.compose.occasion import Occasion, kind_words, lead, subject, urgency
from changecast.compose.plain import plain
from changecast.plan import MailKind

SECTIONS = ("summary", "content", "reason", "implementation_plan", "test_plan", "rollback_plan")
# A mail about something that will not happen does not explain how it would have been done.
_ENDED_SECTIONS = ("summary", "content", "reason")
_APPROVE_WORDS = ("approv", "freig", "genehm", "aprob")


def content_of(occasion: Occasion) -> Content:
    """What the mail says, whole: nothing is shortened here."""
    change, words, brand = occasion.change, occasion.words, occasion.brand
    why = words("text", "why").format(
        topic=words("topic", occasion.topic.value),
        customer=brand.customer_name,
    )
    return Content(
        language=words.language,
        subject=subject(occasion),
        kind=kind_words(occasion),
        urgency=urgency(occasion),
        title=change.title,
        lead=lead(occasion),
        test=words("text", "test") if occasion.test else "",
        action=_action(occasion),
        key_facts=key_facts(occasion),
        changed=changed_rows(occasion),
        sections=_sections(occasion),
        links=tuple(Anchor(link.title or link.url, address(link.url)) for link in change.links),
        documents=tuple(
            Anchor(item.name, address(item.url) if item.url else None)
            for item in change.attachments
        ),
        details=details(occasion),
        why=why,
    )


def _action(occasion: Occasion) -> Anchor | None:
    change, words = occasion.change, occasion.words
    if occasion.kind is MailKind.APPROVAL_REQUEST and change.links:
        return Anchor(words("action", "approve"), address(_approval_link(change)))
    if occasion.said_kind is MailKind.COMPLETED and change.survey_url:
        return Anchor(words("action", "survey"), address(change.survey_url))
    if occasion.is_notice and not occasion.ends and change.meeting and change.meeting.join_url:
        return Anchor(words("action", "join"), address(change.meeting.join_url))
    return None


def _approval_link(change: Change) -> str:
    """The link whose title speaks of approving, else the first."""
    named = (
        link.url
        for link in change.links
        if any(word in link.title.casefold() for word in _APPROVE_WORDS)
    )
    return next(named, change.links[0].url)


def _sections(occasion: Occasion) -> tuple[Section, ...]:
    change, words = occasion.change, occasion.words
    names = _ENDED_SECTIONS if occasion.ends else SECTIONS
    texts = [(name, getattr(change, name) or "") for name in names]
    own = plain((change.customer_details or {}).get(occasion.brand.customer))
    texts.append(("for_you", "" if occasion.ends else own))
    return tuple(
        Section(words("label", name), text.strip("\n").rstrip())
        for name, text in texts
        if text.strip()
    )
