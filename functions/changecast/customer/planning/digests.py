"""The weekly digest: one mail with the changes of a week, to those who opted in to it.

Each digest is a run of its own, kept and reported as revision 1 of `digest:<its Monday>`, an id
that no change may have. A repeated call continues from the ledger and adds nobody twice.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from changecast.customer.agenda import ahead
from changecast.customer.compose.digest import about, digest_mail
from changecast.customer.ledger import runs
from changecast.customer.ledger.answers import ChangeView, views
from changecast.customer.ledger.digests import settle_digest
from changecast.customer.ledger.opening import add_recipients, begin
from changecast.customer.ledger.preferences import read_preferences
from changecast.customer.ledger.retention import expiry
from changecast.customer.ledger.schema import (
    DIGEST,
    Recipient,
    Run,
    recipient_key,
    run_id,
    with_reason,
)
from changecast.customer.ledger.states import State
from changecast.customer.ledger.table import read_run
from changecast.customer.mailing import Topic, Variant
from changecast.customer.planning.account_limits import ProposedRun, limit_run
from changecast.customer.planning.audience import recipient_for
from changecast.customer.planning.looks import Looks, dressed, looks_of, variant_in
from changecast.customer.planning.planner import Planner
from changecast.customer.planning.recipients import allowed, normalise
from changecast.customer.planning.shared_reading import contacts
from changecast.customer.renderings import mails_bucket
from changecast.customer.week import Week

log = logging.getLogger("changecast")

REVISION = 1
NOTHING_AHEAD = "nothing_ahead"


def plan_digest(
    planner: Planner, week: Week, trace_id: str, now: float, arrived_at: float
) -> Run | None:
    """Plan a week's digest if it is due and has something to say, and settle the week.

    Returns:
        The run to send and report, if there is one.

    Raises:
        PauseRun: The contact list cannot be read until a person acts.
        Retry: SES or the ledger is too busy.
    """
    if not planner.has_digest:
        return None
    known = read_run(planner.ledger, run_id(week.change_id, REVISION))
    if known is None and not week.is_due(now):
        return None
    run = known
    if known is None or not known.complete:
        run = _planned(planner, week, known, trace_id, now, arrived_at)
    settle_digest(planner.ledger, week.monday)
    return run


def _planned(
    planner: Planner, week: Week, known: Run | None, trace_id: str, now: float, arrived_at: float
) -> Run | None:
    """Open or continue the run, and write its recipients; None if there is nothing to send."""
    coming = ahead(views(planner.ledger), now, week.ends)
    if known is None and not coming:
        return None
    people = _people(planner, contacts(planner.reader, arrived_at).subscribers(Topic.DIGEST))
    if known is None and not people:
        return None
    run = begin(planner.ledger, known or _run(planner, week, trace_id, now))
    if run.complete:
        return run
    looks = looks_of(people, read_preferences(planner.ledger), planner.brand)
    recipients = list(_recipients(planner, week, people, looks)) if coming else []
    if coming:
        _keep_mails(planner, run, week, coming, looks, now)
    return _written(planner, run, week, recipients, len(people), now)


def _people(planner: Planner, subscribers: Sequence[str]) -> list[str]:
    """Return the subscribers who may be mailed here."""
    return [
        address
        for address in subscribers
        if allowed(
            address, environment=planner.environment, allow_list=planner.allow_list, test=False
        )
    ]


def _run(planner: Planner, week: Week, trace_id: str, now: float) -> Run:
    run = run_id(week.change_id, REVISION)
    return Run(
        run=run,
        change_id=week.change_id,
        revision=REVISION,
        event_id=str(uuid5(NAMESPACE_URL, f"changecast:digest:{planner.brand.customer}:{run}")),
        fingerprint=week.change_id,
        kind=DIGEST,
        topic=Topic.DIGEST,
        material=False,
        started_at=now,
        trace_id=trace_id,
        expires_at=expiry(planner.ledger, datetime.fromtimestamp(week.ends, UTC), now),
    )


def _recipients(
    planner: Planner, week: Week, people: Sequence[str], looks: Looks
) -> Iterator[Recipient]:
    for address in people:
        key = recipient_key(planner.brand.customer, week.change_id, REVISION, normalise(address))
        yield recipient_for(key, address, variant_in(Variant.FULL, looks.own.get(address)))


def _keep_mails(
    planner: Planner, run: Run, week: Week, coming: Sequence[ChangeView], looks: Looks, now: float
) -> None:
    """Keep the mail in each language and zone in use, before anything could send it."""
    keep = timedelta(seconds=run.expires_at - now)
    for look in (None, *looks.in_use):
        brand = dressed(planner.brand, look) if look else planner.brand
        body = digest_mail(week, coming, brand, datetime.fromtimestamp(now, UTC))
        key = mails_bucket.rendering_key(run.run, variant_in(Variant.FULL, look))
        mails_bucket.put(planner.s3, planner.bucket, key, body, keep)


def _written(
    planner: Planner, run: Run, week: Week, recipients: list[Recipient], contacts_: int, now: float
) -> Run:
    """Write the recipients, within the account's limits, and complete the run."""
    if not recipients:
        nothing = "no change is planned any more, or nobody is subscribed to the digest any more"
        run = with_reason(
            run, class_="nothing_to_send", code=NOTHING_AHEAD, message=nothing, now=now
        )
    mails = sum(recipient.state is State.PLANNED for recipient in recipients)
    proposed = ProposedRun(mails, contacts_, about(week, planner.brand))
    limits = replace(planner.limits, announcements_per_hour=0)  # it announces nothing
    run = limit_run(planner.ledger, run, proposed, limits, now)
    add_recipients(planner.ledger, run, recipients, planner.batch_size)
    return runs.complete(planner.ledger, run)
