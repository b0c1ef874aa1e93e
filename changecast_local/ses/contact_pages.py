"""ListContacts, page by page.

SES looks at a page of contacts first and filters it then, so a page may hold few contacts or
none and still be followed by others: only a missing NextToken is the end. Here that
happens on purpose: the first page is small, and that of a filtered list is always empty. Later
pages are full: at one request a second a list of thousands would take minutes otherwise.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

from changecast_local.ses.answers import bad_request
from changecast_local.ses.call import Call
from changecast_local.ses.contact_lists import check_topic, named
from changecast_local.ses.contacts import subscription, view
from changecast_local.ses.store import Contact, ContactList

PAGE = 50
MAX_PAGE_SIZE = 1_000
_AFTER_THE_EMPTY_PAGE = "0"


def list_contacts(call: Call) -> dict[str, Any]:
    """ListContacts."""
    found = named(call.account, call.names["name"])
    chosen = _filter(found, call.body.get("Filter") or {})
    size = int(call.body.get("PageSize") or PAGE)
    if not 1 <= size <= MAX_PAGE_SIZE:
        raise bad_request(f"PageSize must be from 1 to {MAX_PAGE_SIZE}.")
    token = call.body.get("NextToken")
    if token is None and chosen is not None and found.contacts:
        return {"Contacts": [], "NextToken": _AFTER_THE_EMPTY_PAGE}
    return _page(found, chosen, size if token else min(size, PAGE), _start(token))


def _page(
    found: ContactList, chosen: Callable[[Contact], bool] | None, size: int, start: int
) -> dict[str, Any]:
    looked_at = list(islice(list(found.contacts.values()), start, start + size))
    held = [view(found, one) for one in looked_at if chosen is None or chosen(one)]
    after = start + size
    more = {"NextToken": str(after)} if after < len(found.contacts) else {}
    return {"Contacts": held, **more}


def _start(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdecimal():
        raise bad_request("The NextToken is not valid.")
    return int(token)


def _filter(found: ContactList, asked: dict[str, Any]) -> Callable[[Contact], bool] | None:
    status = asked.get("FilteredStatus")
    topics = asked.get("TopicFilter") or {}
    topic = topics.get("TopicName")
    by_default = bool(topics.get("UseDefaultIfPreferenceUnavailable"))
    if topic:
        check_topic(found, topic)
        requested = status or "OPT_IN"
        return lambda one: subscription(found, one, topic, by_default=by_default) == requested
    if status:
        return lambda one: one.unsubscribed_from_all == (status == "OPT_OUT")
    return None
