"""Why a run waits for SES's daily quota, and until about when. Pure.

SES counts the mails of the last 24 hours, so each mail's share of the quota is free a day later.
https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
"""

import math
from dataclasses import replace
from datetime import UTC, datetime

from changecast.contract.pause_code import PauseCode
from changecast.customer.ledger.schema import Run, with_reason
from changecast.customer.ledger.ses_requests import Quota

WAITING = "waiting"
_DAY = 86_400.0
# An older quota says nothing about what is left now.
_OUTDATED = 1_800.0


def with_wait(run: Run, planned: int, quota: Quota, now: float) -> Run:
    """Return the run, with a reason if it waits for the quota.

    Args:
        planned: Number of its mails that are not sent yet.
    """
    is_paused = run.paused and run.pause_code is PauseCode.DAILY_QUOTA
    if not planned or (run.paused and not is_paused):
        return run
    left = 0 if is_paused else _left(quota, now)
    if left is None or (planned <= left and not run.waits):
        return run
    message = _message(planned, left, quota, now)
    if is_paused:
        return replace(run, reason_message=f"{run.reason_message.rstrip('.')}: {message}")
    code = PauseCode.DAILY_QUOTA.value
    return with_reason(run, class_=WAITING, code=code, message=message, now=now)


def _left(quota: Quota, now: float) -> int | None:
    """Return how many mails are left of the quota; None if there is no quota or it is unknown."""
    if quota.most < 0 or now - quota.read_at > _OUTDATED:
        return None
    return max(0, int(quota.most - quota.sent))


def _message(planned: int, left: int, quota: Quota, now: float) -> str:
    has_quota = quota.most >= 0
    room = "SES accepts from this account now"
    if has_quota:
        room = f"is left of the {quota.most:,.0f} that SES accepts from this account in 24 hours"
    days = math.ceil(max(1, planned - left) / max(quota.most, 1)) if has_quota else 1
    until = datetime.fromtimestamp(now + days * _DAY, UTC)
    return (
        f"this run still has to send {planned:,} of its mails, which is more than {room}; the last "
        f"one goes out by about {until:%Y-%m-%d %H:%M} UTC"
    )
