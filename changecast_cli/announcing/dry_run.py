"""The outlook at every customer, for `changecast announce --dry-run`."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import boto3

from changecast.customer.mailing import MailKind
from changecast.hub.announcing.announce import Announcement, Hub
from changecast.hub.announcing.freeze_gate import Objections
from changecast.hub.tracking.open_windows import open_changes
from changecast_cli.announcing.clashes import clashes
from changecast_cli.announcing.freezes import objections
from changecast_cli.announcing.outlook import NOBODY, Outlook, announced_before, outlook
from changecast_cli.terminal import counted

# What people call a kind of mail, where its own word names no thing.
_NOUNS = {
    MailKind.STARTED.value: "start",
    MailKind.COMPLETED.value: "completion",
    MailKind.CANCELLED.value: "cancellation",
    MailKind.WITHDRAWN.value: "withdrawal",
}


def outlooks(
    own: boto3.Session, hub: Hub, announced: Sequence[Announcement], freezes: Path
) -> list[list[Outlook]]:
    """Return what each document would do at each customer that it names or withdraws."""
    objects = objections(hub.table, freezes)
    return [[*outlooks_of(own, hub, each, objects)] for each in announced]


def outlooks_of(
    own: boto3.Session,
    hub: Hub,
    announced: Announcement,
    objects: Objections,
    only: Collection[str] | None = None,
) -> Iterator[Outlook]:
    """Return what one announcement would do at each customer, or at those in `only`."""
    now, others = datetime.now(UTC), open_changes(hub.table)
    earlier = announced_before(hub, announced.change_id)
    for detail in announced.details:
        for code in (*detail.customers, *detail.withdrawn):
            if only is not None and code not in only:
                continue
            found = outlook(own, hub, detail, code, earlier, now)
            is_affected = code in detail.customers and not announced.newer
            against = clashes(detail, code, others, objects) if is_affected else ()
            yield replace(found, warnings=(*found.warnings, *against))


def lines_of(one: Outlook) -> Iterator[str]:
    """Return lines for people: which mail to how many, how long it takes, and every warning."""
    by = f"(according to {one.known_by})"
    if one.mail == NOBODY:
        yield f"  {one.customer}: nobody is mailed: {one.why} {by}"
    else:
        lasts = f", {_lasts(one.seconds)}" if one.seconds is not None else ""
        told = f", {one.up_to_date:,} already up to date" if one.up_to_date else ""
        kind = _NOUNS.get(one.mail) or one.mail.replace("_", " ")
        yield f"  {one.customer}: {kind} to {_who(one)}{told}{lasts}{_what_differs(one)} {by}"
    yield from (f"  {one.customer}: warning: {warning}" for warning in one.warnings)


def _what_differs(one: Outlook) -> str:
    named = ", ".join(field.replace("_", " ") for field in one.differs)
    return f", {named} {'differs' if len(one.differs) == 1 else 'differ'}" if named else ""


def _who(one: Outlook) -> str:
    if one.recipients is None:
        return "everybody on the topic"
    people = ", ".join(
        f"{counted(number, 'person', 'people')} on the topic {topic}"
        for topic, number in one.recipients.items()
    )
    return f"about {people}" if one.seconds is None else people


def _lasts(seconds: float) -> str:
    if seconds >= 86_400:
        return f"{counted(round(seconds / 86_400), 'day')} to send because of its daily quota"
    return (
        f"{seconds / 60:.0f} min to send"
        if seconds >= 120
        else f"{max(1, round(seconds))} s to send"
    )
