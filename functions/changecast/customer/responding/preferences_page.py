"""The page on which a person chooses emails, language and time zone, and confirms the choice.

This page changes nothing. A choice is queued for the function that may change the account's contact
list (applying.py). As with answers, a choice is accepted only with a typed word.
"""

from collections.abc import Mapping
from dataclasses import replace

from changecast.contract.fields import time_zones
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.content import Fact
from changecast.customer.compose.occasion import speaker_of
from changecast.customer.compose.words import languages, regions, words_in
from changecast.customer.hints import EVERYTHING, LANGUAGE, TIMEZONE, ChosenHint, hint_chosen
from changecast.customer.ledger.preferences import Preference, read_preference
from changecast.customer.ledger.schema import run_id
from changecast.customer.mailing import TOPICS, Topic
from changecast.customer.planning.recipients import normalise
from changecast.customer.responding import page as pages
from changecast.customer.responding.answering import Next, is_word
from changecast.customer.responding.confirmation import is_nonce, nonce
from changecast.customer.responding.http import Reply, Request
from changecast.customer.responding.page import Page, Setting
from changecast.customer.responding.reading import Person, Responder, person_with
from changecast.lambdas.queues import send_all

KEEP, LEAVE = "", "leave"


def preferences(responder: Responder, request: Request, text: str) -> Reply:
    """Show the possible choices, or accept a choice.

    Raises:
        TokenRefused: The link grants nothing.
        Unreadable: The body is not one of our forms.
    """
    person = person_with(responder, text)
    responder = responder.speaking_to(person.address)
    chosen = read_preference(responder.ledger, normalise(person.address))
    settings = settings_of(chosen, responder.brand, has_digest=responder.has_digest)
    page = _page(person, settings, responder.brand)
    if request.method != "POST":
        return pages.reply(page, responder.brand, 200)
    return _taken(responder, person, chosen, page, request.form())


def settings_of(
    chosen: Preference, brand: Brand, *, has_digest: bool = False
) -> tuple[Setting, ...]:
    """Return the settings with their current values. Pure.

    Current subscriptions are unknown here: only other functions may read SES's list.
    """
    words = pages.words_of(brand)
    switches = ((KEEP, "keep"), ("OPT_IN", "receive"), ("OPT_OUT", "refuse"))
    options = tuple((value, words("page", key)) for value, key in switches)
    topics = tuple(
        Setting(topic.value, _capital(words("topic", topic.value)), options)
        for topic in (*TOPICS, *((Topic.DIGEST,) if has_digest else ()))
    )
    leaves = ((KEEP, words("page", "keep")), (LEAVE, words("page", "leave")))
    own = ("", words("page", "own").format(customer=brand.customer_name))
    tongues = tuple((tag, words_in(tag)("page", "own_name")) for tag in [*languages(), *regions()])
    zones = tuple((zone, zone) for zone in sorted(time_zones()))
    return (
        *topics,
        Setting(EVERYTHING, words("page", "everything"), leaves),
        Setting(LANGUAGE, words("page", "language"), (own, *tongues), chosen.language),
        Setting(TIMEZONE, words("page", "timezone"), (own, *zones), chosen.timezone),
    )


def changes_in(settings: tuple[Setting, ...], form: Mapping[str, str]) -> dict[str, str] | None:
    """Return the settings that a form changes; None if it has an invalid value. Pure."""
    found = {}
    for setting in settings:
        value = form.get(setting.name, setting.value)
        if value not in dict(setting.options):
            return None
        if value != setting.value:
            found[setting.name] = value
    return found


def _page(person: Person, settings: tuple[Setting, ...], brand: Brand) -> Page:
    who = pages.masked(person.address)
    return Page(
        pages.words_of(brand)("page", "preferences"),
        speaker_of(brand),
        screen="settings",
        lines=(pages.words_of(brand)("page", "settings_for").format(who=who),),
        path=f"/p/{person.text}",
        settings=settings,
    )


def _taken(
    responder: Responder,
    person: Person,
    chosen: Preference,
    page: Page,
    form: Mapping[str, str],
) -> Reply:
    """Ask for the word, or queue the choice."""
    brand, words, now = responder.brand, pages.words_of(responder.brand), responder.clock()
    changes = changes_in(page.settings, form)
    if not changes:
        problem = "unreadable" if changes is None else "nothing_chosen"
        return pages.reply(pages.with_problem(page, problem, {}, brand), brand, 400)
    page = replace(page, settings=(), wish=_facts(page.settings, changes))
    shown = (person.text, 0, chosen.version)
    page = replace(
        page,
        screen=Next.CONFIRM.value,
        word=words("page", "word_preferences"),
        carried=tuple(changes.items()),
        nonce=nonce(person.keyring, *shown, now),
    )
    if form.get("step") != Next.CONFIRM:
        return pages.reply(page, brand, 200)
    if not is_nonce(person.keyring, form.get("nonce", ""), *shown, now):
        return pages.reply(pages.with_problem(page, "stale", {}, brand), brand, 409)
    if not is_word(form.get("word", ""), page.word):
        return pages.reply(pages.with_problem(page, "word_wrong", {}, brand), brand, 400)
    _queue(responder, person, changes)
    lines = (words("page", "done_preferences"),)
    return pages.reply(replace(page, screen=Next.DONE.value, lines=lines), brand, 200)


def _queue(responder: Responder, person: Person, changes: Mapping[str, str]) -> None:
    token = person.token
    run = run_id(token.change_id, token.revision)
    hint = ChosenHint(run, token.batch, token.recipient, responder.clock(), dict(changes))
    send_all(responder.sqs, responder.preferences_queue, [(hint_chosen(hint), 0)])


def _facts(settings: tuple[Setting, ...], changes: Mapping[str, str]) -> tuple[Fact, ...]:
    return tuple(
        Fact(setting.label, (dict(setting.options)[changes[setting.name]],))
        for setting in settings
        if setting.name in changes
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
