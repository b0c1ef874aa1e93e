"""What an announcement would do at one customer, before anybody is told."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from changecast import mails_bucket
from changecast.change import Change, Status, Window
from changecast.contacts import subscribers
from changecast.errors import ChangecastError
from changecast.ledger_items import run_id
from changecast_cli.announcing.freezes import clashes, freezes_of, too_short
from changecast_cli.customers.account import STACK
from changecast_cli.customers.open import open_changes
from changecast_cli.deploying.samconfig import Customer
from changecast_cli.doctor.largest import largest_run
from changecast_cli.doctor.look import way_into

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

_UNREACHABLE = (ChangecastError, BotoCoreError, ClientError)


@dataclass(frozen=True)
class Outlook:
    """Of one customer. `recipients` by topic, None where nobody knows; `seconds` to send."""

    customer: str
    known_by: str
    recipients: Mapping[str, int] | None
    seconds: float | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Account:
    """A customer's account as far as it let us in."""

    session: boto3.Session
    outputs: Mapping[str, str]


def outlook(
    hub: boto3.Session,
    table: "Table",
    change: Change,
    code: str,
    customer: Customer | None,
    freezes: Path,
    now: datetime,
) -> Outlook:
    """Ask the customer's account where samconfig.toml leads into it, else its last reports."""
    account = _account(hub, customer)
    warnings = list(_warnings(table, change, code, customer, account, freezes, now))
    try:
        found = _asked(account, change) if account else None
    except _UNREACHABLE:
        found = None
    if found is None:
        most = largest_run(table, code)
        recipients = {topic_of(change): most} if most else None
        return Outlook(code, "its last reports", recipients, None, tuple(warnings))
    recipients, seconds = found
    empty = [topic for topic, number in recipients.items() if not number]
    first = topic_of(change)
    if first in empty:
        warnings.append(f"nobody is on the topic {first}: nothing will be sent")
    return Outlook(code, "its own list", recipients, seconds, tuple(warnings))


def topic_of(change: Change) -> str:
    """The topic whose people are mailed."""
    return "approvals" if change.status is Status.SUBMITTED else "announcements"


def _account(hub: boto3.Session, customer: Customer | None) -> _Account | None:
    if customer is None:
        return None
    try:
        session = way_into(hub, customer)
        stack = session.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    except _UNREACHABLE:
        return None
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
    return _Account(session, outputs)


def _asked(account: _Account, change: Change) -> tuple[dict[str, int], float]:
    """Recipients by topic, and seconds to send to all at the account's quota."""
    ses = account.session.client("sesv2")
    topics = ["approvals"] if topic_of(change) == "approvals" else ["announcements", "calendar"]
    name = account.outputs["ContactListName"]
    counts = {topic: sum(1 for _ in subscribers(ses, name, topic)) for topic in topics}
    quota = ses.get_account()["SendQuota"]
    return counts, seconds_to_send(counts[topics[0]], quota)


def seconds_to_send(mails: int, quota: Mapping[str, Any]) -> float:
    """At the account's rate, and over days where the daily quota ends it (-1 is no end)."""
    by_rate = mails / max(quota["MaxSendRate"], 0.1)
    most = quota["Max24HourSend"]
    left = most - quota["SentLast24Hours"]
    if most == -1 or mails <= left:
        return float(by_rate)
    return float(math.ceil((mails - max(left, 0)) / max(most, 1)) * 86_400)


def _warnings(
    table: "Table",
    change: Change,
    code: str,
    customer: Customer | None,
    account: _Account | None,
    freezes: Path,
    now: datetime,
) -> Iterator[str]:
    window = change.window
    if window is None or change.status in (Status.COMPLETED, Status.CANCELLED):
        return
    wanted = freezes_of(freezes, code, customer.timezone if customer else "UTC")
    for name in clashes(wanted, window):
        yield f"in the freeze {name!r}"
    missing = too_short(wanted, window, now)
    if missing:
        hours, wants = (each.total_seconds() / 3_600 for each in (missing, wanted.notice))
        yield f"{hours:.0f} hours short of the {wants:.0f} hours' notice that it wants"
    for record in open_changes(table, code):
        other = _window_of(account, record.change_id, record.revision)
        if record.change_id != change.change_id and other and _overlap(window, other):
            yield f"at the same time as {record.change_id} ({record.title})"


def _overlap(one: Window, other: Window) -> bool:
    return one.start < other.end and other.start < one.end


def _window_of(account: _Account | None, change_id: str, revision: int) -> Window | None:
    """The hub keeps no windows; the customer's own bucket has what was announced to it."""
    if account is None or "MailsBucket" not in account.outputs:
        return None
    key = mails_bucket.change_key(run_id(change_id, revision))
    try:
        body = mails_bucket.get(account.session.client("s3"), account.outputs["MailsBucket"], key)
    except _UNREACHABLE:
        return None
    return Change.model_validate_json(body).window if body else None
