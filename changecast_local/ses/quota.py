"""How fast and how much an account may send.

https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
"""

from changecast_local import faults
from changecast_local.ses.answers import Refusal
from changecast_local.ses.store import Account

# A real account starts with 14 a second, which is slow to watch: a fault of kind `limits` sets it.
MAX_SEND_RATE = 200.0
MAX_24_HOUR_SEND = 50_000.0
DAY = 86_400.0


def over_the_rate() -> Refusal:
    """429, to be tried again soon."""
    return Refusal("TooManyRequestsException", "Maximum sending rate exceeded.", 429)


def over_the_quota() -> Refusal:
    """429 as well: only the text says that today nothing more will go out."""
    return Refusal("TooManyRequestsException", "Daily message quota exceeded.", 429)


def max_send_rate(account: Account) -> float:
    """Mails a second."""
    return faults.limit(account.account, "max_send_rate", MAX_SEND_RATE)


def max_24_hour_send(account: Account) -> float:
    """Mails in 24 hours, -1 for no limit."""
    return faults.limit(account.account, "max_24_hour_send", MAX_24_HOUR_SEND)


def sent_last_24_hours(account: Account, now: float) -> int:
    """Recipients of the last 24 hours that count."""
    while account.accepted_at and account.accepted_at[0] <= now - DAY:
        account.accepted_at.popleft()
    return len(account.accepted_at)


def take(account: Account, recipients: int, *, counted: bool, now: float) -> None:
    """Use up allowance for a mail, or refuse it.

    Short bursts above the rate pass, a sustained one does not: a second's worth is saved up.
    Mails to the simulator count towards the rate but not (`counted`) towards the daily quota.
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
