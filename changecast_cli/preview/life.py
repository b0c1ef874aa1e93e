"""Which mails a change document causes for one customer: now, and in the rest of its life. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from changecast.change import Change, Kind, Status, view_for, with_revision
from changecast.compose import Brand, compose
from changecast.event import ChangeAnnounced
from changecast.ledger_items import Run, run_id
from changecast.metadata import Document
from changecast.plan import (
    Mailing,
    MailKind,
    Silent,
    Topic,
    Variant,
    base_of,
    decide,
    has_changes,
    mark,
)
from changecast_cli.failures import Refused

_LIFE = (
    (MailKind.APPROVAL_REQUEST, Topic.APPROVALS, Status.SUBMITTED),
    (MailKind.ANNOUNCEMENT, Topic.ANNOUNCEMENTS, Status.APPROVED),
    (MailKind.STARTED, Topic.ANNOUNCEMENTS, Status.IN_PROGRESS),
    (MailKind.COMPLETED, Topic.ANNOUNCEMENTS, Status.COMPLETED),
    (MailKind.CANCELLED, Topic.ANNOUNCEMENTS, Status.CANCELLED),
    (MailKind.WITHDRAWN, Topic.ANNOUNCEMENTS, Status.APPROVED),
)
_NOT_FOR_NOTICES = frozenset({MailKind.STARTED, MailKind.COMPLETED})


@dataclass(frozen=True)
class Mail:
    """One mail: who gets it and when, and its rendering. `now`: this document causes it."""

    name: str
    who: str
    kind: MailKind
    now: bool
    rendering: bytes


@dataclass(frozen=True)
class Life:
    """What the document causes now, in a sentence, and every mail of its life, those first."""

    says: str
    mails: tuple[Mail, ...]


def life_of(
    document: Document,
    previous: Document | None,
    brand: Brand,
    now: datetime,
    *,
    test: bool = False,
) -> Life:
    """Every mail of a change for one customer.

    `previous` is what the customer was announced before. Refused where neither names the customer,
    or the two are not an older and a newer revision of one change.
    """
    document = _numbered(document, previous)
    announced = _announced(document, previous, brand, now)
    runs = _runs(previous, brand, now)
    base = base_of(announced, brand.customer, runs)
    base_change = view_for(previous.change, brand.customer) if previous and base else None
    decision = decide(announced, brand.customer, runs, base_change)
    change = view_for(document.change, brand.customer)
    if isinstance(decision, Mailing):
        current = tuple(_now(change, decision, base_change, brand, now, test=test))
        return Life(_said(decision), (*current, *_later(change, decision.kind, brand, now)))
    says = decision.message if isinstance(decision, Silent) else "nothing new"
    return Life(f"Nobody gets a mail now: {says}.", tuple(_later(change, None, brand, now)))


def _said(mailing: Mailing) -> str:
    kind = mailing.kind.value.replace("_", " ")
    if not mailing.material:
        return f"Only who missed the last revision gets a mail now ({kind}): nothing material."
    return f"Subscribers of {mailing.topic.value} get a mail now: {kind}."


def _now(
    change: Change,
    mailing: Mailing,
    base: Change | None,
    brand: Brand,
    now: datetime,
    *,
    test: bool,
) -> Iterator[Mail]:
    renderings = compose(change, mailing, brand, previous=base, now=now, test=test)
    name = mailing.kind.value
    if has_changes(mailing) and mailing.material:
        rendering = renderings.get(Variant.CHANGED_CALENDAR) or renderings[Variant.CHANGED]
        yield Mail(f"{name}-changed", "who knows the last revision", mailing.kind, True, rendering)
    who = "who missed the last revision" if has_changes(mailing) else "everybody"
    yield Mail(f"{name}-full", who, mailing.kind, True, _full(renderings))


def _later(change: Change, current: MailKind | None, brand: Brand, now: datetime) -> Iterator[Mail]:
    for kind, topic, status in _LIFE:
        is_notice = change.kind is Kind.ANNOUNCEMENT
        if kind is current or (is_notice and kind in _NOT_FOR_NOTICES):
            continue
        then = change.model_copy(update={"status": status})
        mailing = Mailing(kind, topic, material=True, base=None)
        renderings = compose(then, mailing, brand, previous=None, now=now)
        yield Mail(kind.value, f"as it would read: {kind.value}", kind, False, _full(renderings))


def _full(renderings: dict[Variant, bytes]) -> bytes:
    return renderings.get(Variant.FULL_CALENDAR) or renderings[Variant.FULL]


def _numbered(document: Document, previous: Document | None) -> Document:
    """Like the hub: a document without a version is the revision after the last."""
    if previous is None:
        return document
    old, new = previous.change, document.change
    if old.change_id != new.change_id:
        raise Refused(f"--previous is change {old.change_id}, the document is {new.change_id}")
    if document.version is None and new.revision <= old.revision:
        return Document(**{**vars(document), "change": with_revision(new, old.revision + 1)})
    if new.revision <= old.revision:
        raise Refused(
            f"--previous is revision {old.revision}, the document {new.revision}: not older"
        )
    return document


def _announced(
    document: Document, previous: Document | None, brand: Brand, now: datetime
) -> ChangeAnnounced:
    code, change = brand.customer, document.change
    is_named = _names(document, brand)
    if not is_named and not (previous and _names(previous, brand)):
        named = ", ".join([*document.customers, *document.names])
        raise Refused(f"the document does not name customer {code} (it names {named})")
    return ChangeAnnounced(
        event_id=uuid5(NAMESPACE_URL, f"{change.change_id}/{change.revision}"),
        change_id=change.change_id,
        revision=change.revision,
        customers=(code,) if is_named else (),
        withdrawn=() if is_named else (code,),
        announced_at=now,
        announced_by="preview",
        correlation_id="preview",
        change=change,
        metadata={},
    )


def _names(document: Document, brand: Brand) -> bool:
    return brand.customer in document.customers or brand.customer_name in document.names


def _runs(previous: Document | None, brand: Brand, now: datetime) -> list[Run]:
    """What this customer's account would have done about the previous document."""
    if previous is None or not _names(previous, brand):
        return []
    announced = _announced(previous, None, brand, now)
    decision = decide(announced, brand.customer, [], None)
    if not isinstance(decision, Mailing):
        return []
    run = Run(
        run=run_id(announced.change_id, announced.revision),
        change_id=announced.change_id,
        revision=announced.revision,
        event_id=str(announced.event_id),
        fingerprint=mark(announced, brand.customer),
        kind=decision.kind,
        topic=decision.topic,
        material=True,
        started_at=now.timestamp(),
        trace_id="",
        complete=True,
    )
    return [run]
