"""The account's suppression list.

https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
"""

import time
from typing import Any

from changecast_local.ses.answers import Refusal, bad_request, not_found
from changecast_local.ses.call import Call
from changecast_local.ses.store import Account, Suppressed

REASONS = ("BOUNCE", "COMPLAINT")
PAGE = 100


def put(call: Call) -> dict[str, Any]:
    """PutSuppressedDestination."""
    suppress(call.account, call.body.get("EmailAddress", ""), call.body.get("Reason", ""))
    return {}


def suppress(account: Account, address: str, why: str) -> None:
    """Put an address on the list."""
    if why not in REASONS or "@" not in address:
        raise bad_request("An address and a reason, BOUNCE or COMPLAINT, are required.")
    account.suppressed[address.lower()] = Suppressed(address, why, time.time())


def get(call: Call) -> dict[str, Any]:
    """GetSuppressedDestination."""
    return {"SuppressedDestination": _view(_found(call))}


def delete(call: Call) -> dict[str, Any]:
    """DeleteSuppressedDestination."""
    del call.account.suppressed[_found(call).address.lower()]
    return {}


def list_all(call: Call) -> dict[str, Any]:
    """ListSuppressedDestinations."""
    requested = call.query.get("Reason") or list(REASONS)
    held = [each for each in call.account.suppressed.values() if each.reason in requested]
    token, size = call.asked("NextToken", "0"), int(call.asked("PageSize", str(PAGE)))
    if not token.isdecimal():
        raise Refusal("InvalidNextTokenException", "The NextToken is not valid.")
    start = int(token)
    more = {"NextToken": str(start + size)} if start + size < len(held) else {}
    page = [_view(each) for each in held[start : start + size]]
    return {"SuppressedDestinationSummaries": page, **more}


def reason(account: Account, address: str) -> str | None:
    """Return why an address is on the list, None if it is not."""
    found = account.suppressed.get(address.lower())
    return found.reason if found else None


def _found(call: Call) -> Suppressed:
    found = call.account.suppressed.get(call.names["address"].lower())
    if found is None:
        raise not_found("Email address does not exist on your suppression list.")
    return found


def _view(found: Suppressed) -> dict[str, Any]:
    return {
        "EmailAddress": found.address,
        "Reason": found.reason,
        "LastUpdateTime": found.updated,
    }
