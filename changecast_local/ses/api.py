"""SES v2 over HTTP: which request is which operation. What is not here ministack serves.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/Welcome.html
"""

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core.iam_evaluator import request_caller_arn
from ministack.core.responses import get_account_id, get_region, get_request_client_ip

from changecast_local.ses import (
    account,
    contact_lists,
    contact_pages,
    contacts,
    control_plane,
    identities,
    import_jobs,
    store,
    suppression,
    trouble,
)
from changecast_local.ses.answers import Refusal, accepted, bad_request, refused
from changecast_local.ses.call import Call
from changecast_local.ses.sending import send_email

Operation = Callable[[Call], dict[str, Any]]
Handler = Callable[..., Awaitable[Any]]

_PREFIX = "/v2/email"
_LIST = r"/contact-lists/(?P<name>[^/]+)"
_CONTACT = _LIST + r"/contacts/(?P<address>.+)"
_SUPPRESSED = r"/suppression/addresses"


def _no_bulk(_: Call) -> dict[str, Any]:
    raise bad_request("The embedded cloud does not serve SendBulkEmail: it takes no list options.")


ROUTES: list[tuple[str, str, str, Operation]] = [
    ("POST", "/outbound-emails", "SendEmail", send_email),
    ("POST", "/outbound-bulk-emails", "SendBulkEmail", _no_bulk),
    ("POST", "/contact-lists", "CreateContactList", contact_lists.create),
    ("GET", "/contact-lists", "ListContactLists", contact_lists.list_all),
    ("GET", _LIST, "GetContactList", contact_lists.get),
    ("PUT", _LIST, "UpdateContactList", contact_lists.update),
    ("DELETE", _LIST, "DeleteContactList", contact_lists.delete),
    ("POST", _LIST + "/contacts/list", "ListContacts", contact_pages.list_contacts),
    ("POST", _LIST + "/contacts", "CreateContact", contacts.create),
    ("GET", _CONTACT, "GetContact", contacts.get),
    ("PUT", _CONTACT, "UpdateContact", contacts.update),
    ("DELETE", _CONTACT, "DeleteContact", contacts.delete),
    ("PUT", _SUPPRESSED, "PutSuppressedDestination", suppression.put),
    ("GET", _SUPPRESSED, "ListSuppressedDestinations", suppression.list_all),
    ("GET", _SUPPRESSED + "/(?P<address>.+)", "GetSuppressedDestination", suppression.get),
    ("DELETE", _SUPPRESSED + "/(?P<address>.+)", "DeleteSuppressedDestination", suppression.delete),
    ("POST", "/import-jobs", "CreateImportJob", import_jobs.create),
    ("POST", "/import-jobs/list", "ListImportJobs", import_jobs.list_all),
    ("GET", "/import-jobs/(?P<job>[^/]+)", "GetImportJob", import_jobs.get),
    (
        "PUT",
        "/identities/(?P<identity>[^/]+)/dkim",
        "PutEmailIdentityDkimAttributes",
        identities.put_dkim,
    ),
    ("GET", "/account", "GetAccount", account.get),
    ("POST", "/account/details", "PutAccountDetails", account.put_details),
    ("PUT", "/account/sending", "PutAccountSendingAttributes", account.put_sending),
    ("PUT", "/account/suppression", "PutAccountSuppressionAttributes", account.put_suppression),
]
_COMPILED = [(method, re.compile(path), name, act) for method, path, name, act in ROUTES]


def serving(otherwise: Handler) -> Handler:
    """A handler of SES v2 requests for ministack; `otherwise` takes what is not in ROUTES."""

    async def handle_request(
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query: dict[str, list[str]],
    ) -> Any:
        here = store.of(get_account_id(), get_region())
        found = _route(method, path)
        try:
            control_plane.admit(here, path, headers)
            if found is None:
                return await otherwise(method, path, headers, body, query)
            name, act, names = found
            call = Call(
                operation=name,
                account=here,
                names=names,
                body=_json(body),
                query=query,
                base_url=f"http://{headers.get('host', 'localhost')}",
                caller=re.split("[:/]", request_caller_arn(headers, query))[-1],
                source_ip=get_request_client_ip(),
            )
            return await trouble.met(call) or accepted(act(call))
        except Refusal as refusal:
            return refused(refusal)

    return handle_request


def _route(method: str, path: str) -> tuple[str, Operation, dict[str, str]] | None:
    sub = path.rstrip("/").removeprefix(_PREFIX)
    for requested, pattern, name, act in _COMPILED:
        found = pattern.fullmatch(sub) if method == requested else None
        if found is not None:
            return name, act, found.groupdict()
    return None


def _json(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body) if body else {}
    except ValueError:
        raise bad_request("The request is not JSON.") from None
    if not isinstance(read, dict):
        raise bad_request("The request is not a JSON object.")
    return read
