"""From an announcement to a delivery plan: who gets which mail of it, in this account."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from changecast import mails_bucket, runs
from changecast.admission import Limits, Wanted, admit
from changecast.change import Change, view_for
from changecast.compose import Brand, compose
from changecast.contacts import subscribers
from changecast.contention import ATTEMPTS
from changecast.errors import Retry
from changecast.event import ChangeAnnounced
from changecast.ledger import Ledger, runs_of, told
from changecast.ledger_items import Recipient, Run, because, run_id
from changecast.opening import add_recipients, begin
from changecast.plan import (
    SILENT,
    AlreadyDone,
    Decision,
    Mailing,
    Silent,
    Superseded,
    Topic,
    Variant,
    base_of,
    decide,
    mark,
    variant_for,
)
from changecast.recipients import allowed, key_of, unique
from changecast.splice import LONGEST, is_plain
from changecast.states import State

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client


UNSUPPORTED = "address_not_supported"


@dataclass(frozen=True)
class Planner:
    """What planning works with: this account's ledger, mails bucket, contacts and settings."""

    ledger: Ledger
    s3: "S3Client"
    ses: "SESV2Client"
    bucket: str
    contact_list: str
    brand: Brand
    environment: str
    allow_list: frozenset[str]
    batch_size: int
    limits: Limits


class Planned(NamedTuple):
    """The run of an announcement, and the older runs that it has superseded."""

    run: Run
    superseded: tuple[Run, ...] = ()


class _Draft(NamedTuple):
    """A decision, what it was based on, and what it looks like."""

    announced: ChangeAnnounced
    known: list[Run]
    decision: Decision
    renderings: dict[Variant, bytes]
    run: Run


def plan_run(planner: Planner, announced: ChangeAnnounced, trace_id: str, now: float) -> Planned:
    """Open the run of an announcement and write down everybody who gets its mail.

    Interrupted anywhere and called again, it goes on from the ledger and nobody is added twice.
    Two revisions planned at once see each other: each writes its run first and looks then.
    Raises ContractError for what must not be planned, Retry and PauseRun from the contact list, and
    Retry where other revisions come in again and again.
    """
    known = runs_of(planner.ledger, announced.change_id)
    for _ in range(ATTEMPTS):
        draft = _draft(planner, announced, known, trace_id, now)
        if isinstance(draft.decision, AlreadyDone):
            return Planned(draft.decision.run, _superseded(known, announced))
        begun = begin(planner.ledger, draft.run)
        known = runs_of(planner.ledger, announced.change_id)
        if begun.fingerprint == draft.run.fingerprint and _same(draft.known, known, begun):
            if isinstance(draft.decision, Mailing):
                return _open(planner, draft, draft.decision, now)
            return Planned(_close(planner, draft, now))
    raise Retry(f"other revisions of {announced.change_id} are planned at the same time")


def _draft(
    planner: Planner, announced: ChangeAnnounced, known: list[Run], trace_id: str, now: float
) -> _Draft:
    """What to do about an announcement, rendered: a change that cannot be rendered opens no run."""
    base = base_of(announced, planner.brand.customer, known)
    previous = _change_of(planner, base) if base else None
    decision = decide(announced, planner.brand.customer, known, previous)
    run = _run(planner, announced, decision, trace_id, now)
    renderings = {}
    if isinstance(decision, Mailing):
        renderings = compose(
            view_for(announced.change, planner.brand.customer),
            decision,
            planner.brand,
            previous=previous,
            now=datetime.fromtimestamp(now, UTC),
            test=announced.test,
        )
    return _Draft(announced, known, decision, renderings, run)


def _same(before: list[Run], after: list[Run], own: Run) -> bool:
    """Whether no other revision came in between."""
    return _others(before, own) == _others(after, own)


def _others(known: list[Run], own: Run) -> list[str]:
    return [run.run for run in known if run.run != own.run]


def _superseded(known: list[Run], announced: ChangeAnnounced) -> tuple[Run, ...]:
    return tuple(run for run in known if run.superseded and run.revision < announced.revision)


def _close(planner: Planner, draft: _Draft, now: float) -> Run:
    """Nobody is mailed; whoever an interrupted plan of this run had written down neither."""
    if draft.run.superseded:
        runs.supersede(planner.ledger, draft.run, now)
    return runs.complete(planner.ledger, draft.run)


def _open(planner: Planner, draft: _Draft, mailing: Mailing, now: float) -> Planned:
    run, revision = draft.run, draft.announced.revision
    older = [known for known in draft.known if known.revision < revision]
    for known in older:
        if not known.superseded:
            runs.supersede(planner.ledger, known, now)
    _keep(planner, draft)
    since = mailing.base.revision if mailing.base else revision
    told_before = told(planner.ledger, (known for known in older if known.revision >= since))
    people = _subscribed(planner, mailing.topic)
    recipients = list(_recipients(planner, draft, mailing, people, told_before))
    if reason := _reason(mailing, draft.announced, recipients):
        run = because(run, **reason, now=now)
    if not draft.announced.test:  # which mails only whom the account allows
        wanted = _wanted(planner, draft, people, recipients)
        run = admit(planner.ledger, run, wanted, planner.limits, now)
    add_recipients(planner.ledger, run, recipients, planner.batch_size)
    return Planned(runs.complete(planner.ledger, run), tuple(older))


def _wanted(
    planner: Planner, draft: _Draft, people: list[str], recipients: list[Recipient]
) -> Wanted:
    """What the run would do, for this account's limits."""
    mails = sum(recipient.state is State.PLANNED for recipient in recipients)
    seen = view_for(draft.announced.change, planner.brand.customer)
    return Wanted(mails, len(people), seen)


def _keep(planner: Planner, draft: _Draft) -> None:
    change = view_for(draft.announced.change, planner.brand.customer)
    body = change.model_dump_json(exclude_none=True).encode()
    mails_bucket.put(planner.s3, planner.bucket, mails_bucket.change_key(draft.run.run), body)
    for variant, rendering in draft.renderings.items():
        key = mails_bucket.rendering_key(draft.run.run, variant)
        mails_bucket.put(planner.s3, planner.bucket, key, rendering)


def _run(
    planner: Planner, announced: ChangeAnnounced, decision: Decision, trace_id: str, now: float
) -> Run:
    mailing = decision if isinstance(decision, Mailing) else None
    run = Run(
        run=run_id(announced.change_id, announced.revision),
        change_id=announced.change_id,
        revision=announced.revision,
        event_id=str(announced.event_id),
        fingerprint=mark(announced, planner.brand.customer),
        kind=mailing.kind if mailing else SILENT,
        topic=mailing.topic if mailing else "",
        material=mailing.material if mailing else False,
        started_at=now,
        trace_id=trace_id,
        superseded=isinstance(decision, Superseded),
    )
    match decision:
        case Silent(code, message):
            return because(run, class_="nothing_to_send", code=code, message=message, now=now)
        case Superseded(by):
            newer = f"revision {by} was here before"
            return because(run, class_="superseded", code="newer", message=newer, now=now)
    return run


def _reason(
    mailing: Mailing, announced: ChangeAnnounced, recipients: list[Recipient]
) -> dict[str, str] | None:
    """Why somebody or everybody gets no mail."""
    if not recipients:
        return _nobody(mailing, announced)
    if failed := sum(recipient.state is State.FAILED for recipient in recipients):
        message = f"{failed} addresses cannot be mailed: SES takes only plain ASCII addresses"
        return {"class_": "refused", "code": UNSUPPORTED, "message": message}
    return None


def _nobody(mailing: Mailing, announced: ChangeAnnounced) -> dict[str, str]:
    if mailing.base and not mailing.material:
        code = "minor_revision"
        message = "nothing that people must hear of has changed, and all are up to date"
    else:
        code = "no_recipients"
        only = " that may be mailed here" if announced.test else ""
        message = f"nobody{only} is subscribed to the topic {mailing.topic.value}"
    return {"class_": "nothing_to_send", "code": code, "message": message}


def _recipients(
    planner: Planner,
    draft: _Draft,
    mailing: Mailing,
    people: list[str],
    told_before: dict[str, int],
) -> Iterator[Recipient]:
    """Everybody who gets a mail of this run, each with the rendering that is theirs."""
    announced, code = draft.announced, planner.brand.customer
    has_calendar = Variant.FULL_CALENDAR in draft.renderings
    invited = set(_subscribed(planner, Topic.CALENDAR)) if has_calendar else set()
    for address in people:
        if not allowed(
            address,
            environment=planner.environment,
            allow_list=planner.allow_list,
            test=announced.test,
        ):
            continue
        variant = variant_for(mailing, told_before.get(address), calendar=address in invited)
        if variant is not None:
            key = key_of(code, announced.change_id, announced.revision, address)
            yield _recipient(key, address, variant)


def _subscribed(planner: Planner, topic: Topic) -> list[str]:
    return unique(subscribers(planner.ses, planner.contact_list, topic.value))


def _recipient(key: str, address: str, variant: Variant) -> Recipient:
    """What is no address that SES takes has failed from the start, and is kept as far as it can."""
    if is_plain(address):
        return Recipient(key, address, variant)
    shown = address[:LONGEST].encode("utf-8", "replace").decode()
    return Recipient(key, shown, variant, state=State.FAILED, code=UNSUPPORTED)


def _change_of(planner: Planner, run: Run) -> Change | None:
    """The change as a run told it; None where that plan was interrupted before it was kept."""
    body = mails_bucket.get(planner.s3, planner.bucket, mails_bucket.change_key(run.run))
    return Change.model_validate_json(body) if body is not None else None
