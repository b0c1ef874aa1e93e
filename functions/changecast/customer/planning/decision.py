"""Decide which mail an announcement causes in this account: which kind, in which topic, or none.

The kinds are the members of `MailKind`. The decision depends on what the account has already done.
The texts of each kind are in compose/lead.py (which sentence) and compose/languages/*.toml (tables
`[kind]`, `[subject]` and `[lead]`). Who is withdrawn is decided in the hub
(hub/tracking/withdrawals.py). Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from changecast.contract.change import Change, Status, fingerprint, view_for
from changecast.contract.change_announced import REVISION_JUMP, ChangeAnnounced
from changecast.contract.differences import is_material
from changecast.contract.errors import ContractError
from changecast.customer.ledger.schema import Run
from changecast.customer.mailing import Mailing, MailKind, Topic, Variant, has_changes

# Events that are put by hand continue from the last revision; a longer jump is a mistake.
LONGEST_JUMP = 100


@dataclass(frozen=True)
class AlreadyDone:
    """This revision was planned before: report its state."""

    run: Run


@dataclass(frozen=True)
class Superseded:
    """A newer revision is known here: nobody gets this one."""

    by: int


@dataclass(frozen=True)
class Silent:
    """Nobody is mailed, and why: draft, never_announced."""

    code: str
    message: str


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
    """Return whether this customer is withdrawn; ContractError if the event is not for it."""
    if customer in announced.withdrawn:
        return True
    if customer in announced.customers:
        return False
    raise ContractError("not_for_this_customer", f"the event does not name customer {customer}")


def fingerprint_for(announced: ChangeAnnounced, customer: str) -> str:
    """Return the fingerprint of an announcement for this customer."""
    role = "withdrawn" if is_withdrawn(announced, customer) else "affected"
    return f"{fingerprint(announced.change, customer)}:{role}"


def refuse_forgotten(announced: ChangeAnnounced, keep: float, now: float) -> None:
    """Refuse a repeated announcement that the ledger does not know but may have forgotten.

    Nobody can then say who was mailed before, so everybody would be mailed again.

    Args:
        keep: How long the ledger keeps a change after its window, in seconds.
        now: Epoch seconds.

    Raises:
        ContractError: `no_longer_known`.
    """
    first, window = announced.first_announced_at, announced.change.window
    told = [at.timestamp() for at in (first, window.end if window else None) if at]
    if announced.reannounces is None or not told or max(told) + keep > now:
        return
    raise ContractError(
        "no_longer_known",
        "the change was announced before, and its window ended more than LedgerTtlDays ago. This "
        "account's ledger no longer knows who was mailed then, so nobody is mailed now",
    )


def base_of(announced: ChangeAnnounced, customer: str, runs: Iterable[Run]) -> Run | None:
    """Return the last material run before this revision, of the same topic if there is one.

    A run that is not material counts if no run before it does: the run that it was compared with is
    void by now, so it told everybody.

    None if people know nothing that is still valid: they were never told, or were last told that
    the change is withdrawn.
    """
    told: list[Run] = []
    for run in runs:
        is_before = run.revision < announced.revision and run.kind != SILENT
        if is_before and (run.material or not told):
            told = [] if run.kind == MailKind.WITHDRAWN else [*told, run]
    asks = announced.change.status is Status.SUBMITTED and customer not in announced.withdrawn
    topic = Topic.APPROVALS if asks else Topic.ANNOUNCEMENTS
    same_topic = [run for run in told if run.topic == topic]
    return next(reversed(same_topic or told), None)


def decide(
    announced: ChangeAnnounced, customer: str, runs: Sequence[Run], base_change: Change | None
) -> Decision:
    """Decide which mail the announcement causes.

    Args:
        runs: This account's runs of the change, oldest first.
        base_change: The content of `base_of`.

    Raises:
        ContractError: `not_for_this_customer`, `other_content`, `event_id_reused`.
    """
    same = _refuse_contradictions(announced, customer, runs)
    if same and same.complete:
        return AlreadyDone(same)
    if runs and runs[-1].revision > announced.revision:
        return Superseded(runs[-1].revision)
    _refuse_jump(announced, runs)
    if announced.change.status is Status.DRAFT:
        return Silent("draft", "a draft is never mailed")
    base = base_of(announced, customer, runs)
    if base is None and (ending := _ending_after_withdrawal(announced, customer, runs)):
        return ending
    if is_withdrawn(announced, customer):
        return _withdrawal(base)
    seen = view_for(announced.change, customer)
    return _mailing(seen, base, base_change, everybody=bool(announced.notify_all))


def _refuse_contradictions(
    announced: ChangeAnnounced, customer: str, runs: Sequence[Run]
) -> Run | None:
    seen = fingerprint_for(announced, customer)
    for run in runs:
        is_same = run.revision == announced.revision and run.fingerprint == seen
        if run.event_id == str(announced.event_id) and not is_same:
            raise ContractError(
                "event_id_reused", "the same event_id arrived with different content"
            )
        if run.revision == announced.revision and not is_same:
            raise ContractError(
                "other_content",
                f"revision {announced.revision} was announced here before, with different content",
            )
    return next((run for run in runs if run.revision == announced.revision), None)


def _refuse_jump(announced: ChangeAnnounced, runs: Sequence[Run]) -> None:
    """Refuse a revision far above the known ones that does not name its predecessor."""
    newest = runs[-1].revision if runs else announced.revision
    if announced.previous_revision is None and announced.revision - newest > LONGEST_JUMP:
        raise ContractError(
            REVISION_JUMP,
            f"revision {announced.revision} was put on the bus without `changecast announce`, and "
            f"is far above revision {newest}, the newest one that is known here",
        )


def _ending_after_withdrawal(
    announced: ChangeAnnounced, customer: str, runs: Iterable[Run]
) -> Mailing | None:
    """Return the mail that cancels the change for people who did not get the withdrawal.

    The withdrawal may have been superseded before it was sent; people who got it are up to date.
    """
    told = [run for run in runs if run.revision < announced.revision and run.material]
    if not told or told[-1].kind != MailKind.WITHDRAWN:
        return None
    withdrawal, topic = told[-1], Topic(told[-1].topic)
    if is_withdrawn(announced, customer):
        return Mailing(MailKind.WITHDRAWN, topic, False, withdrawal)
    if announced.change.status is Status.CANCELLED:
        return Mailing(MailKind.CANCELLED, topic, False, withdrawal)
    return None


def _withdrawal(base: Run | None) -> Decision:
    if base is None:
        return Silent("never_announced", "nobody here was ever told of this change")
    return Mailing(MailKind.WITHDRAWN, Topic(base.topic), True, base)


def _mailing(
    change: Change, base: Run | None, base_change: Change | None, *, everybody: bool
) -> Decision:
    kind = _KIND[change.status]
    announced_before = base is not None and base.topic == Topic.ANNOUNCEMENTS
    if kind is MailKind.CANCELLED and base is None:
        return Silent("never_announced", "the change was cancelled before anybody here was told")
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
    material = is_material(base_change, change)
    # If nothing reads differently, there is nothing to compare: everybody gets the whole mail.
    known = base if material or not everybody else None
    return Mailing(kind, topic, material or everybody, known)


def variant_for(mailing: Mailing, told: int | None, *, calendar: bool) -> Variant | None:
    """Return the variant for a recipient last told revision `told`; None if it is up to date."""
    up_to_date = mailing.base is not None and told is not None and told >= mailing.base.revision
    if up_to_date and not mailing.material:
        return None
    changed = up_to_date and has_changes(mailing)
    if calendar:
        return Variant.CHANGED_CALENDAR if changed else Variant.FULL_CALENDAR
    return Variant.CHANGED if changed else Variant.FULL
