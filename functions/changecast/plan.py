"""What an announcement asks of this account, given what the account has already done. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from changecast.change import Change, Status, fingerprint, is_material, view_for
from changecast.errors import ContractError
from changecast.event import ChangeAnnounced
from changecast.ledger_items import Run


class Topic(StrEnum):
    """What a contact of the customer's list subscribes to."""

    APPROVALS = "approvals"
    ANNOUNCEMENTS = "announcements"
    CALENDAR = "calendar"


class MailKind(StrEnum):
    """What a mail is about; it decides subject, first line and calendar method."""

    APPROVAL_REQUEST = "approval_request"
    ANNOUNCEMENT = "announcement"
    UPDATE = "update"
    STARTED = "started"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


class Variant(StrEnum):
    """Which rendering of a run's mail a recipient gets."""

    FULL = "full"
    CHANGED = "changed"
    FULL_CALENDAR = "full-calendar"
    CHANGED_CALENDAR = "changed-calendar"


@dataclass(frozen=True)
class AlreadyDone:
    """This revision was planned before: report where it stands."""

    run: Run


@dataclass(frozen=True)
class Superseded:
    """A newer revision is known here: nobody is mailed this one."""

    by: int


@dataclass(frozen=True)
class Silent:
    """Nobody is to be mailed, and why: draft, never_announced."""

    code: str
    message: str


@dataclass(frozen=True)
class Mailing:
    """A mail is to go out. `base` is the revision to compare with, None for a first mail.

    `material` is False where only those must hear who missed the base.
    """

    kind: MailKind
    topic: Topic
    material: bool
    base: Run | None


Decision = AlreadyDone | Superseded | Silent | Mailing

_KIND = {
    Status.SUBMITTED: MailKind.APPROVAL_REQUEST,
    Status.APPROVED: MailKind.ANNOUNCEMENT,
    Status.IN_PROGRESS: MailKind.STARTED,
    Status.COMPLETED: MailKind.COMPLETED,
    Status.CANCELLED: MailKind.CANCELLED,
}
SILENT = "silent"


def is_withdrawn(announced: ChangeAnnounced, customer: str) -> bool:
    """Whether this customer was dropped; ContractError where the event is not for it at all."""
    if customer in announced.withdrawn:
        return True
    if customer in announced.customers:
        return False
    raise ContractError("not_for_this_customer", f"the event does not name customer {customer}")


def mark(announced: ChangeAnnounced, customer: str) -> str:
    """What makes two announcements of one revision the same for this customer."""
    role = "withdrawn" if is_withdrawn(announced, customer) else "affected"
    return f"{fingerprint(announced.change, customer)}:{role}"


def base_of(announced: ChangeAnnounced, customer: str, runs: Iterable[Run]) -> Run | None:
    """The last material run before this revision, of this one's own topic if there is one.

    None where people know nothing that holds: they were never told, or last that it is withdrawn.
    """
    told: list[Run] = []
    for run in runs:
        if run.revision < announced.revision and run.material and run.kind != SILENT:
            told = [] if run.kind == MailKind.WITHDRAWN else [*told, run]
    asks = announced.change.status is Status.SUBMITTED and customer not in announced.withdrawn
    topic = Topic.APPROVALS if asks else Topic.ANNOUNCEMENTS
    same_topic = [run for run in told if run.topic == topic]
    return next(reversed(same_topic or told), None)


def decide(
    announced: ChangeAnnounced, customer: str, runs: Sequence[Run], base_change: Change | None
) -> Decision:
    """What to do. `runs` are this account's runs of the change, oldest first; `base_change` is
    the content of `base_of`.

    Raises ContractError: `not_for_this_customer`, `other_content`, `event_id_reused`.
    """
    same = _refuse_contradictions(announced, customer, runs)
    if same and same.complete:
        return AlreadyDone(same)
    if runs and runs[-1].revision > announced.revision:
        return Superseded(runs[-1].revision)
    if announced.change.status is Status.DRAFT:
        return Silent("draft", "a draft is never mailed")
    base = base_of(announced, customer, runs)
    if is_withdrawn(announced, customer):
        return _withdrawal(base)
    return _mailing(view_for(announced.change, customer), base, base_change)


def _refuse_contradictions(
    announced: ChangeAnnounced, customer: str, runs: Sequence[Run]
) -> Run | None:
    seen = mark(announced, customer)
    for run in runs:
        is_same = run.revision == announced.revision and run.fingerprint == seen
        if run.event_id == str(announced.event_id) and not is_same:
            raise ContractError("event_id_reused", "the same event_id came with another body")
        if run.revision == announced.revision and not is_same:
            raise ContractError(
                "other_content",
                f"revision {announced.revision} was announced here with other content",
            )
    return next((run for run in runs if run.revision == announced.revision), None)


def _withdrawal(base: Run | None) -> Decision:
    if base is None:
        return Silent("never_announced", "nobody here was told of this change")
    return Mailing(MailKind.WITHDRAWN, Topic(base.topic), True, base)


def _mailing(change: Change, base: Run | None, base_change: Change | None) -> Decision:
    kind = _KIND[change.status]
    announced_before = base is not None and base.topic == Topic.ANNOUNCEMENTS
    if kind is MailKind.CANCELLED and base is None:
        return Silent("never_announced", "cancelled before anybody here was told")
    approvals = kind is MailKind.APPROVAL_REQUEST or (
        kind is MailKind.CANCELLED and not announced_before
    )
    topic = Topic.APPROVALS if approvals else Topic.ANNOUNCEMENTS
    goes_on = base_change is not None and base_change.status is change.status
    if announced_before and (
        kind is MailKind.ANNOUNCEMENT or (kind is MailKind.STARTED and goes_on)
    ):
        kind = MailKind.UPDATE
    if base is None or base_change is None or base.topic != topic:
        return Mailing(kind, topic, True, None)
    return Mailing(kind, topic, is_material(base_change, change), base)


def variant_for(mailing: Mailing, told: int | None, *, calendar: bool) -> Variant | None:
    """Which rendering somebody gets who was last told revision `told`; None: is up to date."""
    up_to_date = mailing.base is not None and told is not None and told >= mailing.base.revision
    if up_to_date and not mailing.material:
        return None
    changed = up_to_date and has_changes(mailing)
    if calendar:
        return Variant.CHANGED_CALENDAR if changed else Variant.FULL_CALENDAR
    return Variant.CHANGED if changed else Variant.FULL


def has_changes(mailing: Mailing) -> bool:
    """Whether this kind of mail says what changed to those who know the base."""
    ends = {MailKind.CANCELLED, MailKind.WITHDRAWN}
    return mailing.base is not None and mailing.kind not in ends
