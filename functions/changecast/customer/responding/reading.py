"""From a token to its person and its change, and the possible answers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from changecast.contract.change import Change, Status, Window
from changecast.contract.response import Response
from changecast.customer.compose.brand import Brand, brand_of
from changecast.customer.ledger.answers import (
    Answer,
    ChangeView,
    read_answer,
    read_view,
    revoked_at,
)
from changecast.customer.ledger.preferences import read_preference
from changecast.customer.ledger.schema import run_id
from changecast.customer.ledger.table import Ledger, read_recipient
from changecast.customer.planning.looks import dressed, look_of
from changecast.customer.planning.recipients import normalise
from changecast.customer.renderings import mails_bucket
from changecast.customer.responding.keyring import Keyring, Keyrings
from changecast.customer.responding.settings import RespondSettings
from changecast.customer.responding.tokens import (
    Refusal,
    Scope,
    Token,
    TokenRefused,
    key_number,
    read,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True)
class Responder:
    """What answering needs: this account's ledger, mails bucket, queues, keyring and looks."""

    ledger: Ledger
    s3: "S3Client"
    bucket: str
    sqs: "SQSClient"
    reports_queue: str
    deliveries_queue: str
    preferences_queue: str
    keyrings: Keyrings
    brand: Brand
    needs_code: bool
    tells_address: bool
    has_digest: bool
    clock: Callable[[], float]

    def accept(self, text: str, scope: Scope) -> tuple[Keyring, Token]:
        """Return a token that grants `scope` now, and the keyring; else raise TokenRefused."""
        keyring, now = self.keyrings.get(needs=key_number(text)), self.clock()
        token = read(keyring, text, scope, self.brand.customer, now)
        # Tokens are issued in whole minutes: a link issued in the minute of the revocation ends
        # too.
        if token.issued_at <= revoked_at(self.ledger, token.person):
            raise TokenRefused(Refusal.REVOKED)
        return keyring, token

    def speaking_to(self, address: str) -> "Responder":
        """Return a responder with the language and time zone that a person chose."""
        look = look_of(read_preference(self.ledger, normalise(address)), self.brand)
        return replace(self, brand=dressed(self.brand, look)) if look else self

    def read_change(self, run: str) -> Change | None:
        """Return a change as a run announced it; None if it is no longer kept."""
        return _change(self.s3, self.bucket, run)


def responder_of(
    settings: RespondSettings,
    ledger: Ledger,
    s3: "S3Client",
    sqs: "SQSClient",
    secrets: "SecretsManagerClient",
    clock: Callable[[], float],
) -> Responder:
    """Return the responder that an account's settings describe."""
    return Responder(
        ledger,
        s3,
        settings.mails_bucket,
        sqs,
        settings.reports_queue_url,
        settings.deliveries_queue_url,
        settings.preferences_queue_url,
        Keyrings(secrets, settings.response_keyring, clock),
        brand_of(settings, responses=True),
        settings.response_confirmation == "code",
        settings.responder_identity == "address",
        settings.has_digest,
        clock,
    )


@dataclass(frozen=True)
class Person:
    """The person whose link it is."""

    token: Token
    text: str
    keyring: Keyring
    address: str


class Standing(StrEnum):
    """Whether a change accepts answers, and if not, why."""

    OPEN = "open"
    OVER = "over"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Viewed:
    """What everybody with a link sees of one change now. `told` is what the link was sent with."""

    token: Token
    text: str
    keyring: Keyring
    view: ChangeView
    change: Change
    told: Change | None


@dataclass(frozen=True)
class Seen(Viewed):
    """What one person sees of one change now."""

    address: str
    answer: Answer | None

    @property
    def version(self) -> int:
        """Number of the person's answers."""
        return self.answer.version if self.answer else 0


def see(responder: Responder, text: str) -> Seen:
    """Return what the holder of a link may see; changes nothing.

    Raises:
        TokenRefused: The link grants nothing, or its change is no longer kept.
    """
    viewed = view_with(responder, text, Scope.RESPOND)
    token = viewed.token
    address = _address(responder, token, viewed.keyring)
    answer = read_answer(responder.ledger, token.change_id, token.person)
    return Seen(**vars(viewed), address=address, answer=answer)


def view_with(responder: Responder, text: str, scope: Scope) -> Viewed:
    """Return what a link of this scope shows to everybody who has it; it changes nothing.

    Raises:
        TokenRefused: The link grants nothing, or what it was about is no longer kept.
    """
    keyring, token = responder.accept(text, scope)
    view = read_view(responder.ledger, token.change_id)
    change = _change(responder.s3, responder.bucket, view.run) if view else None
    if view is None or change is None:
        raise TokenRefused(Refusal.GONE)
    told = _told(responder, token, view)
    return Viewed(token, text, keyring, view, _as_told(change, view), told)


def _address(responder: Responder, token: Token, keyring: Keyring) -> str:
    run = run_id(token.change_id, token.revision)
    recipient = read_recipient(responder.ledger, run, token.batch, token.recipient)
    if recipient is None or not recipient.address:
        raise TokenRefused(Refusal.GONE)
    if keyring.person(normalise(recipient.address)) != token.person:
        raise TokenRefused(Refusal.GONE)
    return recipient.address


def person_with(responder: Responder, text: str) -> Person:
    """Return the person to whom a link to the preferences belongs.

    Raises:
        TokenRefused: The link grants nothing, or its recipient is no longer kept.
    """
    keyring, token = responder.accept(text, Scope.PREFERENCES)
    return Person(token, text, keyring, _address(responder, token, keyring))


def _told(responder: Responder, token: Token, view: ChangeView) -> Change | None:
    """Return the change in the link's mail, if there is a newer revision."""
    if token.revision == view.revision:
        return None
    return _change(responder.s3, responder.bucket, run_id(token.change_id, token.revision))


@lru_cache(maxsize=256)
def _change(s3: "S3Client", bucket: str, run: str) -> Change | None:
    """Read a change as a run announced it, and keep it while the function is warm."""
    body = mails_bucket.get(s3, bucket, mails_bucket.change_key(run))
    return Change.model_validate_json(body) if body is not None else None


def _as_told(change: Change, view: ChangeView) -> Change:
    """Return the change; a cancelled one has the window that people were told."""
    if change.status is not Status.CANCELLED or not view.window_end:
        return change
    window = Window.model_validate(
        {
            "start": _rfc3339(view.window_start),
            "end": _rfc3339(view.window_end),
            "timezone": change.window.timezone if change.window else "UTC",
        }
    )
    return change.model_copy(update={"window": window})


def standing_of(view: ChangeView, now: float) -> Standing:
    """Return whether a change accepts answers. Pure."""
    if view.withdrawn:
        return Standing.WITHDRAWN
    if view.status == Status.CANCELLED:
        return Standing.CANCELLED
    is_past = bool(view.window_end) and now >= view.window_end
    return Standing.OVER if is_past or view.status == Status.COMPLETED else Standing.OPEN


def possible(view: ChangeView, now: float) -> tuple[Response, ...]:
    """Return the possible answers to a change, in reading order. Pure."""
    if standing_of(view, now) is not Standing.OPEN:
        return ()
    decides = view.status == Status.SUBMITTED
    has_time = bool(view.window_start) and now < view.window_start
    movable = has_time and view.status in {Status.SUBMITTED, Status.APPROVED}
    found = [Response.APPROVED, Response.REJECTED] if decides else []
    found.append(Response.ACKNOWLEDGED)
    return (*found, Response.RESCHEDULE_REQUESTED) if movable else tuple(found)


def _rfc3339(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
