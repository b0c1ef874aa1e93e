"""The mails that a change document causes for one customer, now and later. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from changecast.contract.change import Change, Kind, Status, view_for, with_revision
from changecast.contract.change_announced import ChangeAnnounced
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.text.fields import forms_of
from changecast.customer.compose.text.reading import Form
from changecast.customer.compose.variants import compose
from changecast.customer.ledger.schema import Run, run_id
from changecast.customer.mailing import Mailing, MailKind, Topic, Variant, has_changes
from changecast.customer.planning.decision import Silent, base_of, decide, fingerprint_for
from changecast.hub.announcing.metadata import Document, same_name
from changecast_cli.failures import Refused

_LIFE = (
    (MailKind.APPROVAL_REQUEST, Topic.APPROVALS, Status.SUBMITTED),
    (MailKind.ANNOUNCEMENT, Topic.ANNOUNCEMENTS, Status.APPROVED),
    (MailKind.STARTED, Topic.ANNOUNCEMENTS, Status.IN_PROGRESS),
    (MailKind.COMPLETED, Topic.ANNOUNCEMENTS, Status.COMPLETED),
    (MailKind.CANCELLED, Topic.ANNOUNCEMENTS, Status.CANCELLED),
    (MailKind.WITHDRAWN, Topic.ANNOUNCEMENTS, Status.APPROVED),
)
_LATER = {
    MailKind.APPROVAL_REQUEST: "if it is submitted for approval",
    MailKind.ANNOUNCEMENT: "when it is approved",
    MailKind.STARTED: "when it starts",
    MailKind.COMPLETED: "when it is completed",
    MailKind.CANCELLED: "if it is cancelled",
    MailKind.WITHDRAWN: "if it no longer affects this customer",
}
_NOT_FOR_NOTICES = frozenset({MailKind.STARTED, MailKind.COMPLETED})


@dataclass(frozen=True)
class PreviewMail:
    """A mail and its rendering. `now` says that this document causes it.

    `who` is who gets it; of a later mail, when it goes out.
    """

    name: str
    who: str
    kind: MailKind
    now: bool
    rendering: bytes


@dataclass(frozen=True)
class Life:
    """What the document causes now, in a sentence, and every mail of its life, current ones first.

    `forms` are the fields with more than plain text, and how they are read.
    """

    says: str
    mails: tuple[PreviewMail, ...]
    forms: Mapping[str, Form]


def life_of(
    document: Document,
    previous: Document | None,
    brand: Brand,
    now: datetime,
    *,
    test: bool = False,
) -> Life:
    """Return every mail of a change for one customer.

    `previous` is what the customer was announced before. Refused if neither names the customer,
    or the two are not an older and a newer revision of one change.
    """
    document = _numbered(document, previous)
    current = current_of(document, previous, brand, now, test=test)
    kind = current.mails[0].kind if current.mails else None
    later = _later(view_for(document.change, brand.customer), kind, brand, now)
    return replace(current, mails=(*current.mails, *later))


def current_of(
    document: Document,
    previous: Document | None,
    brand: Brand,
    now: datetime,
    *,
    test: bool = False,
) -> Life:
    """Return what the document causes now, without the later mails. Refused as in `life_of`."""
    document = _numbered(document, previous)
    announced = _announced(document, previous, brand, now)
    runs = _runs(previous, brand, now)
    base = base_of(announced, brand.customer, runs)
    base_change = view_for(previous.change, brand.customer) if previous and base else None
    decision = decide(announced, brand.customer, runs, base_change)
    change = view_for(document.change, brand.customer)
    forms = forms_of(change)
    if isinstance(decision, Mailing):
        mails = tuple(_now(change, decision, base_change, brand, now, test=test))
        return Life(_said(decision), mails, forms)
    says = decision.message if isinstance(decision, Silent) else "nothing new"
    return Life(f"Nobody would get a mail now: {says}.", (), forms)


def _said(mailing: Mailing) -> str:
    kind = mailing.kind.value.replace("_", " ")
    if not mailing.material:
        return (
            f"Only people who missed the last revision would get a mail now ({kind}); nothing "
            "material changed."
        )
    return f"Subscribers of {mailing.topic.value} would get a mail now: {kind}."


def _now(
    change: Change,
    mailing: Mailing,
    base: Change | None,
    brand: Brand,
    now: datetime,
    *,
    test: bool,
) -> Iterator[PreviewMail]:
    renderings = compose(change, mailing, brand, previous=base, now=now, test=test)
    name = mailing.kind.value
    if has_changes(mailing) and mailing.material:
        rendering = renderings.get(Variant.CHANGED_CALENDAR) or renderings[Variant.CHANGED]
        yield PreviewMail(
            f"{name}-changed",
            "people who got the last revision",
            mailing.kind,
            True,
            rendering,
        )
    who = "people who missed the last revision" if has_changes(mailing) else "everybody"
    yield PreviewMail(f"{name}-full", who, mailing.kind, True, _full(renderings))


def _later(
    change: Change, current: MailKind | None, brand: Brand, now: datetime
) -> Iterator[PreviewMail]:
    for kind, topic, status in _LIFE:
        is_notice = change.kind is Kind.ANNOUNCEMENT
        if kind is current or (is_notice and kind in _NOT_FOR_NOTICES):
            continue
        then = change.model_copy(update={"status": status})
        mailing = Mailing(kind, topic, material=True, base=None)
        renderings = compose(then, mailing, brand, previous=None, now=now)
        yield PreviewMail(kind.value, f"later, {_LATER[kind]}", kind, False, _full(renderings))


def _full(renderings: dict[Variant, bytes]) -> bytes:
    return renderings.get(Variant.FULL_CALENDAR) or renderings[Variant.FULL]


def _numbered(document: Document, previous: Document | None) -> Document:
    """Number a document as the hub does: without a version, it is the next revision."""
    if previous is None:
        return document
    old, new = previous.change, document.change
    if old.change_id != new.change_id:
        raise Refused(
            f"--previous is about {old.change_id}, but the document is about {new.change_id}"
        )
    if document.version is None and new.revision <= old.revision:
        return Document(**{**vars(document), "change": with_revision(new, old.revision + 1)})
    if new.revision <= old.revision:
        raise Refused(
            f"--previous is revision {old.revision}, which is not older than the document's "
            f"{new.revision}"
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
    names = {same_name(name) for name in document.names}
    return brand.customer in document.customers or same_name(brand.customer_name) in names


def _runs(previous: Document | None, brand: Brand, now: datetime) -> list[Run]:
    """Return the runs that the previous document would have caused in the customer's account."""
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
        fingerprint=fingerprint_for(announced, brand.customer),
        kind=decision.kind,
        topic=decision.topic,
        material=True,
        started_at=now.timestamp(),
        trace_id="",
        complete=True,
    )
    return [run]
