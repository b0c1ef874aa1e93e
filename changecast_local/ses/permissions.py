"""IAM permissions for sending a mail; ministack checks ses:SendEmail on `*` without keys.

SES checks the identity, the configuration set and the contact list, and for raw content also
ses:SendRawEmail.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
"""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id
from ministack.core.router import extract_region

from changecast_local.ses import quota, store
from changecast_local.ses.answers import Refusal
from changecast_local.ses.composing import from_header
from changecast_local.ses.identities import default_configuration_set, find_identity
from changecast_local.ses.sending import recipients_of
from changecast_local.ses.store import Account
from changecast_local.ses.submission import bare_address

Keys = dict[str, Any]
SEND = ("POST", "/v2/email/outbound-emails")


def install() -> None:
    """Evaluate SendEmail as SES does; all other calls stay with ministack."""
    enforce = app._enforce_ses_v2

    def enforced(
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: dict[str, list[str]],
        request_id: str,
    ) -> Any:
        if not app.AUTH or (method, path.rstrip("/")) != SEND:
            return enforce(method, path, headers, body, query, request_id)
        account = store.of(get_account_id(), extract_region(headers, query))
        for action, arn, keys in checks(account, _request(body)):
            denied = app._enforce_data_plane(
                "sesv2",
                action,
                headers,
                query,
                request_id,
                resource_arn=arn,
                service_context=keys,
                named_resource=arn,
            )
            if denied:
                return denied
        return None

    app._enforce_ses_v2 = enforced


def _request(body: bytes) -> dict[str, Any]:
    """Return a request's body. SES reports its faults only after it knows the caller."""
    try:
        read = json.loads(body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def checks(account: Account, request: dict[str, Any]) -> Iterator[tuple[str, str, Keys]]:
    """Yield all permissions that a SendEmail needs: (action, resource ARN, condition keys).

    A raw message has its own sender beside the request's; both must be allowed.
    """
    raw = "Raw" in (request.get("Content") or {})
    actions = ["ses:SendEmail", "ses:SendRawEmail"] if raw else ["ses:SendEmail"]
    for sender in senders(request):
        keys = condition_keys(request, sender)
        for action, arn in product(actions, _resources(account, request, sender)):
            yield action, arn, keys


def senders(request: dict[str, Any]) -> list[str]:
    """Return the From of the request and of its raw message, once if they are equal."""
    raw = (request.get("Content") or {}).get("Raw")
    try:
        written = from_header(raw) if raw else ""
    except Refusal:
        written = ""
    said = str(request.get("FromEmailAddress") or "")
    by_address = {bare_address(each): each for each in (written, said) if each}
    return list(by_address.values()) or [""]


def _resources(account: Account, request: dict[str, Any], sender: str) -> list[str]:
    identity = _identity(account, sender)
    name = request.get("ConfigurationSetName") or default_configuration_set(account, identity)
    options = request.get("ListManagementOptions") or {}
    arns = [account.arn("identity", identity), *_of_recipients(account, request)]
    if name:
        arns.append(account.arn("configuration-set", name))
    if options.get("ContactListName"):
        arns.append(account.arn("contact-list", options["ContactListName"]))
    return arns


def _of_recipients(account: Account, request: dict[str, Any]) -> list[str]:
    """Yield the identities of verified recipients, which SES may check in the sandbox."""
    if not quota.in_sandbox(account):
        return []
    found = [find_identity(account, each) for each in recipients_of(request)]
    return [account.arn("identity", each) for each in found if each]


def condition_keys(request: dict[str, Any], sender: str) -> Keys:
    """Return SES's own condition keys of a request.

    https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html
    """
    return {
        "ses:FromAddress": bare_address(sender),
        "ses:FromDisplayName": sender.partition("<")[0].strip().strip('"'),
        "ses:FeedbackAddress": request.get("FeedbackForwardingEmailAddress"),
        "ses:Recipients": [bare_address(each) for each in recipients_of(request)],
        "ses:ApiVersion": "2",
    }


def _identity(account: Account, sender: str) -> str:
    """Return the identity that would be used; a missing one is named by its domain."""
    return find_identity(account, sender) or bare_address(sender).rpartition("@")[2]
