"""From an announcement to a delivery plan: who in this account gets which mail about it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from changecast.contract.change import Change, view_for
from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.errors import Retry
from changecast.customer.compose.code_mail import code_mail
from changecast.customer.ledger import runs
from changecast.customer.ledger.contention import ATTEMPTS
from changecast.customer.ledger.endpoints import read_endpoints
from changecast.customer.ledger.opening import add_endpoints, add_recipients, begin
from changecast.customer.ledger.preferences import read_preferences
from changecast.customer.ledger.retention import expiry, keep_until
from changecast.customer.ledger.schema import Recipient, Run, run_id, with_reason
from changecast.customer.ledger.states import State
from changecast.customer.ledger.table import read_run
from changecast.customer.mailing import Mailing
from changecast.customer.planning.account_limits import ProposedRun, limit_run
from changecast.customer.planning.audience import (
    UNSUPPORTED,
    Audience,
    MailRights,
    audience_of,
    has_entry,
    reason_for_nobody,
    recipients_of,
)
from changecast.customer.planning.change_views import note_view
from changecast.customer.planning.decision import (
    SILENT,
    AlreadyDone,
    Decision,
    Silent,
    Superseded,
    base_of,
    decide,
    fingerprint_for,
    refuse_forgotten,
)
from changecast.customer.planning.discards import known_runs, up_to_date
from changecast.customer.planning.endpoints import endpoint_recipients, endpoint_renderings
from changecast.customer.planning.looks import MOST, Looks, looks_of
from changecast.customer.planning.planner import Planner
from changecast.customer.planning.reminders import (
    follow_change,
    reminded_start,
    reminders_known,
    told_by_reminders,
)
from changecast.customer.planning.run_mails import RunMails
from changecast.customer.planning.shared_reading import contacts
from changecast.customer.renderings import mails_bucket

if TYPE_CHECKING:
    pass


log = logging.getLogger("changecast")


class Planned(NamedTuple):
    """The run of an announcement, and the older runs and reminders that it superseded."""

    run: Run
    superseded: tuple[Run, ...] = ()


class _Draft(NamedTuple):
    """A decision, the runs it is based on, and its renderings."""

    announced: ChangeAnnounced
    known: list[Run]
    decision: Decision
    previous: Change | None
    renderings: dict[str, bytes]
    run: Run
    void: Sequence[Run] = ()


def plan_run(
    planner: Planner, announced: ChangeAnnounced, trace_id: str, now: float, arrived_at: float
) -> Planned:
    """Open the run of an announcement and write all recipients of its mail.

    If it is interrupted and called again, it continues from the ledger and adds nobody twice. Two
    revisions that are planned at once see each other, because each writes its run before it looks.
    The contact list is read as it was after the announcement reached the queue (`arrived_at`).

    Raises:
        ContractError: The announcement must not be planned.
        PauseRun: The contact list cannot be read until a person acts.
        Retry: SES or the ledger is too busy, or other revisions are planned in between.
    """
    known, void = known_runs(planner.ledger, announced, now)
    if not known and not void:
        refuse_forgotten(announced, planner.ledger.keep, now)
    for _ in range(ATTEMPTS):
        draft = _draft(planner, announced, known, trace_id, now)._replace(void=void)
        if isinstance(draft.decision, AlreadyDone):
            _keep_older(planner, draft.run, [*known, *void])
            ended = follow_change(planner, known, draft.run.expires_at, now)
            return Planned(draft.decision.run, (*_superseded(known, announced), *void, *ended))
        begun = begin(planner.ledger, draft.run)
        known, void = known_runs(planner.ledger, announced, now)
        if begun.fingerprint == draft.run.fingerprint and _is_unchanged(draft.known, known, begun):
            _keep_older(planner, draft.run, [*known, *void])
            ended = follow_change(planner, known, draft.run.expires_at, now)
            return _finished(planner, draft, now, arrived_at, ended)
    raise Retry(f"other revisions of {announced.change_id} are being planned at the same time")


def _finished(
    planner: Planner, draft: _Draft, now: float, arrived_at: float, ended: tuple[Run, ...]
) -> Planned:
    """Write who gets the mail of a decision, or that nobody does."""
    if not isinstance(draft.decision, Mailing):
        return Planned(_close(planner, draft, now), ended)
    planned = _open(planner, draft, draft.decision, now, arrived_at)
    return Planned(planned.run, (*planned.superseded, *ended))


def _draft(
    planner: Planner, announced: ChangeAnnounced, known: list[Run], trace_id: str, now: float
) -> _Draft:
    """Decide about an announcement and render it; if it cannot be rendered, no run is opened."""
    base = base_of(announced, planner.brand.customer, known)
    previous = _change_of(planner, base) if base else None
    decision = decide(announced, planner.brand.customer, known, previous)
    run = run_for(announced, planner.brand.customer, decision, trace_id, now)
    run = replace(run, expires_at=_expiry(planner, announced, known, now))
    draft = _Draft(announced, known, decision, previous, {}, run)
    if not isinstance(decision, Mailing):
        return draft
    mails = _mails(planner, draft, decision, now)
    return draft._replace(renderings=mails.composed(planner.brand))


def _expiry(planner: Planner, announced: ChangeAnnounced, known: Sequence[Run], now: float) -> int:
    """Return when the change expires, by the newest revision's window.

    A repeated announcement can be replayed for as long as the first one, counted from now.
    """
    if known and known[-1].revision > announced.revision:
        return max(known[-1].expires_at, expiry(planner.ledger, None, now))
    window = announced.change.window
    return expiry(planner.ledger, window.end if window else None, now)


def _keep_older(planner: Planner, newest: Run, others: Sequence[Run]) -> None:
    """Make the change's other runs expire with the newest one, earlier or later than before.

    The next revision is compared with them and mails their recipients.
    """
    if newest.superseded:
        return
    for run in (*others, *reminders_known(planner, newest.change_id)):
        if run.expires_at != newest.expires_at:
            keep = timedelta(seconds=newest.expires_at - run.started_at)
            for key in mails_bucket.keys_of(planner.s3, planner.bucket, run.run):
                mails_bucket.keep_for(planner.s3, planner.bucket, key, keep)
            keep_until(planner.ledger, run, newest.expires_at)


def _mails(planner: Planner, draft: _Draft, mailing: Mailing, now: float) -> RunMails:
    announced = draft.announced
    change = view_for(announced.change, planner.brand.customer)
    return RunMails(change, mailing, draft.previous, announced.test, now)


def _is_unchanged(before: list[Run], after: list[Run], own: Run) -> bool:
    """Return whether no other revision was planned in between."""
    return _others(before, own) == _others(after, own)


def _others(known: list[Run], own: Run) -> list[str]:
    return [run.run for run in known if run.run != own.run]


def _superseded(known: list[Run], announced: ChangeAnnounced) -> tuple[Run, ...]:
    return tuple(run for run in known if run.superseded and run.revision < announced.revision)


def _close(planner: Planner, draft: _Draft, now: float) -> Run:
    """Complete a run that mails nobody, not even recipients of an interrupted plan.

    If that plan wrote recipients, the sweep may have mailed them. The run stays the announcement
    that they got, and later revisions are compared with it.
    """
    run = draft.run
    if run.superseded:
        runs.supersede(planner.ledger, run, now)
        begun = read_run(planner.ledger, run.run)
        if begun and begun.planned:
            run = replace(run, kind=begun.kind, topic=begun.topic, material=begun.material)
    return runs.complete(planner.ledger, run)


def _open(
    planner: Planner, draft: _Draft, mailing: Mailing, now: float, arrived_at: float
) -> Planned:
    run, revision = draft.run, draft.announced.revision
    older = [known for known in draft.known if known.revision < revision]
    for known in older:
        if not known.superseded:
            runs.supersede(planner.ledger, known, now)
    _keep(planner, draft, now)
    since = mailing.base.revision if mailing.base else revision
    told_before = up_to_date(
        planner.ledger, [known for known in older if known.revision >= since], draft.void
    ) | told_by_reminders(planner, draft.announced.change_id, since)
    listed = contacts(planner.reader, arrived_at)
    audience = audience_of(listed, mailing, with_entry=has_entry(draft.renderings))
    mails = _mails(planner, draft, mailing, now)
    if audience.only_calendar:
        _keep_renderings(planner, run, mails.for_calendar_only(planner.brand), now)
    looks = _keep_looks(planner, run, mails, audience)
    rights = MailRights(planner.environment, planner.allow_list)
    code = planner.brand.customer
    recipients = [
        *recipients_of(draft.announced, code, mailing, audience, told_before, rights, looks.own)
    ]
    told = _endpoints_told(planner, draft, mailing, told_before)
    if reason := _reason(mailing, draft.announced, recipients, planner.environment):
        run = with_reason(run, **reason, now=now)
    if not draft.announced.test:  # which mails only allowed recipients
        proposed = _proposed(planner, draft, audience.people, recipients, told)
        run = limit_run(planner.ledger, run, proposed, planner.limits, now)
    add_recipients(planner.ledger, run, recipients, planner.batch_size)
    _add_endpoints(planner, run, mails, told)
    _note_view(planner, draft, mailing, now)
    return Planned(runs.complete(planner.ledger, run), (*older, *draft.void))


def _endpoints_told(
    planner: Planner, draft: _Draft, mailing: Mailing, told_before: Mapping[str, int]
) -> list[Recipient]:
    """Return the chats and webhooks that are told of the run."""
    if not planner.has_channels:
        return []
    return [
        *endpoint_recipients(
            read_endpoints(planner.ledger),
            draft.announced,
            planner.brand.customer,
            mailing,
            told_before,
            planner.environment,
        )
    ]


def _add_endpoints(planner: Planner, run: Run, mails: RunMails, told: list[Recipient]) -> None:
    """Store what endpoints are told before anybody could send it, then write the endpoints."""
    if told:
        bodies = endpoint_renderings(told, mails.occasion(planner.brand))
        _keep_renderings(planner, run, bodies, mails.now)
        add_endpoints(planner.ledger, run, told)


def _note_view(planner: Planner, draft: _Draft, mailing: Mailing, now: float) -> None:
    """Let people see the change before anybody is mailed a link to it, or a digest."""
    if not planner.lets_people_answer and not planner.has_digest:
        return
    change = view_for(draft.announced.change, planner.brand.customer)
    previous = draft.previous
    note_view(planner.ledger, draft.run, mailing, change, previous, draft.void, now)


def _proposed(
    planner: Planner,
    draft: _Draft,
    people: list[str],
    recipients: list[Recipient],
    endpoints: list[Recipient],
) -> ProposedRun:
    """Return the run as the account limits see it."""
    mails = sum(recipient.state is State.PLANNED for recipient in recipients)
    seen = view_for(draft.announced.change, planner.brand.customer)
    return ProposedRun(mails, len(people), seen, len(endpoints))


def _keep(planner: Planner, draft: _Draft, now: float) -> None:
    change, run = view_for(draft.announced.change, planner.brand.customer), draft.run
    body = change.model_dump_json(exclude_none=True).encode()
    _put(planner, run, mails_bucket.change_key(run.run), body, now)
    _keep_renderings(planner, run, draft.renderings, now)
    if planner.lets_people_answer:
        body = code_mail(change, planner.brand)
        _put(planner, run, mails_bucket.code_key(run.run), body, now)


def _keep_renderings(planner: Planner, run: Run, renderings: dict[str, bytes], now: float) -> None:
    for name, rendering in renderings.items():
        _put(planner, run, mails_bucket.rendering_key(run.run, name), rendering, now)


def _put(planner: Planner, run: Run, key: str, body: bytes, now: float) -> None:
    keep = timedelta(seconds=run.expires_at - now)
    mails_bucket.put(planner.s3, planner.bucket, key, body, keep)


def _keep_looks(planner: Planner, run: Run, mails: RunMails, audience: Audience) -> Looks:
    """Keep the mails once for each language and zone that readers chose for themselves."""
    looks = looks_of(audience.everybody, read_preferences(planner.ledger), planner.brand)
    if looks.beyond:
        more = {"change_id": run.change_id, "people": looks.beyond, "most": MOST}
        log.warning(
            "too many combinations of language and time zone; people with the rarest ones get "
            "mails in the customer's language and time zone",
            extra=more,
        )
    only_calendar = bool(audience.only_calendar)
    for look in looks.in_use:
        made = dict(mails.in_look(planner.brand, look, only_calendar=only_calendar))
        _keep_renderings(planner, run, made, mails.now)
    return looks


def run_for(
    announced: ChangeAnnounced, customer: str, decision: Decision, trace_id: str, now: float
) -> Run:
    """Return the run to open for a decision about an announcement."""
    mailing = decision if isinstance(decision, Mailing) else None
    run = Run(
        run=run_id(announced.change_id, announced.revision),
        change_id=announced.change_id,
        revision=announced.revision,
        event_id=str(announced.event_id),
        fingerprint=fingerprint_for(announced, customer),
        kind=mailing.kind if mailing else SILENT,
        topic=mailing.topic if mailing else "",
        material=mailing.material if mailing else False,
        started_at=now,
        trace_id=trace_id,
        superseded=isinstance(decision, Superseded),
        starts_at=reminded_start(announced, customer),
    )
    match decision:
        case Silent(code, message):
            return with_reason(run, class_="nothing_to_send", code=code, message=message, now=now)
        case Superseded(by):
            newer = f"revision {by} is newer and was planned first"
            return with_reason(run, class_="superseded", code="newer", message=newer, now=now)
    return run


def _reason(
    mailing: Mailing, announced: ChangeAnnounced, recipients: list[Recipient], environment: str
) -> dict[str, str] | None:
    """Return why some or all recipients get no mail."""
    if not recipients:
        code, message = reason_for_nobody(mailing, announced, environment)
        return {"class_": "nothing_to_send", "code": code, "message": message}
    if failed := sum(recipient.state is State.FAILED for recipient in recipients):
        message = (
            f"addresses that cannot be mailed: {failed}; SES accepts only plain ASCII addresses"
        )
        return {"class_": "refused", "code": UNSUPPORTED, "message": message}
    return None


def _change_of(planner: Planner, run: Run) -> Change | None:
    """Read the change as a run announced it; None if that plan was interrupted first."""
    body = mails_bucket.get(planner.s3, planner.bucket, mails_bucket.change_key(run.run))
    return Change.model_validate_json(body) if body is not None else None
