"""Answer requests: which page, which status. The entry point is functions/respond.py.

/c/<token>                GET, POST   one person's page of one change
/v/<token>                GET         the same change, for everybody who has the link; read-only
/p/<token>                GET, POST   what one person is sent, and in which language
/f/<token>/changes.ics    GET         this customer's changes; .json and .atom too
"""

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from changecast.contract.change import Status
from changecast.contract.reserved_ids import TEST_SUFFIX
from changecast.contract.response import WINDOWS_LIMIT
from changecast.customer.agenda import ahead
from changecast.customer.compose.occasion import speaker_of
from changecast.customer.ledger.answers import ChangeView, read_answer, read_view, views
from changecast.customer.responding import page as pages
from changecast.customer.responding.answering import Next, Outcome, answer
from changecast.customer.responding.confirmation import nonce
from changecast.customer.responding.http import Reply, Request, Unreadable, event_of, request_of
from changecast.customer.responding.page import Page
from changecast.customer.responding.preferences_page import preferences
from changecast.customer.responding.reading import (
    Responder,
    Seen,
    Standing,
    Viewed,
    possible,
    see,
    standing_of,
    view_with,
)
from changecast.customer.responding.tokens import Refusal, Scope, Token, TokenRefused, issue
from changecast.lambdas.metrics import count, measured

log = logging.getLogger("changecast")

_FEED = re.compile(r"/f/([A-Za-z0-9_-]{1,400})/changes\.(ics|json|atom)")
_VIEW = re.compile(r"/v/([A-Za-z0-9_-]{1,400})")
_PREFERENCES = re.compile(r"/p/([A-Za-z0-9_-]{1,400})")
_CHANGE = re.compile(r"/c/([A-Za-z0-9_-]{1,400})")
_STATUS = {Refusal.EXPIRED: 410, Refusal.REVOKED: 410, Refusal.GONE: 410}
# As many days as `changecast agenda` shows.
AGENDA_DAYS = 14
_READS = frozenset({"GET", "HEAD"})


def respond(responder: Responder, event: Mapping[str, Any]) -> dict[str, Any]:
    """Answer one request; logs and metrics never say who asked, or for what."""
    request = request_of(event)
    try:
        reply = _reply(responder, request)
    except TokenRefused as refused:
        measured(
            {"customer": responder.brand.customer, "refusal": refused.refusal.value},
            {"RefusedLinks": count(1)},
        )
        reply = _refused(responder, refused.refusal)
    except Unreadable as unreadable:
        reply = _plain(responder, unreadable.status, "unreadable")
    log.info("responded", extra={"method": request.method[:10], "status": reply.status})
    return event_of(reply, request.method)


def _reply(responder: Responder, request: Request) -> Reply:
    if feed := _FEED.fullmatch(request.path):
        return _feed(responder, request, *feed.groups())
    if viewed := _VIEW.fullmatch(request.path):
        return _view(responder, request, viewed[1])
    chosen, found = _PREFERENCES.fullmatch(request.path), _CHANGE.fullmatch(request.path)
    if chosen is None and found is None:
        raise TokenRefused(Refusal.INVALID)
    if request.method not in {*_READS, "POST"}:
        return _not_allowed(responder, "GET, HEAD, POST")
    if chosen:
        return preferences(responder, request, chosen[1])
    return _change(responder, request, request.path.rpartition("/")[2])


def _change(responder: Responder, request: Request, text: str) -> Reply:
    """Show one person a change, or accept an answer."""
    seen = see(responder, text)
    responder = responder.speaking_to(seen.address)
    if standing_of(seen.view, responder.clock()) is Standing.WITHDRAWN:
        return _withdrawn(responder)
    if request.method in _READS:
        page = replace(
            _form(responder, seen),
            feed=_feed_address(request, seen),
            preferences=_preferences_path(seen),
        )
        return pages.reply(page, responder.brand, 200)
    return _answered(responder, seen, request.form())


def _feed(responder: Responder, request: Request, text: str, kind: str) -> Reply:
    """Return the feed of the token's person; a feed's token grants nothing else."""
    # Feeds need icalendar: 10% of a cold start that somebody who opens the page waits for.
    from changecast.customer.responding import feeds  # noqa: PLC0415

    if request.method not in _READS:
        return _not_allowed(responder, "GET, HEAD")
    responder.accept(text, Scope.FEED)
    brand, address = responder.brand, f"{request.base_url}{request.path}"
    found = feeds.items(views(responder.ledger), responder.read_change, brand, responder.clock())
    match kind:
        case "ics":
            body, content_type = feeds.calendar(found, brand), "text/calendar; charset=utf-8"
        case "json":
            body, content_type = feeds.json_feed(found, brand, address), "application/feed+json"
        case _:
            body, content_type = feeds.atom(found, brand, address), "application/atom+xml"
    return feeds.feed_reply(body, content_type, request.headers.get("if-none-match", ""))


def _view(responder: Responder, request: Request, text: str) -> Reply:
    """Show a change to an unknown person, who may not answer."""
    if request.method not in _READS:
        return _not_allowed(responder, "GET, HEAD")
    viewed = view_with(responder, text, Scope.VIEW)
    if standing_of(viewed.view, responder.clock()) is Standing.WITHDRAWN:
        return _withdrawn(responder)
    page = _shown(responder, viewed)
    lines = page.lines or (pages.words_of(responder.brand)("page", "view_only"),)
    return pages.reply(replace(page, lines=lines), responder.brand, 200)


def _feed_address(request: Request, seen: Seen) -> str:
    """Return the address of the person's own feed, which works until it is revoked."""
    token = Token(
        Scope.FEED, seen.token.customer, seen.token.person, seen.token.issued_at, expires_at=0.0
    )
    return f"{request.base_url}/f/{issue(seen.keyring, token)}/changes.ics"


def _preferences_path(seen: Seen) -> str:
    """Return the path of the person's preferences page; it expires with the link to this page."""
    return f"/p/{issue(seen.keyring, replace(seen.token, scope=Scope.PREFERENCES))}"


def _answered(responder: Responder, seen: Seen, form: Mapping[str, str]) -> Reply:
    word = pages.words_of(responder.brand)("page", f"word_{form.get('answer', '')}")
    outcome = answer(responder, seen, form, word)
    page = _page_after(responder, seen, form, outcome, word)
    if outcome.problem:
        page = pages.with_problem(page, outcome.problem, outcome.values or {}, responder.brand)
    return pages.reply(page, responder.brand, outcome.status)


def _page_after(
    responder: Responder, seen: Seen, form: Mapping[str, str], outcome: Outcome, word: str
) -> Page:
    """Return the page that follows a form; if it could not be accepted, the current page."""
    if outcome.page is Next.FORM or outcome.wish is None:
        return replace(
            _form(responder, _again(responder, seen)),
            values=dict(form),
            opened=form.get("answer", ""),
        )
    brand, words = responder.brand, pages.words_of(responder.brand)
    base = replace(
        _base(responder, seen),
        screen=outcome.page.value,
        wish=pages.wish_facts(outcome.wish, brand),
    )
    if outcome.page is Next.DONE:
        says = (words("page", "done"), words("page", f"next_{outcome.wish.response.value}"))
        return replace(base, lines=says)
    return replace(
        base,
        kind=words("page", "check"),
        word=word,
        carried=_carried(form),
        nonce=nonce(seen.keyring, seen.text, seen.view.revision, seen.version, responder.clock()),
    )


def _again(responder: Responder, seen: Seen) -> Seen:
    """Return what the person sees after another request was faster."""
    token = seen.token
    view = read_view(responder.ledger, token.change_id) or seen.view
    last = read_answer(responder.ledger, token.change_id, token.person)
    return replace(seen, answer=last) if view == seen.view else see(responder, seen.text)


def _base(responder: Responder, seen: Seen) -> Page:
    return Page(
        pages.title_of(seen.change),
        speaker_of(responder.brand),
        who=pages.masked(seen.address),
        path=f"/c/{seen.text}",
        revision=seen.view.revision,
    )


def _shown(responder: Responder, viewed: Viewed) -> Page:
    """Return a page with a change's state, and whether its window is over."""
    brand, now = responder.brand, responder.clock()
    content, kind = pages.content_for(
        viewed.change, viewed.told, brand, datetime.fromtimestamp(now, UTC)
    )
    page = Page(content.title, speaker_of(brand), kind=kind, content=content)
    is_over = standing_of(viewed.view, now) is Standing.OVER
    # For completed and cancelled changes, the content itself says that they have ended.
    if not is_over or viewed.view.status == Status.COMPLETED:
        return page
    lines = (pages.words_of(brand)("page", "over"),)
    return replace(page, kind="", content=pages.ended(content), lines=lines)


def _form(responder: Responder, seen: Seen) -> Page:
    brand, now = responder.brand, responder.clock()
    is_open = standing_of(seen.view, now) is Standing.OPEN
    known = views(responder.ledger)
    coming = ahead(known, now, now + AGENDA_DAYS * 86_400.0)
    return replace(
        _shown(responder, seen),
        screen=Next.FORM.value,
        who=pages.masked(seen.address) if is_open else "",
        path=f"/c/{seen.text}",
        revision=seen.view.revision,
        answered=pages.answered(seen.answer, seen.view, brand, is_open=is_open),
        possible=possible(seen.view, now),
        agenda=pages.agenda(coming, seen.view.change_id, brand),
        agenda_days=AGENDA_DAYS,
        others=pages.others(_later(known, [seen.view, *coming], now), brand),
    )


def _later(
    known: Iterable[ChangeView], shown: Iterable[ChangeView], now: float
) -> list[ChangeView]:
    """Return the open changes that the page does not show yet, without tests."""
    is_shown = {view.change_id for view in shown}
    return [
        view
        for view in known
        if view.change_id not in is_shown
        and not view.change_id.endswith(TEST_SUFFIX)
        and standing_of(view, now) is Standing.OPEN
    ]


def _carried(form: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    ends = [f"{end}{number}" for number in range(1, WINDOWS_LIMIT + 1) for end in ("start", "end")]
    return tuple((name, form[name]) for name in ("answer", "comment", *ends) if form.get(name))


def _withdrawn(responder: Responder) -> Reply:
    """Say that the change no longer affects this customer, and nothing else about it."""
    brand = responder.brand
    title = pages.words_of(brand)("page", "withdrawn").format(customer=brand.customer_name)
    return pages.reply(Page(title, speaker_of(brand)), brand, 410)


def _refused(responder: Responder, refusal: Refusal) -> Reply:
    return _plain(responder, _STATUS.get(refusal, 404), f"refused_{refusal.value}", "refused_help")


def _not_allowed(responder: Responder, allowed: str) -> Reply:
    refused = _plain(responder, 405, "unreadable")
    return replace(refused, headers={**refused.headers, "allow": allowed})


def _plain(responder: Responder, status: int, title: str, *lines: str) -> Reply:
    brand, words = responder.brand, pages.words_of(responder.brand)
    page = Page(
        words("page", title), speaker_of(brand), lines=tuple(words("page", key) for key in lines)
    )
    return pages.reply(page, brand, status)
