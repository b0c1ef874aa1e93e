"""Predict what an announcement would do at one customer, as its planner would decide.

The planner's own functions run here: with the customer's ledger and list if its account is open to
us, otherwise on the hub's records, without knowing who was told.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.change import Change, view_for
from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.differences import differences
from changecast.contract.errors import ChangecastError, ContractError, PauseRun
from changecast.contract.pause_code import PauseCode
from changecast.customer.compose.variants import compose
from changecast.customer.ledger.account_counters import list_size
from changecast.customer.ledger.schema import Recipient, Run
from changecast.customer.ledger.table import runs_of
from changecast.customer.mailing import Mailing, Topic, topic_of
from changecast.customer.planning.account_limits import AccountLimits, ProposedRun, beyond
from changecast.customer.planning.audience import (
    MailRights,
    audience_of,
    has_entry,
    reason_for_nobody,
    recipients_of,
)
from changecast.customer.planning.contact_list import ContactList, Source, read
from changecast.customer.planning.decision import (
    AlreadyDone,
    Decision,
    Silent,
    Superseded,
    base_of,
    decide,
)
from changecast.customer.planning.delivery_plan import run_for
from changecast.customer.planning.discards import sorted_out, up_to_date
from changecast.customer.planning.settings import words_in
from changecast.customer.renderings import mails_bucket
from changecast.hub.announcing.announce import Hub
from changecast.hub.announcing.reannounce import whole
from changecast.hub.routes import fault_of
from changecast.hub.tracking.originals import Original, kept
from changecast.hub.tracking.revisions import Record, revisions
from changecast_cli.customer_access import CustomerAccount, enter
from changecast_cli.doctor.largest import largest_run
from changecast_cli.preview.brands import brand_from

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_UNREACHABLE = (ChangecastError, BotoCoreError, ClientError)
NOBODY, PROD = "nobody", "prod"
NOTIFY_ALL = "to mail everybody anyway: --notify-all REASON"


@dataclass(frozen=True)
class Outlook:
    """The outlook at one customer.

    `mail` is the kind of mail, or `nobody` with `why`. `recipients` are counts by topic, None if
    only the customer's account knows; `up_to_date` people need no mail. `seconds` is the sending
    time. `differs` are the fields that read differently since the last mail.
    """

    customer: str
    known_by: str
    mail: str
    why: str
    recipients: Mapping[str, int] | None
    up_to_date: int
    seconds: float | None
    warnings: tuple[str, ...]
    differs: tuple[str, ...] = ()


class Known(NamedTuple):
    """Earlier announcements to a customer: valid runs, void runs, and their contents."""

    runs: Sequence[Run]
    void: Sequence[Run]
    contents: Mapping[str, Change]


Before = Sequence[tuple[Record, Original]]


def announced_before(hub: Hub, change_id: str) -> Before:
    """Read every revision of a change that was surely put, oldest first."""
    found = [
        (record, kept(hub.table, change_id, record.revision))
        for record in revisions(hub.table, change_id)
        if record.put_at
    ]
    return [(record, original) for record, original in found if original]


def outlook(
    session: boto3.Session,
    hub: Hub,
    announced: ChangeAnnounced,
    code: str,
    earlier: Before,
    now: datetime,
) -> Outlook:
    """Ask the customer's account if it is open to us, otherwise the hub's records."""
    before = known_at_hub(earlier, announced, code)
    try:
        account = enter(session, code)
        found = _by_account(account, announced, before, now)
    except _UNREACHABLE:
        found = _by_hub(hub.table, announced, code, before)
    return replace(found, warnings=(*found.warnings, *_broken_route(hub, code)))


def _broken_route(hub: Hub, code: str) -> Iterator[str]:
    """Yield why the customer's route would forward nothing, if the caller may read the route."""
    customer = hub.customers.get(code)
    try:
        fault = fault_of(hub.events, customer) if customer else ""
    except (ClientError, BotoCoreError):
        return
    if fault:
        yield (
            f"{fault}, so nothing would be forwarded. To see how to fix it: changecast doctor "
            f"--customer {code}"
        )


def known_at_hub(earlier: Before, announced: ChangeAnnounced, code: str) -> Known:
    """Plan again, as the customer did, everything that the hub announced about a change."""
    runs: list[Run] = []
    contents: dict[str, Change] = {}
    for record, original in earlier:
        named = (*record.customers, *record.withdrawn)
        if code not in named or record.revision in announced.discards:
            continue
        detail = whole(original, record, code)
        decision = _decided(detail, code, Known(runs, (), contents))
        run = replace(run_for(detail, code, decision, "", now=0.0), complete=True)
        runs.append(run)
        contents[run.run] = view_for(detail.change, code)
    return Known(runs, (), contents)


def _decided(announced: ChangeAnnounced, code: str, known: Known) -> Decision:
    base = base_of(announced, code, known.runs)
    return decide(announced, code, known.runs, known.contents.get(base.run) if base else None)


def _by_hub(table: "Table", announced: ChangeAnnounced, code: str, known: Known) -> Outlook:
    found = Outlook(code, "the hub's records", NOBODY, "", None, 0, None, ())
    try:
        decision = _decided(announced, code, known)
    except ContractError as error:
        return replace(found, why=f"its account would refuse it: {error.message}")
    if not isinstance(decision, Mailing):
        return replace(found, why=_why(decision), recipients={})
    if decision.base and not decision.material:
        _, why = reason_for_nobody(decision, announced, PROD)
        told = (
            f"{why}, except that people who missed revision {decision.base.revision} are "
            f"mailed ({NOTIFY_ALL})"
        )
        return replace(found, why=told)
    most = largest_run(table, code)
    people = {decision.topic.value: most} if most else None
    warnings = (
        (
            "only the customer's account knows how many people are mailed; its largest run "
            f"had {most:,}",
        )
        if most
        else ()
    )
    differs = _differs(announced, code, decision, known)
    return replace(
        found, mail=decision.kind.value, recipients=people, warnings=warnings, differs=differs
    )


def _differs(
    announced: ChangeAnnounced, code: str, mailing: Mailing, known: Known
) -> tuple[str, ...]:
    before = known.contents.get(mailing.base.run) if mailing.base else None
    after = view_for(announced.change, code)
    return tuple(one.field for one in differences(before, after)) if before else ()


def _by_account(
    account: CustomerAccount, announced: ChangeAnnounced, at_hub: Known, now: datetime
) -> Outlook:
    code = account.customer.code
    found = Outlook(code, "its own ledger and list", NOBODY, "", {}, 0, None, ())
    known = _known_at(account, announced, at_hub)
    try:
        decision = _decided(announced, code, known)
        if isinstance(decision, Mailing):
            return _mailed(account, announced, decision, known, found, now)
    except ContractError as error:
        return replace(found, why=f"its account would refuse it: {error.message}")
    except PauseRun as stop:
        if stop.code is PauseCode.CONTACTS_DENIED:
            raise  # to us: the planner has a role of its own
        return replace(found, why=f"the run would pause: {stop.message}")
    return replace(found, why=_why(decision))


def _known_at(account: CustomerAccount, announced: ChangeAnnounced, at_hub: Known) -> Known:
    """Return the runs in the account's ledger, with their contents."""
    runs, void = sorted_out(runs_of(account.ledger(), announced.change_id), announced)
    base = base_of(announced, account.customer.code, runs)
    contents = dict(at_hub.contents)
    if base and base.run not in contents:
        bucket = account.output("MailsBucket")
        s3 = account.session.client("s3")
        if body := mails_bucket.get(s3, bucket, mails_bucket.change_key(base.run)):
            contents[base.run] = Change.model_validate_json(body)
    return Known(runs, void, contents)


def _mailed(
    account: CustomerAccount,
    announced: ChangeAnnounced,
    mailing: Mailing,
    known: Known,
    found: Outlook,
    now: datetime,
) -> Outlook:
    listed = _list_of(account)
    with_entry = _has_entry(account, announced, mailing, known, now)
    audience = audience_of(listed, mailing, with_entry=with_entry)
    recipients = _recipients(account, announced, mailing, known, audience)
    by_topic = _by_topic(recipients, mailing)
    everybody = {*audience.people, *audience.only_calendar}
    told = replace(
        found,
        mail=mailing.kind.value if recipients else NOBODY,
        recipients=by_topic,
        up_to_date=len(everybody) - len(recipients) if mailing.base else 0,
        seconds=_seconds(account, len(recipients)),
        warnings=tuple(_limits(account, announced, mailing, listed, len(recipients))),
        differs=_differs(announced, found.customer, mailing, known),
    )
    if recipients:
        return told
    minor, why = reason_for_nobody(mailing, announced, _environment(account))
    hint = f" ({NOTIFY_ALL})" if minor == "minor_revision" else ""
    return replace(told, why=f"{why}{hint}", seconds=None)


def _list_of(account: CustomerAccount) -> ContactList:
    ses = account.session.client("sesv2")
    return read(Source(ses, account.output("ContactListName"), _at_once))


def _at_once() -> None:
    """Return the time without waiting; the session's own clients wait for their turns."""


def _has_entry(
    account: CustomerAccount,
    announced: ChangeAnnounced,
    mailing: Mailing,
    known: Known,
    now: datetime,
) -> bool:
    brand = brand_from(account.customer.code, account.parameters)
    renderings = compose(
        view_for(announced.change, account.customer.code),
        mailing,
        brand,
        previous=known.contents.get(mailing.base.run) if mailing.base else None,
        now=now,
        test=announced.test,
    )
    return has_entry(renderings)


def _recipients(
    account: CustomerAccount,
    announced: ChangeAnnounced,
    mailing: Mailing,
    known: Known,
    audience: Any,
) -> list[Recipient]:
    since = mailing.base.revision if mailing.base else announced.revision
    older = [run for run in known.runs if since <= run.revision < announced.revision]
    told_before = up_to_date(account.ledger(), older, known.void)
    given = account.parameters
    rights = MailRights(_environment(account), words_in(given.get("AllowedRecipients", "")))
    code = account.customer.code
    return [*recipients_of(announced, code, mailing, audience, told_before, rights)]


def _environment(account: CustomerAccount) -> str:
    return account.parameters.get("Environment", PROD)


def _by_topic(recipients: Sequence[Recipient], mailing: Mailing) -> dict[str, int]:
    run = Run("", "", 1, "", "", mailing.kind, mailing.topic, True, 0.0, "")
    counted = Counter(topic_of(run, one.variant) for one in recipients)
    return {mailing.topic.value: 0, **counted}


def _limits(
    account: CustomerAccount,
    announced: ChangeAnnounced,
    mailing: Mailing,
    listed: ContactList,
    mails: int,
) -> Iterator[str]:
    """Yield why the run would pause because of the account's limits on links and growth."""
    given = account.parameters
    limits = AccountLimits(
        0, 0, int(given.get("MaxListGrowth", "0")), words_in(given.get("AllowedLinkDomains", ""))
    )
    if announced.test or not mails:
        return
    seen = view_for(announced.change, account.customer.code)
    contacts = len(listed.subscribers(Topic(mailing.topic)))
    before = list_size(account.ledger(), mailing.topic) if limits.list_growth else 0
    if stop := beyond(ProposedRun(mails, contacts, seen), before, limits):
        yield f"the run would pause until somebody resumes it: {stop.message}"


def _why(decision: Decision) -> str:
    match decision:
        case AlreadyDone(run):
            return f"revision {run.revision} was announced before; nobody is mailed twice"
        case Superseded(by):
            return f"revision {by} is newer"
        case Silent(_, message):
            return message
    return ""


def _seconds(account: CustomerAccount, mails: int) -> float:
    quota = account.session.client("sesv2").get_account()["SendQuota"]
    return seconds_to_send(mails, quota)


def seconds_to_send(mails: int, quota: Mapping[str, Any]) -> float:
    """Return the sending time at the account's rate and daily quota (-1 means no quota)."""
    by_rate = mails / max(quota["MaxSendRate"], 0.1)
    most = quota["Max24HourSend"]
    left = most - quota["SentLast24Hours"]
    if most == -1 or mails <= left:
        return float(by_rate)
    return float(math.ceil((mails - max(left, 0)) / max(most, 1)) * 86_400)
