"""Feeds of this customer's changes: iCalendar (RFC 5545), JSON Feed 1.1, Atom (RFC 4287).

They contain open changes and those that ended in the last 90 days. Entries have the UID and
SEQUENCE of the mails' entries, so a calendar with both shows each once.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from xml.etree import ElementTree as Xml

from icalendar import Calendar

from changecast.contract.change import Change, Status, Window
from changecast.contract.reserved_ids import TEST_SUFFIX
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.calendar import PRODUCT, entries, uid
from changecast.customer.compose.content import Content
from changecast.customer.compose.occasion import Occasion, speaker_of
from changecast.customer.compose.sanitize import sanitized
from changecast.customer.compose.text.fields import as_text
from changecast.customer.compose.words import words_in
from changecast.customer.compose.writing import content_of
from changecast.customer.ledger.answers import ChangeView
from changecast.customer.mailing import MailKind, Topic
from changecast.customer.responding.http import Reply
from changecast.customer.responding.page import KINDS

KEPT_SECONDS = 90 * 86_400.0
FRESH_SECONDS = 900
ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True)
class Item:
    """One change as a feed shows it."""

    view: ChangeView
    occasion: Occasion
    content: Content

    @property
    def updated(self) -> str:
        """Time of the last announcement, RFC 3339."""
        when = datetime.fromtimestamp(self.view.updated_at, UTC)
        return when.isoformat(timespec="seconds").replace("+00:00", "Z")

    @property
    def title(self) -> str:
        """Title with status."""
        return f"{self.content.kind}: {self.content.title}"


def items(
    views: Sequence[ChangeView], read: Callable[[str], Change | None], brand: Brand, now: float
) -> list[Item]:
    """Return the items of a feed, newest first; `read` returns a change as a run announced it."""
    shown = [view for view in views if _is_shown(view, now)]
    shown.sort(key=lambda view: (view.updated_at, view.change_id), reverse=True)
    found = ((view, _change(view, read(view.run))) for view in shown)
    return [_item(view, change, brand) for view, change in found if change is not None]


def _is_shown(view: ChangeView, now: float) -> bool:
    last = view.window_end or view.updated_at
    return not view.change_id.endswith(TEST_SUFFIX) and now < last + KEPT_SECONDS


def _change(view: ChangeView, announced: Change | None) -> Change | None:
    """Return the change as this customer may see it; if withdrawn, as it last knew it."""
    window = _window(view)
    if view.withdrawn and window is None:
        return None
    if view.withdrawn:
        return Change(
            change_id=view.change_id,
            revision=view.revision,
            title=view.title,
            status=Status.CANCELLED,
            window=window,
        )
    if announced is None or announced.status is not Status.CANCELLED:
        return announced
    return announced.model_copy(update={"window": window or announced.window})


def _window(view: ChangeView) -> Window | None:
    if not view.window_end:
        return None
    return Window(start=_time(view.window_start), end=_time(view.window_end))


def _item(view: ChangeView, change: Change, brand: Brand) -> Item:
    kind = MailKind.WITHDRAWN if view.withdrawn else KINDS[change.status]
    words = words_in(brand.language, brand.timezone)
    at = _time(view.updated_at)
    topic = Topic.ANNOUNCEMENTS
    occasion = Occasion(sanitized(as_text(change)), kind, topic, brand, words, None, False, at)
    return Item(view, occasion, content_of(occasion))


def calendar(found: Sequence[Item], brand: Brand) -> str:
    """Return the changes with a window as a calendar to subscribe to."""
    whole = Calendar()
    whole.add("prodid", PRODUCT)
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    whole.add("x-wr-calname", speaker_of(brand))
    whole.add("refresh-interval;value=duration", "PT1H")
    zones: dict[str, Any] = {}
    events: list[Any] = []
    for one in _calendars(found):
        for part in one.subcomponents:
            if part.name == "VTIMEZONE":
                zones.setdefault(part.to_ical().decode(), part)
            else:
                part.pop("organizer", None)
                events.append(part)
    for part in (*zones.values(), *events):
        whole.add_component(part)
    return str(whole.to_ical().decode())


def _calendars(found: Sequence[Item]) -> Iterator[Calendar]:
    for item in found:
        for entry in entries(item.occasion, item.content, None):
            if entry.name == "window":
                yield Calendar.from_ical(entry.head + entry.tail)


def json_feed(found: Sequence[Item], brand: Brand, address: str) -> str:
    """Return the changes as a JSON Feed."""
    whole = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": speaker_of(brand),
        "feed_url": address,
        "language": brand.language,
        "items": [
            {
                "id": uid(item.occasion, "window"),
                "title": item.title,
                "content_text": _text(item),
                "date_modified": item.updated,
                "tags": [item.view.status, "withdrawn"][: 2 if item.view.withdrawn else 1],
            }
            for item in found
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1)


def atom(found: Sequence[Item], brand: Brand, address: str) -> str:
    """Return the changes as an Atom feed."""
    feed = Xml.Element("feed", xmlns=ATOM)
    newest = max((item.updated for item in found), default="1970-01-01T00:00:00Z")
    _add(feed, "id", f"urn:changecast:{brand.customer}")
    _add(feed, "title", speaker_of(brand))
    _add(feed, "updated", newest)
    Xml.SubElement(feed, "link", rel="self", href=address)
    _add(Xml.SubElement(feed, "author"), "name", brand.sender_name)
    for item in found:
        entry = Xml.SubElement(feed, "entry")
        _add(entry, "id", f"urn:changecast:{uid(item.occasion, 'window')}")
        _add(entry, "title", item.title)
        _add(entry, "updated", item.updated)
        _add(entry, "content", _text(item))
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(feed, encoding="unicode")


def feed_reply(body: str, content_type: str, known: str) -> Reply:
    """Return a feed, or 304 if the reader has it already (`known` is its If-None-Match)."""
    tag = f'"{sha256(body.encode()).hexdigest()[:32]}"'
    headers = {"cache-control": f"private, max-age={FRESH_SECONDS}", "etag": tag}
    if tag in (each.strip().removeprefix("W/") for each in known.split(",")):
        return Reply(304, "", content_type, headers)
    return Reply(200, body, content_type, headers)


def _text(item: Item) -> str:
    facts = (f"{fact.label}: {' '.join(fact.lines)}" for fact in item.content.key_facts)
    return "\n".join([item.content.lead, *facts, item.view.change_id])


def _add(parent: Xml.Element, name: str, text: str) -> None:
    Xml.SubElement(parent, name).text = text


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
