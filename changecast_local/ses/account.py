"""The account's own settings of SES.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
"""

import time
from typing import Any

from changecast_local import faults
from changecast_local.ses import quota
from changecast_local.ses.answers import bad_request
from changecast_local.ses.call import Call
from changecast_local.ses.suppression import REASONS


def get(call: Call) -> dict[str, Any]:
    """GetAccount: the quota that SendEmail enforces, and whether the account is in the sandbox."""
    account = call.account
    suspended = faults.is_set(account.account, "suspended")
    paused = suspended or faults.is_set(account.account, "paused")
    return {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": "SHUTDOWN" if suspended else "HEALTHY",
        "ProductionAccessEnabled": not quota.in_sandbox(account),
        "SendQuota": {
            "Max24HourSend": quota.max_24_hour_send(account),
            "MaxSendRate": quota.max_send_rate(account),
            "SentLast24Hours": float(quota.sent_last_24_hours(account, time.time())),
        },
        "SendingEnabled": account.sending_enabled and not paused,
        "SuppressionAttributes": {"SuppressedReasons": account.suppressed_reasons},
    }


def put_sending(call: Call) -> dict[str, Any]:
    """PutAccountSendingAttributes."""
    call.account.sending_enabled = bool(call.body.get("SendingEnabled"))
    return {}


def put_suppression(call: Call) -> dict[str, Any]:
    """PutAccountSuppressionAttributes."""
    reasons = list(call.body.get("SuppressedReasons") or [])
    if any(reason not in REASONS for reason in reasons):
        raise bad_request("A suppressed reason is BOUNCE or COMPLAINT.")
    call.account.suppressed_reasons = reasons
    return {}
