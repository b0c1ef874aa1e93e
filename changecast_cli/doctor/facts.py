"""Check unproven assumptions about AWS in the account: see docs/decisions.md, Risks."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from changecast_cli.contacts.pacing import SLOWER
from changecast_cli.doctor.verdicts import Verdict, ok, warning

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

CALLS = 5


def listing_rate(ses: "SESV2Client", contact_list: str) -> Iterator[Verdict]:
    """Check with five calls at once whether SES really limits contact requests to one a second."""
    began = time.monotonic()
    throttled = sum(_is_throttled(ses, contact_list) for _ in range(CALLS))
    seconds = time.monotonic() - began
    told = f"{CALLS} ListContacts in {seconds:.1f} s, {throttled} throttled"
    more = "AWS allows more than the one request a second that Changecast assumes"
    agrees = "as assumed" if throttled else more
    yield ok("fact-list-rate", f"{told}: {agrees}")


def envelope_account(reported: str | None, account: str) -> Iterator[Verdict]:
    """Check that EventBridge writes the putting account into the envelope, which the hub trusts.

    Without a report (None), there is nothing to check: another verdict says that none arrived.
    """
    if reported is None:
        return
    if reported == account:
        yield ok("fact-envelope", f"reports name {account}, the account that sent them")
    else:
        yield warning(
            "fact-envelope",
            f"a report from account {account} names account {reported}",
            "report this to the maintainers of Changecast",
        )


def _is_throttled(ses: "SESV2Client", contact_list: str) -> bool:
    try:
        ses.list_contacts(ContactListName=contact_list, PageSize=1)
    except ClientError as error:
        if error.response["Error"]["Code"] not in SLOWER:
            raise
        return True
    return False
