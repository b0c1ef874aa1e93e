"""The account's SES quota, read by one function and shared with all for some seconds.

The customer's own limit, MaxMailsPerDay, is in planning/account_limits.py.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from changecast.contract.errors import Retry
from changecast.customer.ledger.ses_requests import (
    Quota,
    ask_quota,
    read_quota,
    share_quota,
)
from changecast.customer.ledger.table import Ledger
from changecast.customer.sending.pace import Pace
from changecast.customer.ses_turns import at_turn, wait_for_turn

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

# Longest age (seconds): SES itself counts mails sent meanwhile against the daily quota.
FRESH = 10.0
# Longest age while another function asks, or while SES accepts no more requests.
USABLE = 900.0
_ASKING = 30.0
_LONGEST_TURN = 20.0
# How often to ask while SES throttles, if there is no answer to use instead.
_TRIES = 3


def shared_pace(ledger: Ledger, ses: "SESV2Client", clock: Callable[[], float]) -> Pace:
    """Return how fast the account may send, by the shared quota or else by SES.

    An answer that SES paused the account is not shared: it pauses runs until an operator resumes
    them, and the operator may do so a second after SES let the account send again.

    Raises:
        Retry: SES accepts no more requests now, and no recent quota is known.
    """
    known, now = read_quota(ledger), clock()
    age = abs(now - known.read_at)
    is_usable = known.enabled and age <= USABLE
    if is_usable and (age <= FRESH or now - known.asked_at < _ASKING):
        return pace_of(known)
    if not ask_quota(ledger, known, now) and is_usable:
        return pace_of(known)
    try:
        return pace_of(_ask(ledger, ses, clock, tries=1 if is_usable else _TRIES))
    except Retry:
        if is_usable:
            return pace_of(known)
        raise


def pace_of(quota: Quota) -> Pace:
    """Return the pace that a quota allows; -1 mails a day means no limit."""
    most, sent = quota.most, quota.sent
    return Pace(
        rate=max(1.0, quota.rate),
        left=None if most < 0 else max(0, int(most - sent)),
        enabled=quota.enabled,
        used=100 * sent / most if most > 0 else 0.0,
        production=quota.production,
    )


def _ask(ledger: Ledger, ses: "SESV2Client", clock: Callable[[], float], *, tries: int) -> Quota:
    """https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html (SendQuota)."""
    turn = partial(wait_for_turn, ledger, clock, longest=_LONGEST_TURN)
    account = at_turn(turn, ses.get_account, tries=tries)
    limits = account.get("SendQuota", {})
    asked_at = clock()
    quota = Quota(
        rate=limits.get("MaxSendRate", 1.0),
        most=limits.get("Max24HourSend", -1.0),
        sent=limits.get("SentLast24Hours", 0.0),
        enabled=account.get("SendingEnabled", True),
        production=account.get("ProductionAccessEnabled", True),
        read_at=asked_at,
        asked_at=asked_at,
    )
    share_quota(ledger, quota)
    return quota
