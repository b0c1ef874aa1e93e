"""Mails as a reader gets them: composed, spliced for one person, parsed back."""

import email
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import default
from typing import Any

from icalendar import Calendar

from changecast.contract.change import Change
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.variants import compose
from changecast.customer.mailing import Mailing, MailKind, Topic, Variant
from changecast.customer.renderings.splice import load, splice
from tests.support.builders import NOW, change

READER = "jo.reader@acme.example"


def brand(**fields: Any) -> Brand:
    """Acme's brand, unless said otherwise."""
    settings = {
        "customer": "acme",
        "customer_name": "Acme Industries",
        "sender": "changes@mail.acme.example",
        "sender_name": "Provider operations",
        "support_contact": "desk@provider.example",
        "language": "en",
        "timezone": "Europe/Madrid",
    }
    return Brand(**(settings | fields))


def mailing(kind: MailKind, base: Any = None) -> Mailing:
    """A mailing of a kind to the topic that it goes to."""
    asks = kind is MailKind.APPROVAL_REQUEST
    return Mailing(kind, Topic.APPROVALS if asks else Topic.ANNOUNCEMENTS, True, base)


def raw_mail(
    kind: MailKind = MailKind.ANNOUNCEMENT,
    about: Change | None = None,
    *,
    previous: Change | None = None,
    variant: Variant | None = None,
    to: str = READER,
    test: bool = False,
    **settings: Any,
) -> bytes:
    """The raw MIME of one mail: with its calendar, and with what changed since `previous`."""
    known = object() if previous else None
    renderings = compose(
        about or change(),
        mailing(kind, known),
        brand(**settings),
        previous=previous,
        now=NOW,
        test=test,
    )
    best = (Variant.CHANGED_CALENDAR, Variant.CHANGED, Variant.FULL_CALENDAR, Variant.FULL)
    chosen = variant or next(each for each in best if each in renderings)
    return splice(load(renderings[chosen]), to)


def mail(*args: Any, **fields: Any) -> EmailMessage:
    """Like raw_mail, parsed; a defect anywhere in it is an error."""
    return parsed(raw_mail(*args, **fields))


def parsed(raw: bytes) -> EmailMessage:
    """Return a mail's MIME, parsed; a defect anywhere in it is an error."""
    message = email.message_from_bytes(raw, policy=default)
    for part in message.walk():
        assert not part.defects, part.defects
    return message


def text_of(message: EmailMessage) -> str:
    """What the plain text says."""
    return _body(message, "plain")


def html_of(message: EmailMessage) -> str:
    """The HTML's source."""
    return _body(message, "html")


def squeezed(text: str) -> str:
    """A text without its white space: where its lines break is not what it says."""
    return "".join(text.split())


def starts_with_title(message: Mapping[str, Any] | EmailMessage, title: str) -> bool:
    """Whether the subject has the title after its kind: whole, or cut with a … after 8 signs."""
    found = str(message["Subject"]).partition(": ")[2].strip("\u2068")
    head, cut, _ = found.partition("…")
    if cut and len(head) >= 8 and title.startswith(head):
        return True
    return found.startswith(title)


def calendars_of(message: EmailMessage) -> list[Calendar]:
    """Every calendar part, in order."""
    return [Calendar.from_ical(_decoded(part)) for part in calendar_parts(message)]


def calendar_parts(message: EmailMessage) -> list[EmailMessage]:
    """The parts that are calendars: the alternative, and the attached meeting."""
    types = {"text/calendar", "application/ics"}
    return [part for part in message.walk() if part.get_content_type() in types]


def _decoded(part: EmailMessage) -> str:
    found = part.get_content()
    return found.decode() if isinstance(found, bytes) else str(found)


def event_of(calendar: Calendar) -> Any:
    """The one event in a calendar."""
    (event,) = calendar.walk("VEVENT")
    return event


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
