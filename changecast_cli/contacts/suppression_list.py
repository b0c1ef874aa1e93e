"""The account's suppression list in SES: addresses that get no mail on any topic.

https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
"""

from collections.abc import Sequence
from typing import Any

from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.write import BY_JOB_FROM, run_job


def suppressed(contacts: OpenList) -> list[dict[str, str]]:
    """Return every suppressed address with its reason, ordered by address."""
    found: list[dict[str, str]] = []
    token: dict[str, Any] = {}
    while True:
        page = contacts.pace(contacts.ses.list_suppressed_destinations, PageSize=1_000, **token)
        found += [
            {"address": each["EmailAddress"], "reason": each["Reason"]}
            for each in page.get("SuppressedDestinationSummaries", ())
        ]
        if not page.get("NextToken"):
            return sorted(found, key=lambda each: each["address"])
        token = {"NextToken": page["NextToken"]}


def suppress(contacts: OpenList, entries: Sequence[dict[str, str]]) -> None:
    """Add addresses to the list, one by one or by an import job."""
    if len(entries) >= BY_JOB_FROM:
        run_job(
            contacts,
            {"SuppressionListDestination": {"SuppressionListImportAction": "PUT"}},
            [{"emailAddress": e["address"], "reason": e["reason"]} for e in entries],
        )
        return
    for each in entries:
        contacts.pace(
            contacts.ses.put_suppressed_destination,
            EmailAddress=each["address"],
            Reason=each["reason"],
        )


def release(contacts: OpenList, address: str) -> None:
    """Remove an address from the list."""
    contacts.pace(contacts.ses.delete_suppressed_destination, EmailAddress=address)
