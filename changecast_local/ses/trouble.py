"""Apply the faults of faults.py to a call."""

import asyncio
from collections.abc import Callable
from typing import Any

from changecast_local import faults
from changecast_local.ses import fates, quota
from changecast_local.ses.answers import Answer, Refusal, accepted
from changecast_local.ses.call import Call
from changecast_local.ses.dropping import drop_this_request
from changecast_local.ses.sending import recipients_of, send_email
from changecast_local.ses.submission import bare_address

_REFUSALS: dict[str, Callable[[], Refusal]] = {
    "error": lambda: Refusal("InternalFailure", "An internal error occurred.", 500),
    "throttle": quota.over_the_rate,
    "daily_quota": quota.over_the_quota,
    "paused": lambda: Refusal("SendingPausedException", "Email sending is paused."),
    "suspended": lambda: Refusal("AccountSuspendedException", "This account is suspended."),
    "reject": lambda: Refusal("MessageRejected", "The message was rejected."),
}


async def met(call: Call) -> Answer | None:
    """Apply the faults that strike this call; return its response, None to continue."""
    addresses = [bare_address(each) for each in _addresses(call.body)]
    for fault in faults.strikes(call.account.account, call.operation, addresses):
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            continue
        return _answer(call, fault)
    return None


def _answer(call: Call, fault: faults.Fault) -> Answer:
    if fault.kind in _REFUSALS:
        raise _REFUSALS[fault.kind]()
    if fault.kind == "outcome":
        return accepted(send_email(call, fates.OUTCOMES[fault.outcome or "delivered"]))
    if fault.kind == "no_answer":
        send_email(call)
    drop_this_request()
    return accepted({})


def _addresses(body: dict[str, Any]) -> list[str]:
    return recipients_of(body) or [body.get("EmailAddress", "")]
