"""The mails of a document for one customer, as pages without scripts and requests."""

import email
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.policy import default
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from jinja2 import TemplateError
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from changecast.contract.errors import ChangecastError
from changecast.customer.compose.brand import Brand
from changecast.customer.mailing import Variant
from changecast.hub.announcing.metadata import Document
from changecast.hub.tracking.originals import kept
from changecast.hub.tracking.revisions import revisions
from changecast.hub.tracking.rows import mails_sent
from changecast.hub.tracking.table import statuses
from changecast_cli.console.pages import page
from changecast_cli.failures import Refused, explained
from changecast_cli.preview.brands import brand_of, environment_of
from changecast_cli.preview.life import life_of
from changecast_cli.preview.pages import body, calendars, raw_of

# A mail's look in dark mode, whatever the viewer's own scheme is.
_DARK = "@media (prefers-color-scheme: dark)"
_SCHEMES = {"dark": "@media all", "light": "@media not all"}
NAMES = frozenset({"id", "revision", "customer", "draft"})
RUN, DOCUMENT = "run", "document"
_READERS = {
    Variant.FULL: "people who get the whole change",
    Variant.CHANGED: "people who got the last revision",
    Variant.FULL_CALENDAR: "people who get the whole change and its calendar entry",
    Variant.CHANGED_CALENDAR: "people who got the last revision, with its calendar entry",
    Variant.ONLY_CALENDAR: "people who get only calendar entries",
    Variant.ONLY_CALENDAR_CHANGED: "people who get only calendar entries, with what changed",
}
SAMCONFIG = Path("samconfig.toml")
# The mail is a foreign document: no script, no form, no origin, no request.
MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


@dataclass(frozen=True)
class Source:
    """A document, and the one announced to the customer before it."""

    document: Document
    previous: Document | None


@dataclass(frozen=True)
class ShownMail:
    """A mail; `now` says that the document causes it."""

    name: str
    who: str
    now: bool
    subject: str
    html: str
    calendars: tuple[str, ...]


@dataclass(frozen=True)
class Mails:
    """What the document causes at the customer, in a sentence, with its mails and their source.

    `source` is RUN or DOCUMENT; `origin` is the text for people. `has_left` says whether at least
    one of the run's mails was sent.
    """

    says: str
    origin: str
    source: str
    mails: tuple[ShownMail, ...]
    has_left: bool = False


def mails(request: Request) -> Response:
    """Show the mails of a revision for one customer."""
    found, code = found_for(request), request.query_params.get("customer", "")
    query = {name: value for name, value in request.query_params.items() if name in NAMES}
    return page(request, "mails.html.j2", found=found, customer=code, query=query)


def mail(request: Request) -> Response:
    """Return one mail's HTML for a frame, in the requested scheme, light or dark."""
    found, scheme = _one(request), request.query_params.get("scheme", "")
    html = found.html.replace(_DARK, _SCHEMES.get(scheme, _DARK))
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})


def entry(request: Request) -> Response:
    """Return the calendar entry of one mail as text."""
    return PlainTextResponse("\n".join(_one(request).calendars))


def _one(request: Request) -> ShownMail:
    for each in found_for(request).mails:
        if each.name == request.query_params.get("mail"):
            return each
    raise Refused("there is no such mail; look at the list of mails again")


def found_for(request: Request) -> Mails:
    """Return the mails as sent, if the account is open, else rendered from the document.

    A page requests each of its mails with its own `source`.
    """
    query = request.query_params
    source = query.get("source", "")
    if "draft" in query or source == DOCUMENT:
        return mails_for(source_of(request), query.get("customer", ""))
    try:
        return _kept(request)
    except (ChangecastError, ClientError, BotoCoreError) as error:
        if source == RUN:
            raise
        why = explained(error) or str(error)
        return mails_for(source_of(request), query.get("customer", ""), why)


def _kept(request: Request) -> Mails:
    console, query = request.app.state.console, request.query_params
    change_id, code = query.get("id", ""), query.get("customer", "")
    revision = _number(query.get("revision", ""))
    kept = console.kept_mails.of(console.aws, change_id, revision, code)
    shown = (_shown(name, _reader(name), body, now=True) for name, body in kept.renderings.items())
    says = f"This is {change_id} revision {revision}, as the account of {code} composed it."
    sent, planned = _sent(console.aws.table, change_id, revision, code)
    return Mails(
        says,
        f"{_departed(sent, planned, code)}, with the reader's address replaced. They were read "
        f"with {kept.way}.",
        RUN,
        tuple(shown),
        has_left=sent > 0,
    )


def _sent(table: Any, change_id: str, revision: int, code: str) -> tuple[int, int]:
    """Return how many mails of a revision were sent to a customer's people, of how many planned.

    By the hub's last report: a run that is paused or waits has its mails, but none has left.
    """
    for row in statuses(table, change_id, revision):
        if row.get("customer") == code:
            planned = int((row.get("counts") or {}).get("planned", 0))
            return mails_sent(row), planned
    return 0, 0


def _departed(sent: int, planned: int, code: str) -> str:
    if not sent:
        return f"As far as {code} has reported, no mail has been sent yet. These mails are ready"
    if sent < planned:
        return f"{sent} of {planned} mails have been sent, as shown here"
    return "These are the mails that were sent"


def _reader(variant: str) -> str:
    """Return who gets a variant; full@de@Europe/Berlin is for people who chose these."""
    plain, *look = variant.split("@")
    return _READERS[Variant(plain)] + (f", in {' and '.join(look)}" if look else "")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 8 else 0


def source_of(request: Request) -> Source:
    """Return the document that a request names: a revision that was announced, or a draft."""
    console, query = request.app.state.console, request.query_params
    if "draft" in query:
        source: Source = console.drafts.source(query["draft"])
        return source
    return kept_source(console.aws.table, query.get("id", ""), _number(query.get("revision", "")))


def kept_source(table: Any, change_id: str, revision: int) -> Source:
    """Return a revision as the hub keeps it, and the one before; Refused if not kept.

    A change that was put without `announce` is not kept.
    """
    document = kept_document(table, change_id, revision)
    if document is None:
        raise Refused(
            f"the hub has no copy of revision {revision} of {change_id!r}: it was put on the bus "
            "without `changecast announce`, or does not exist"
        )
    earlier = [one.revision for one in revisions(table, change_id) if one.revision < revision]
    return Source(document, kept_document(table, change_id, earlier[-1]) if earlier else None)


def kept_document(table: Any, change_id: str, revision: int) -> Document | None:
    """Return a revision's document as it was read for its event."""
    original = kept(table, change_id, revision)
    if original is None:
        return None
    detail = original.detail
    return Document(detail.change, detail.customers, dict(detail.metadata), revision, "kept")


def mails_for(source: Source, code: str, why: str = "") -> Mails:
    """Return every mail of the document for a customer, those that it causes first.

    `why` says why they are not the mails that were sent.
    """
    brand, look = _brand(code)
    try:
        life = life_of(source.document, _naming(source.previous, code), brand, datetime.now(UTC))
    except TemplateError as error:
        raise Refused(f"a mail template failed: {error}") from error
    shown = (_shown(each.name, each.who, each.rendering, now=each.now) for each in life.mails)
    origin = f"Rendered from the document {look} This is not what the customer's account sent."
    return Mails(life.says, f"{origin} {why}".strip(), DOCUMENT, tuple(shown))


def _naming(previous: Document | None, code: str) -> Document | None:
    return previous if previous and code in previous.customers else None


def _brand(code: str) -> tuple[Brand, str]:
    environment: Mapping[str, Any] = {}
    look = f"with the look in {SAMCONFIG}."
    try:
        environment = environment_of(code, SAMCONFIG)
    except Refused as error:
        why = str(error) if SAMCONFIG.exists() else f"this folder has no {SAMCONFIG}"
        look = (
            f"in the default colours, in English and in UTC: {why}. The customer's people may get "
            "a different look, language and time zone. To see theirs, stop the console, and start "
            f"it in the folder whose {SAMCONFIG} lists {code}."
        )
    whole = dict(environment)
    return brand_of(code, whole, language=None, timezone=None, templates=None), look


def _shown(name: str, who: str, rendering: bytes, *, now: bool) -> ShownMail:
    message = email.message_from_bytes(raw_of(rendering), policy=default)
    entries = tuple(each.decode("utf-8", "replace") for each in calendars(message))
    return ShownMail(name, who, now, str(message["Subject"]), body(message, "html"), entries)
