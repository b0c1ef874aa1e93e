"""The account's own settings of SES.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
"""

import re
import time
from typing import Any
from uuid import uuid4

from changecast_local import faults
from changecast_local.ses import quota
from changecast_local.ses.answers import Refusal, bad_request
from changecast_local.ses.call import Call
from changecast_local.ses.suppression import REASONS

MOST_CONTACTS = 4
_DETAILS = ("MailType", "WebsiteURL", "ContactLanguage", "UseCaseDescription",
            "AdditionalContactEmailAddresses")  # fmt: skip
_WEBSITE = re.compile(r"https?://[^\s/]+\S{0,900}")


def get(call: Call) -> dict[str, Any]:
    """GetAccount: the quota that SendEmail enforces, and whether the account is in the sandbox."""
    account = call.account
    quota.answer_review(account, time.time())
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
        **({"Details": account.details} if account.details else {}),
    }


def put_details(call: Call) -> dict[str, Any]:
    """PutAccountDetails: `false` puts the account into the sandbox; `true` asks AWS for a review.

    During a review, the account stays in the sandbox and SES refuses further requests. AWS answers
    within a day, the embedded cloud after a minute.
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutAccountDetails.html
    """
    account, now = call.account, time.time()
    _refuse_details(call.body)
    quota.answer_review(account, now)
    if account.review_asked_at is not None:
        raise Refusal("ConflictException", "A review of this account is in progress.", 409)
    told = {name: call.body[name] for name in _DETAILS if call.body.get(name) is not None}
    requested = call.body.get("ProductionAccessEnabled")
    if requested is False:
        account.production_access = False
    elif requested and quota.in_sandbox(account):
        account.review_asked_at = now
        told["ReviewDetails"] = {"Status": "PENDING", "CaseId": str(uuid4())}
    account.details = told
    return {}


def _refuse_details(body: dict[str, Any]) -> None:
    if body.get("MailType") not in ("MARKETING", "TRANSACTIONAL"):
        raise bad_request("MailType must be MARKETING or TRANSACTIONAL.")
    if not _WEBSITE.fullmatch(str(body.get("WebsiteURL", ""))):
        raise bad_request("WebsiteURL is not the address of a website.")
    if body.get("ContactLanguage", "EN") not in ("EN", "JA"):
        raise bad_request("ContactLanguage must be EN or JA.")
    contacts = body.get("AdditionalContactEmailAddresses")
    if contacts is not None and not 1 <= len(contacts) <= MOST_CONTACTS:
        raise bad_request(
            f"AdditionalContactEmailAddresses must have 1 to {MOST_CONTACTS} addresses."
        )


def put_sending(call: Call) -> dict[str, Any]:
    """PutAccountSendingAttributes."""
    call.account.sending_enabled = bool(call.body.get("SendingEnabled"))
    return {}


def put_suppression(call: Call) -> dict[str, Any]:
    """PutAccountSuppressionAttributes."""
    reasons = list(call.body.get("SuppressedReasons") or [])
    if any(reason not in REASONS for reason in reasons):
        raise bad_request("A suppressed reason must be BOUNCE or COMPLAINT.")
    call.account.suppressed_reasons = reasons
    return {}
