"""The answer page: rendered on the server, without scripts or external resources."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from changecast.contract.change import Change, Status, Window
from changecast.contract.response import Response
from changecast.customer.agenda import by_day
from changecast.customer.compose import bodies, times
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.content import Content, Fact
from changecast.customer.compose.occasion import Occasion
from changecast.customer.compose.sanitize import sanitized
from changecast.customer.compose.text.fields import as_text
from changecast.customer.compose.text.markdown import unstyled
from changecast.customer.compose.words import Words, words_in
from changecast.customer.compose.writing import content_of
from changecast.customer.ledger.answers import Answer, ChangeView
from changecast.customer.mailing import MailKind, Topic
from changecast.customer.responding.answering import Wish
from changecast.customer.responding.http import Reply

FOLDER = Path(__file__).parent / "templates"
KINDS = {
    Status.SUBMITTED: MailKind.APPROVAL_REQUEST,
    Status.APPROVED: MailKind.ANNOUNCEMENT,
    Status.IN_PROGRESS: MailKind.STARTED,
    Status.COMPLETED: MailKind.COMPLETED,
    Status.CANCELLED: MailKind.CANCELLED,
}


@dataclass(frozen=True)
class Other:
    """One change in a list."""

    change_id: str
    title: str
    when: str
    status: str
    is_own: bool = False


@dataclass(frozen=True)
class Day:
    """The changes that start on one local day."""

    heading: str
    changes: tuple[Other, ...]


@dataclass(frozen=True)
class Setting:
    """A setting: its field's name and label, its options (value, text), and its value."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    value: str = ""


@dataclass(frozen=True)
class Page:
    """Content of a page. `screen` is form, confirm, code, done, settings, or empty.

    `path` is where its forms are sent. `carried` are the fields of the answer so far. If a form is
    shown again, `values` are its typed values and `opened` is its name.
    """

    title: str
    speaker: str
    screen: str = ""
    kind: str = ""
    who: str = ""
    path: str = ""
    problem: str = ""
    lines: tuple[str, ...] = ()
    content: Content | None = None
    answered: str = ""
    possible: tuple[Response, ...] = ()
    revision: int = 0
    nonce: str = ""
    word: str = ""
    wish: tuple[Fact, ...] = ()
    carried: tuple[tuple[str, str], ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    opened: str = ""
    agenda: tuple[Day, ...] = ()
    agenda_days: int = 0
    others: tuple[Other, ...] = ()
    feed: str = ""
    preferences: str = ""
    settings: tuple[Setting, ...] = ()


def reply(page: Page, brand: Brand, status: int) -> Reply:
    """Return a page as a response, with a policy under which it can load and run nothing."""
    style = _style(brand)
    body = (
        _templates()
        .get_template("page.html.j2")
        .render(page=page, brand=brand, words=words_in(brand.language, brand.timezone), style=style)
    )
    policy = (
        f"default-src 'none'; style-src 'sha256-{_digest(style)}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return Reply(status, body, headers={"content-security-policy": policy})


def content_for(
    change: Change, told: Change | None, brand: Brand, now: datetime
) -> tuple[Content, str]:
    """Return the content about a change, as in its mail, and that mail's kind."""
    shown = sanitized(as_text(change))
    previous = sanitized(as_text(told)) if told else None
    kind = KINDS.get(change.status, MailKind.ANNOUNCEMENT)
    topic = Topic.APPROVALS if kind is MailKind.APPROVAL_REQUEST else Topic.ANNOUNCEMENTS
    words = words_in(brand.language, brand.timezone)
    occasion = Occasion(shown, kind, topic, brand, words, previous, change.test_run, now)
    content = content_of(occasion)
    return content, content.kind


def ended(content: Content) -> Content:
    """Return the content of a change whose window is over: nobody is asked for anything."""
    return replace(content, lead="", first=())


def title_of(change: Change) -> str:
    """Return a change's title as mails show it."""
    return sanitized(as_text(change)).title


def words_of(brand: Brand) -> Words:
    """Return the words of the customer's language."""
    return words_in(brand.language, brand.timezone)


def masked(address: str) -> str:
    """Return an address in a form that only its owner recognizes."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def answered(answer: Answer | None, view: ChangeView, brand: Brand, *, is_open: bool = True) -> str:
    """Say what the person has answered so far; nothing if it is too late for a first answer."""
    words = words_of(brand)
    if answer is None:
        return words("page", "unanswered") if is_open else ""
    said = words("page", "answered").format(
        answer=words("page", answer.response.value), when=moment(answer.at, brand)
    )
    if answer.fingerprint == view.fingerprint:
        return said
    return said + words("text", "space") + words("page", "answered_earlier")


def wish_facts(wish: Wish, brand: Brand) -> tuple[Fact, ...]:
    """Say what will be recorded, or was recorded."""
    words = words_of(brand)
    facts = [Fact(words("page", "your_answer"), (words("page", wish.response.value),), 1)]
    facts += [
        Fact(words("page", "window").format(number=number), (span(window, brand),))
        for number, window in enumerate(wish.windows, start=1)
    ]
    if wish.comment:
        label = "reason" if wish.response is Response.REJECTED else "comment_given"
        facts.append(Fact(words("page", label), (wish.comment,)))
    return tuple(facts)


def agenda(views: Iterable[ChangeView], own: str, brand: Brand) -> tuple[Day, ...]:
    """Return the changes ahead, day by day.

    Args:
        views: The changes, ordered by start.
        own: The id of the change that the page is about.
        brand: The customer's settings, in the reader's language and zone.
    """
    words = words_of(brand)
    return tuple(
        Day(times.day(day, words), tuple(_of_day(view, own, brand) for view in found))
        for day, found in by_day(views, brand.timezone)
    )


def _of_day(view: ChangeView, own: str, brand: Brand) -> Other:
    words = words_of(brand)
    when = times.hours(_window(view.window_start, view.window_end), brand.timezone, words)
    status = words("status", view.status)
    return Other(view.change_id, view.title, when, status, view.change_id == own)


def others(views: Iterable[ChangeView], brand: Brand) -> tuple[Other, ...]:
    """Return changes for a list, the earliest first."""
    words = words_of(brand)
    ordered = sorted(views, key=lambda view: (view.window_start, view.change_id))
    return tuple(
        Other(
            view.change_id,
            view.title,
            span((view.window_start, view.window_end), brand) if view.window_end else "",
            words("status", view.status),
        )
        for view in ordered
    )


def moment(seconds: float, brand: Brand) -> str:
    """Return an instant in the customer's zone and language."""
    when = datetime.fromtimestamp(seconds, UTC)
    return times.moment(when, brand.timezone, words_of(brand))


def span(window: tuple[float, float], brand: Brand) -> str:
    """Return a window in the customer's zone and language."""
    return times.span(_window(*window), brand.timezone, words_of(brand))


def _window(start: float, end: float) -> Window:
    return Window(start=datetime.fromtimestamp(start, UTC), end=datetime.fromtimestamp(end, UTC))


def with_problem(page: Page, key: str, values: Mapping[str, str], brand: Brand) -> Page:
    """Return a page that says what went wrong."""
    return replace(page, problem=words_of(brand)("page", key).format(**values))


def _style(brand: Brand) -> str:
    found = _templates().get_template("page.css.j2").render(brand=brand)
    return str(found).strip()


def _digest(style: str) -> str:
    return b64encode(sha256(style.encode()).digest()).decode("ascii")


@lru_cache(maxsize=1)
def _templates() -> Environment:
    """Return the mails' environment with our own templates: sandboxed, with autoescape."""
    found = bodies.environment("").overlay(loader=FileSystemLoader(FOLDER))
    found.filters = {**found.filters, "blocks": unstyled}
    return found
