"""Answering: the steps of a form, and the result of each.

    answer    what the person wants to say; the next page shows it, and asks for a word
    confirm   the word is right; an approval or a rejection asks for the code that is mailed now
    code      the code is right

Nothing is written before the last step, and nothing is mailed before the word is right: mail
scanners open links, press buttons, pick choices and fill fields.
"""

import logging
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import Retry
from changecast.contract.response import COMMENT_LIMIT, WINDOWS_LIMIT, Response
from changecast.customer.hints import hint_answer, hint_code
from changecast.customer.ledger.answers import Answer, GivenAnswer, Moved, write_answer
from changecast.customer.ledger.codes import confirm, issue_code, read_code, try_code
from changecast.customer.ledger.schema import mailbox_of, run_id
from changecast.customer.planning.recipients import normalise
from changecast.customer.responding.confirmation import code_of, is_code, is_nonce
from changecast.customer.responding.reading import Responder, Seen, possible
from changecast.customer.responding.wanted import WindowFault, wanted_windows
from changecast.lambdas.queues import send_all

log = logging.getLogger("changecast")

# Control characters except tab and line feed, and characters that no queue accepts.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# A browser's local date and time, which people read without the T.
_LOCAL = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)")


class Step(StrEnum):
    """The page that sent a form."""

    ANSWER = "answer"
    CONFIRM = "confirm"
    CODE = "code"


class Next(StrEnum):
    """The page that follows."""

    FORM = "form"
    CONFIRM = "confirm"
    CODE = "code"
    DONE = "done"


@dataclass(frozen=True)
class Wish:
    """The answer that a person wants to give."""

    response: Response
    comment: str
    windows: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Outcome:
    """Result of a form: the next page, its status, and its message.

    `problem` is a key of the table `page`, with `values` for its gaps.
    """

    page: Next
    status: int = 200
    problem: str = ""
    values: Mapping[str, str] | None = None
    wish: Wish | None = None


class Refused(Exception):
    """A form that no person can mean; `problem` says why."""

    def __init__(self, problem: str, **values: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.values = values


def answer(responder: Responder, seen: Seen, form: Mapping[str, str], word: str) -> Outcome:
    """Handle one form of a person's page.

    Args:
        responder: What answering needs.
        seen: What the person currently sees.
        form: The fields that were sent.
        word: The word that the person must type to confirm.
    """
    try:
        wish = wish_of(form, responder.brand.timezone, responder.clock())
        if wish.response not in possible(seen.view, responder.clock()):
            return Outcome(Next.FORM, 409, "not_now")
        if form.get("revision") != str(seen.view.revision):
            return Outcome(Next.FORM, 409, "newer_revision")
        return _step(responder, seen, form, wish, word)
    except Refused as refused:
        return Outcome(Next.FORM, 400, refused.problem, refused.values)
    except Moved:
        return Outcome(Next.FORM, 409, "moved")


def wish_of(form: Mapping[str, str], zone: str, now: float) -> Wish:
    """Return the answer that a form asks for.

    Raises:
        Refused: The form has no answer, or an impossible one.
    """
    if form.get("answer") not in {response.value for response in Response}:
        raise Refused("no_answer")
    response = Response(form["answer"])
    comment = _comment(form.get("comment", ""))
    if response is Response.REJECTED and not comment:
        raise Refused("reason_missing")
    if response is not Response.RESCHEDULE_REQUESTED:
        return Wish(response, comment, ())
    pairs = [
        (form.get(f"start{number}", ""), form.get(f"end{number}", ""))
        for number in range(1, WINDOWS_LIMIT + 1)
    ]
    try:
        return Wish(response, comment, wanted_windows(pairs, zone, now))
    except WindowFault as fault:
        entered = _LOCAL.sub(r"\1 \2", fault.entered)
        found = {"number": str(fault.number), "entered": entered, "zone": zone}
        raise Refused(fault.fault.value, **found) from fault


def _comment(text: str) -> str:
    """Return a comment as it is stored; Refused if it cannot be."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(plain) > COMMENT_LIMIT:
        raise Refused("comment_long", length=f"{len(plain)}", most=f"{COMMENT_LIMIT}")
    if _UNFIT.search(plain):
        raise Refused("comment_unfit")
    return plain


def _step(
    responder: Responder, seen: Seen, form: Mapping[str, str], wish: Wish, word: str
) -> Outcome:
    step = form.get("step", Step.ANSWER)
    if step == Step.ANSWER:
        return Outcome(Next.CONFIRM, wish=wish)
    if _is_recorded(seen, wish):
        return Outcome(Next.DONE, wish=wish)  # pressed twice
    now = responder.clock()
    nonce = form.get("nonce", "")
    shown = (seen.text, seen.view.revision, seen.version)
    if not is_nonce(seen.keyring, nonce, *shown, now):
        return Outcome(Next.FORM, 409, "stale")
    if not is_word(form.get("word", ""), word):
        return Outcome(Next.CONFIRM, 400, "word_wrong", wish=wish)
    if not (responder.needs_code and wish.response.is_decision):
        return _write(responder, seen, wish)
    return _with_code(responder, seen, form, wish)


def _with_code(responder: Responder, seen: Seen, form: Mapping[str, str], wish: Wish) -> Outcome:
    """Ask for the code, or check it; people who entered one before are not asked again."""
    ledger, token = responder.ledger, seen.token
    if read_code(ledger, token.person, token.change_id).confirmed:
        return _write(responder, seen, wish)
    if form.get("step") != Step.CODE or "again" in form:
        return _mail_code(responder, seen, wish)
    code = try_code(ledger, token.person, token.change_id, responder.clock())
    if code is None:
        return Outcome(Next.CODE, 400, _or_unmailed(responder, seen, "code_over"), wish=wish)
    expected = code_of(seen.keyring, token.person, token.change_id, code.number)
    if not is_code(form.get("code", ""), expected):
        return Outcome(Next.CODE, 400, _or_unmailed(responder, seen, "code_wrong"), wish=wish)
    confirm(ledger, token.person, token.change_id, code)
    return _write(responder, seen, wish)


def _or_unmailed(responder: Responder, seen: Seen, problem: str) -> str:
    """Return the message about a wrong code, which the person may never have received."""
    code = read_code(responder.ledger, seen.token.person, seen.token.change_id)
    return "code_unmailed" if code.unmailed and code.unmailed == code.number else problem


def _mail_code(responder: Responder, seen: Seen, wish: Wish) -> Outcome:
    token, now = seen.token, responder.clock()
    code = issue_code(responder.ledger, token.person, token.change_id, now, seen.view.expires_at)
    if code is None:
        return Outcome(Next.CODE, 429, "code_limit", wish=wish)
    run = run_id(token.change_id, token.revision)
    hint = hint_code(run, token.batch, token.recipient, code.number)
    send_all(responder.sqs, responder.deliveries_queue, [(hint, 0)])
    return Outcome(Next.CODE, wish=wish)


def _write(responder: Responder, seen: Seen, wish: Wish) -> Outcome:
    """Record the answer and queue its report; if queueing fails, the sweep repeats it."""
    ledger, token = responder.ledger, seen.token
    written = write_answer(
        ledger,
        Answer(
            change_id=token.change_id,
            person=token.person,
            version=seen.version + 1,
            response=wish.response,
            revision=seen.view.revision,
            fingerprint=seen.view.fingerprint,
            responder=seen.keyring.responder(token.person),
            seq=0,
            at=responder.clock(),
            comment=wish.comment,
            windows=wish.windows,
            mailbox=mailbox_of(normalise(seen.address)),
            address=seen.address if responder.tells_address else "",
            expires_at=seen.view.expires_at,
        ),
        seen.view,
    )
    hint = hint_answer(GivenAnswer(token.change_id, token.person, written.version))
    try:
        send_all(responder.sqs, responder.reports_queue, [(hint, 0)])
    except (Retry, ClientError, BotoCoreError):
        log.warning("no hint", extra={"change_id": token.change_id})
    return Outcome(Next.DONE, wish=wish)


def _is_recorded(seen: Seen, wish: Wish) -> bool:
    last = seen.answer
    return last is not None and (last.response, last.comment, last.windows, last.revision) == (
        wish.response, wish.comment, wish.windows, seen.view.revision,
    )  # fmt: skip


def is_word(typed: str, word: str) -> bool:
    """Return whether the person typed the word, ignoring case and blanks."""
    return _folded(typed) == _folded(word)


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()
