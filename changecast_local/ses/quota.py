"""An account's sending quotas.

https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
"""

import time

from changecast_local import faults
from changecast_local.ses.answers import Refusal
from changecast_local.ses.store import Account

# A real account starts with 14 a second, which is slow to watch: a fault of kind `limits` sets it.
MAX_SEND_RATE = 200.0
MAX_24_HOUR_SEND = 50_000.0
SANDBOX_SEND_RATE, SANDBOX_24_HOUR_SEND = 1.0, 200.0
DAY = 86_400.0
# AWS reviews a request for production access within a day.
REVIEW_SECONDS = 60.0


def over_the_rate() -> Refusal:
    """Return a 429 to retry soon."""
    return Refusal("TooManyRequestsException", "Maximum sending rate exceeded.", 429)


def over_the_quota() -> Refusal:
    """Return a 429 whose text says that the daily quota is used up."""
    return Refusal("TooManyRequestsException", "Daily message quota exceeded.", 429)


def in_sandbox(account: Account) -> bool:
    """Return whether the account has no production access yet.

    https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html
    """
    answer_review(account, time.time())
    return faults.is_set(account.account, faults.SANDBOX) or not account.production_access


def answer_review(account: Account, now: float) -> None:
    """Grant production access once a review has taken its time."""
    if account.review_asked_at is None or now < account.review_asked_at + REVIEW_SECONDS:
        return
    account.review_asked_at, account.production_access = None, True
    account.details["ReviewDetails"]["Status"] = "GRANTED"


def max_send_rate(account: Account) -> float:
    """Return the account's mails a second."""
    default = SANDBOX_SEND_RATE if in_sandbox(account) else MAX_SEND_RATE
    return faults.limit(account.account, "max_send_rate", default)


def max_24_hour_send(account: Account) -> float:
    """Return the account's mails in 24 hours; -1 for no limit."""
    default = SANDBOX_24_HOUR_SEND if in_sandbox(account) else MAX_24_HOUR_SEND
    return faults.limit(account.account, "max_24_hour_send", default)


def sent_last_24_hours(account: Account, now: float) -> int:
    """Recipients of the last 24 hours that count."""
    while account.accepted_at and account.accepted_at[0] <= now - DAY:
        account.accepted_at.popleft()
    return len(account.accepted_at)


def take(account: Account, recipients: int, *, counted: bool, now: float) -> None:
    """Use up allowance for a mail, or refuse it.

    Short bursts above the rate are allowed, up to one second's worth. Mails to the simulator count
    towards the rate but not (`counted`) towards the daily quota.
    """
    rate = max_send_rate(account)
    saved = rate if account.allowance is None else account.allowance
    saved = min(max(rate, 1.0), saved + (now - account.allowance_at) * rate)
    account.allowance, account.allowance_at = saved, now
    if saved < recipients:
        raise over_the_rate()
    most = max_24_hour_send(account)
    if counted and 0 <= most < sent_last_24_hours(account, now) + recipients:
        raise over_the_quota()
    account.allowance = saved - recipients
    if counted:
        account.accepted_at.extend([now] * recipients)
