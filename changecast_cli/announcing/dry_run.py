"""What `changecast announce --dry-run` says beside the checks: the outlook at every customer."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import boto3

from changecast.announce import Announcement, Hub, placed_document
from changecast_cli.announcing.documents import DocumentFile
from changecast_cli.announcing.outlook import Outlook, outlook
from changecast_cli.deploying import samconfig_file


def outlooks(
    own: boto3.Session,
    hub: Hub,
    documents: Sequence[DocumentFile],
    announced: Sequence[Announcement],
    freezes: Path,
    change_id: str | None,
) -> list[list[Outlook]]:
    """For every document what it would do at every customer that it names."""
    known = samconfig_file.customers_in(samconfig_file.read(Path("samconfig.toml")))
    now = datetime.now(UTC)
    plans = []
    for document, one in zip(documents, announced, strict=True):
        change = placed_document(document.body, hub.customers, change_id=change_id).change
        at_each = (known.get(code) for code in one.customers)
        plans.append(
            [
                outlook(own, hub.table, change, code, customer, freezes, now)
                for code, customer in zip(one.customers, at_each, strict=True)
            ]
        )
    return plans


def lines_of(one: Outlook) -> Iterator[str]:
    """For people: who would be mailed, how long it takes, and every warning."""
    if one.recipients is None:
        yield f"  {one.customer}: nobody knows how many people (its account is not open to you)"
    else:
        people = ", ".join(f"{number:,} {topic}" for topic, number in one.recipients.items())
        lasts = f", {_lasts(one.seconds)} to send" if one.seconds is not None else ""
        yield f"  {one.customer}: {people}{lasts} (by {one.known_by})"
    yield from (f"  {one.customer}: warning: {warning}" for warning in one.warnings)


def _lasts(seconds: float) -> str:
    if seconds >= 86_400:
        return f"{seconds / 86_400:.0f} days by its daily quota"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{max(1, round(seconds))} s"
