"""Reminders of a change: expected when it is announced, planned when they are due.

Each reminder is a run, so that SES's events, reports and counts never mix with the announcement's.
A reminder writes its run before it reads the announcements, and a new revision writes its run
before it reads the reminders. So if a window is moved while a reminder is planned, at least one of
them sees the other.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from changecast.contract.change import Change, Kind, Status
from changecast.contract.change_announced import ChangeAnnounced
from changecast.customer.compose.notice import occasion_for
from changecast.customer.compose.variants import compose
from changecast.customer.ledger import runs
from changecast.customer.ledger.due_reminders import (
    DueReminder,
    expect_reminder,
    read_due_reminder,
)
from changecast.customer.ledger.endpoints import read_endpoints
from changecast.customer.ledger.opening import add_endpoints, add_recipients, begin
from changecast.customer.ledger.preferences import read_preferences
from changecast.customer.ledger.schema import (
    ChannelName,
    Recipient,
    Run,
    reminder_key,
    with_reason,
)
from changecast.customer.ledger.states import TOLD, State
from changecast.customer.ledger.table import (
    Ledger,
    all_batches,
    counts,
    read_run,
    reminders_of,
    runs_of,
)
from changecast.customer.mailing import (
    SHORT_REMINDERS,
    Mailing,
    MailKind,
    Topic,
    Variant,
)
from changecast.customer.planning.account_limits import ProposedRun, limit_run
from changecast.customer.planning.audience import Audience, audience_of, recipient_for
from changecast.customer.planning.contact_list import ContactList
from changecast.customer.planning.decision import SILENT, is_withdrawn
from changecast.customer.planning.discards import up_to_date
from changecast.customer.planning.endpoints import (
    WHOLE,
    endpoint_renderings,
    reminded_endpoints,
)
from changecast.customer.planning.looks import Look, Looks, dressed, looks_of, variant_in
from changecast.customer.planning.planner import Planner
from changecast.customer.planning.recipients import allowed, normalise
from changecast.customer.planning.reminding import (
    KnownRuns,
    Verdict,
    expected,
    outdated,
    verdict,
)
from changecast.customer.planning.shared_reading import contacts
from changecast.customer.renderings import mails_bucket

log = logging.getLogger("changecast")

NOBODY = "nobody_to_remind"
_REMINDER = Mailing(MailKind.REMINDER, Topic.ANNOUNCEMENTS, material=True, base=None)
_WHOLE = Mailing(MailKind.ANNOUNCEMENT, Topic.ANNOUNCEMENTS, material=True, base=None)
_ENTRY = replace(_WHOLE, topic=Topic.CALENDAR)
# The mailing from which each variant is composed, and the name of its rendering.
_COMPOSED = {
    Variant.REMINDER: (_REMINDER, Variant.FULL),
    Variant.ONLY_CALENDAR_REMINDER: (replace(_REMINDER, topic=Topic.CALENDAR), Variant.FULL),
    Variant.FULL: (_WHOLE, Variant.FULL),
    Variant.FULL_CALENDAR: (_WHOLE, Variant.FULL_CALENDAR),
    Variant.ONLY_CALENDAR: (_ENTRY, Variant.FULL_CALENDAR),
}


def reminded_start(announced: ChangeAnnounced, customer: str) -> float:
    """Return the start of a change (epoch seconds); 0 if people may not be reminded of it.

    It is cut to the minute, as mails show it: a window that moves by seconds has not moved.
    """
    change = announced.change
    is_meant = change.kind is Kind.CHANGE and change.status is Status.APPROVED
    if announced.test or not is_meant or not change.window or is_withdrawn(announced, customer):
        return 0.0
    return change.window.start.timestamp() // 60 * 60


def follow_change(
    planner: Planner, standing: Sequence[Run], expires_at: int, now: float
) -> tuple[Run, ...]:
    """Expect the reminders of a change after planning, and end those of other windows.

    Args:
        standing: This account's valid announcements of the change, oldest first.
        expires_at: When the change's items expire (epoch seconds).

    Returns:
        The reminders that were ended.
    """
    if not planner.remind_before or not standing:
        return ()
    known = KnownRuns(standing, reminders_of(planner.ledger, standing[-1].change_id))
    ended = outdated(known)
    for run in ended:
        runs.supersede(planner.ledger, run, now)
    for due in expected(standing, planner.remind_before, now):
        expect_reminder(planner.ledger, due, expires_at)
    return tuple(ended)


def reminders_known(planner: Planner, change_id: str) -> list[Run]:
    """Return a change's planned reminders; none if the account sends no reminders."""
    return reminders_of(planner.ledger, change_id) if planner.remind_before else []


def told_by_reminders(planner: Planner, change_id: str, since: int) -> dict[str, int]:
    """Return the people whose reminder was the whole change, with its revision, since `since`."""
    found = reminders_known(planner, change_id)
    return _told_whole(planner.ledger, [run for run in found if run.revision >= since])


def _told_whole(ledger: Ledger, reminders: Sequence[Run]) -> dict[str, int]:
    return {
        recipient.address: run.revision
        for run in sorted(reminders, key=lambda run: run.revision)
        for batch in all_batches(ledger, run)
        for recipient in batch.recipients
        if recipient.state in TOLD and _is_whole(recipient)
    }


def _is_whole(recipient: Recipient) -> bool:
    """Return whether a reminder tells this recipient the whole change."""
    if recipient.channel is not ChannelName.EMAIL:
        return recipient.variant.endswith(WHOLE)
    return recipient.variant.partition("@")[0] not in SHORT_REMINDERS


class PlannedReminder(NamedTuple):
    """A reminder to settle once its run, if it has one, is queued and its report requested."""

    due: DueReminder
    run: Run | None


def plan_reminder(
    planner: Planner, named: DueReminder, trace_id: str, now: float, arrived_at: float
) -> PlannedReminder | None:
    """Plan a reminder if it is due and still wanted; do nothing if it must wait.

    A repeated call continues from the ledger after any interruption, and adds nobody twice.

    Returns:
        The reminder to settle; None if it must wait, or is settled already.

    Raises:
        PauseRun: The contact list cannot be read until a person acts.
        Retry: SES or the ledger is too busy.
    """
    due = read_due_reminder(planner.ledger, named)
    if due is None:
        return None
    known = _known(planner.ledger, due)
    found = _judged(planner, due, known, now)
    if found is Verdict.LATER:
        return None
    if found is Verdict.SETTLED:
        run = _ended(planner.ledger, due, now)
    else:
        run = _planned(planner, due, known, trace_id, now, arrived_at)
        if run is None:
            return None
    return PlannedReminder(due, run and _unless_outdated(planner.ledger, due, run, now))


def _unless_outdated(ledger: Ledger, due: DueReminder, run: Run, now: float) -> Run:
    """End a planned reminder that a revision outdated meanwhile, and return it.

    The planner of that revision could not end it if it looked before the reminder was complete.
    """
    if not any(each.run == run.run for each in outdated(_known(ledger, due))):
        return run
    runs.supersede(ledger, run, now)
    return read_run(ledger, run.run) or run


def _known(ledger: Ledger, due: DueReminder) -> KnownRuns:
    found = runs_of(ledger, due.change_id)
    standing = [run for run in found if not run.discarded]
    void = [run for run in found if run.discarded]
    return KnownRuns(standing, reminders_of(ledger, due.change_id), void)


def _judged(planner: Planner, due: DueReminder, known: KnownRuns, now: float) -> Verdict:
    """Return the verdict on a reminder; it waits until its announcement has gone out."""
    found = verdict(due, known, planner.remind_before, now)
    announced = [run for run in known.standing if not run.superseded]
    if found is Verdict.PLAN and any(_goes_out(planner.ledger, run) for run in announced):
        return Verdict.LATER
    return found


def _goes_out(ledger: Ledger, run: Run) -> bool:
    """Return whether mails of the run are still to be sent."""
    counted = counts(ledger, run)
    return bool(counted[State.PLANNED] or counted[State.SENDING])


def _ended(ledger: Ledger, due: DueReminder, now: float) -> Run | None:
    """End and return the run of a reminder that is no longer wanted, if there is one.

    A completely planned run stays unchanged: the sweep ends the rest of it in time.
    """
    run = read_run(ledger, due.run)
    if run is None or run.complete:
        return run
    runs.supersede(ledger, run, now)
    late = (
        "the reminder's time had passed before it could be planned, or the change's "
        "window was moved"
    )
    ended = with_reason(run, class_="superseded", code="too_late", message=late, now=now)
    return runs.complete(ledger, replace(ended, superseded=True))


def _planned(
    planner: Planner, due: DueReminder, known: KnownRuns, trace_id: str, now: float,
    arrived_at: float,
) -> Run | None:  # fmt: skip
    """Open the run and write its recipients; None if it must wait.

    The run may be one that an interrupted planner opened for an earlier revision: it tells the
    newest one now.
    """
    newest = known.standing[-1]
    change = _change_of(planner, newest)
    listed = contacts(planner.reader, arrived_at)
    if change is None:
        return None
    begun = begin(planner.ledger, _run(due, newest, trace_id, now))
    known = _known(planner.ledger, due)
    found = _judged(planner, due, known, now)
    if found is Verdict.LATER:
        return None
    if found is Verdict.SETTLED or begun.superseded:
        return _ended(planner.ledger, due, now)
    if known.standing[-1].revision != newest.revision:
        log.info(
            "another revision has been announced in the meantime",
            extra={"change_id": due.change_id},
        )
        return None
    begun = replace(begun, revision=newest.revision, fingerprint=newest.fingerprint)
    audience = _audience(listed, planner.remind_topics)
    looks = looks_of(audience.everybody, read_preferences(planner.ledger), planner.brand)
    told, since = _told(planner.ledger, known)

    def is_up_to_date(name: str) -> bool:
        return told.get(name, 0) >= since

    drafted = [*_drafted(planner, begun, audience, looks, is_up_to_date)]
    _keep_renderings(planner, begun, change, {(one.variant, one.look) for one in drafted}, now)
    recipients = [one.recipient for one in drafted]
    endpoints = _endpoints(planner, begun, is_up_to_date)
    _keep_notices(planner, begun, change, endpoints, now)
    mails = sum(recipient.state is State.PLANNED for recipient in recipients)
    contacts_ = len(listed.subscribers(Topic.ANNOUNCEMENTS))
    proposed = ProposedRun(mails, contacts_, change, len(endpoints))
    return _written(planner, begun, proposed, recipients, endpoints, now)


def _endpoints(planner: Planner, run: Run, up_to_date: Callable[[str], bool]) -> list[Recipient]:
    """Return the chats and webhooks to remind, if subscribers to announcements are reminded."""
    if not planner.has_channels or Topic.ANNOUNCEMENTS not in planner.remind_topics:
        return []
    every, code = read_endpoints(planner.ledger), planner.brand.customer
    return [*reminded_endpoints(every, run, code, up_to_date, planner.environment)]


def _keep_notices(
    planner: Planner, run: Run, change: Change, endpoints: Sequence[Recipient], now: float
) -> None:
    """Keep the texts for chats and webhooks before anything could send them."""
    for mailing, is_whole in ((_REMINDER, False), (_WHOLE, True)):
        told = [one for one in endpoints if _is_whole(one) is is_whole]
        if not told:
            continue
        occasion = occasion_for(
            change, mailing, planner.brand,
            previous=None, now=datetime.fromtimestamp(now, UTC), test=False,
        )  # fmt: skip
        for variant, body in endpoint_renderings(told, occasion).items():
            key = mails_bucket.rendering_key(run.run, variant)
            keep = timedelta(seconds=run.expires_at - now)
            mails_bucket.put(planner.s3, planner.bucket, key, body, keep)


def _written(
    planner: Planner,
    run: Run,
    proposed: ProposedRun,
    recipients: list[Recipient],
    endpoints: list[Recipient],
    now: float,
) -> Run:
    """Write the recipients, within the account's limits, and complete the run."""
    if not recipients:
        nobody = "no subscriber is left to remind"
        run = with_reason(run, class_="nothing_to_send", code=NOBODY, message=nobody, now=now)
    limits = replace(planner.limits, announcements_per_hour=0)  # it announces nothing
    run = limit_run(planner.ledger, run, proposed, limits, now)
    add_recipients(planner.ledger, run, recipients, planner.batch_size)
    if endpoints:
        add_endpoints(planner.ledger, run, endpoints)
    return runs.complete(planner.ledger, run)


def _change_of(planner: Planner, run: Run) -> Change | None:
    body = mails_bucket.get(planner.s3, planner.bucket, mails_bucket.change_key(run.run))
    if body is None:
        log.warning(
            "the mails bucket has no copy of the change; the reminder was not planned",
            extra={"change_id": run.change_id},
        )
        return None
    return Change.model_validate_json(body)


def _run(due: DueReminder, newest: Run, trace_id: str, now: float) -> Run:
    """Return the run of a reminder, with the change as last announced."""
    return Run(
        run=due.run,
        change_id=due.change_id,
        revision=newest.revision,
        event_id=str(uuid5(NAMESPACE_URL, f"changecast:reminder:{due.run}")),
        fingerprint=newest.fingerprint,
        kind=MailKind.REMINDER,
        topic=Topic.ANNOUNCEMENTS,
        material=False,
        started_at=now,
        trace_id=trace_id,
        expires_at=newest.expires_at,
        starts_at=due.starts_at,
        reminds=due.before,
    )


def _audience(listed: ContactList, topics: AbstractSet[str]) -> Audience:
    """Return the people to remind: the subscribers of these topics.

    Raises:
        PauseRun: The list lacks a topic.
    """
    found = audience_of(listed, _WHOLE, with_entry=True)
    if Topic.ANNOUNCEMENTS not in topics:
        people = [each for each in found.people if each in found.invited]
        return replace(found, people=people)
    return found if Topic.CALENDAR in topics else replace(found, only_calendar=[])


class _Drafted(NamedTuple):
    """A recipient and its mail."""

    recipient: Recipient
    variant: Variant
    look: Look | None


def _drafted(
    planner: Planner,
    run: Run,
    audience: Audience,
    looks: Looks,
    up_to_date: Callable[[str], bool],
) -> Iterator[_Drafted]:
    """Yield current subscribers: those who know the change get the reminder, others all of it."""
    for address in audience.everybody:
        if not allowed(
            address, environment=planner.environment, allow_list=planner.allow_list, test=False
        ):
            continue
        short, whole = _variants(audience, address)
        variant = short if up_to_date(address) else whole
        key, look = _key_of(planner, run, address), looks.own.get(address)
        yield _Drafted(recipient_for(key, address, variant_in(variant, look)), variant, look)


def _variants(audience: Audience, address: str) -> tuple[Variant, Variant]:
    """Return the mails for a person who knows the change, and for one who does not."""
    if address in audience.only_calendar:
        return Variant.ONLY_CALENDAR_REMINDER, Variant.ONLY_CALENDAR
    is_invited = address in audience.invited
    return Variant.REMINDER, Variant.FULL_CALENDAR if is_invited else Variant.FULL


def _key_of(planner: Planner, run: Run, address: str) -> str:
    return reminder_key(planner.brand.customer, run.run, normalise(address))


def _told(ledger: Ledger, known: KnownRuns) -> tuple[dict[str, int], int]:
    """Return each address's last revision, and the oldest one with which it is up to date."""
    material = [run for run in known.standing if run.material and run.kind != SILENT]
    since = material[-1].revision if material else known.standing[-1].revision
    announced = [run for run in known.standing if run.revision >= since]
    reminded = [run for run in known.reminders if run.revision >= since]
    return up_to_date(ledger, announced, known.void) | _told_whole(ledger, reminded), since


def _keep_renderings(
    planner: Planner,
    run: Run,
    change: Change,
    mails: set[tuple[Variant, Look | None]],
    now: float,
) -> None:
    """Keep these mails of a reminder.

    None has a personal link: the page belongs to the announcement's run, and people have that link.
    """
    brand = replace(planner.brand, responses=False)
    for variant, look in mails:
        mailing, rendering = _COMPOSED[variant]
        composed = compose(
            change,
            mailing,
            dressed(brand, look) if look else brand,
            previous=None,
            now=datetime.fromtimestamp(now, UTC),
        )
        key = mails_bucket.rendering_key(run.run, variant_in(variant, look))
        keep = timedelta(seconds=run.expires_at - now)
        mails_bucket.put(planner.s3, planner.bucket, key, composed[rendering], keep)
