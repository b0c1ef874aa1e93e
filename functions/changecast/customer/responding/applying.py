"""Apply people's choices from their page to the account's contact list, and for planning.

Changes are made one at a time, within SES's request rate for the account. Choices are ordered by
when they were made, not by when they arrive.
"""

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from changecast.contract.errors import Retry
from changecast.contract.messages import object_in
from changecast.customer.hints import EVERYTHING, LANGUAGE, TIMEZONE, ChosenHint, chosen_in
from changecast.customer.ledger import ses_requests
from changecast.customer.ledger.preferences import Preference, choose, read_preference
from changecast.customer.ledger.table import Ledger, read_recipient
from changecast.customer.mailing import Topic
from changecast.customer.planning.recipients import normalise
from changecast.customer.ses_turns import at_turn, wait_for_turn

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import GetContactResponseTypeDef

log = logging.getLogger("changecast")

# Longer than any change takes: two requests to SES at their turns, or a reading of the list.
LEASE = 50.0
# How long (seconds) to wait for another function, and for a turn; after that, the queue retries.
PATIENCE, LONGEST_TURN = 20.0, 8.0
_LOOK_AGAIN = 0.5


@dataclass(frozen=True)
class Applier:
    """What applying needs: the account's ledger, and SES with its contact list."""

    ledger: Ledger
    ses: "SESV2Client"
    contact_list: str
    clock: Callable[[], float]


def apply_chosen(applier: Applier, body: str) -> None:
    """Apply the choice in a message; repeating it changes nothing.

    Raises:
        Retry: SES is throttling, or another change is being made.
        ContractError: The message has no valid choice.
    """
    hint = chosen_in(object_in(body))
    recipient = read_recipient(applier.ledger, hint.run, hint.batch, hint.recipient)
    if recipient is None or not recipient.address:
        log.warning(
            "the choice was not applied: the recipient who made it is unknown or has no address",
            extra={"recipient": hint.recipient},
        )
        return
    owner = uuid.uuid4().hex
    _take_lease(applier, owner)
    try:
        _apply(applier, normalise(recipient.address), hint)
    finally:
        ses_requests.end_change(applier.ledger, owner)
    log.info("applied", extra={"recipient": hint.recipient, "settings": sorted(hint.settings)})


def _take_lease(applier: Applier, owner: str) -> None:
    """Wait until no other change is under way, and take the lease."""
    end = applier.clock() + PATIENCE
    while not ses_requests.start_change(
        applier.ledger, owner, applier.clock(), applier.clock() + LEASE
    ):
        if applier.clock() >= end:
            raise Retry("another choice is being applied")
        applier.ledger.wait(_LOOK_AGAIN)


def _apply(applier: Applier, address: str, hint: ChosenHint) -> None:
    before = read_preference(applier.ledger, address)
    due = due_settings(before, hint)
    own = {name: due[name] for name in (LANGUAGE, TIMEZONE) if name in due}
    topics = {name: value for name, value in due.items() if name not in own}
    if topics:
        _subscribe(applier, address, topics)
    after = before.choosing(hint.at, **own)
    after = replace(after, chosen_at={**after.chosen_at, **dict.fromkeys(topics, hint.at)})
    if due and not choose(applier.ledger, after):
        raise Retry("the person's settings have changed since they were read")


def due_settings(before: Preference, hint: ChosenHint) -> dict[str, str]:
    """Return the settings that no later choice replaced. Pure."""
    known = before.chosen_at
    last_topic = max((known.get(topic, 0.0) for topic in Topic), default=0.0)
    overtaken = {topic.value: known.get(EVERYTHING, 0.0) for topic in Topic}
    overtaken[EVERYTHING] = last_topic
    return {
        name: value
        for name, value in hint.settings.items()
        if max(known.get(name, 0.0), overtaken.get(name, 0.0)) <= hint.at
    }


def _subscribe(applier: Applier, address: str, topics: Mapping[str, str]) -> None:
    """Write a person's choice to every spelling of the address on the list."""
    found = _contact(applier, address)
    contacts = [found] if found else [*_other_spellings(applier, address)]
    if not contacts:
        log.warning("the recipient is no longer on the contact list")
    for contact in contacts:
        request = updated(contact, topics)
        _asked(applier, partial(_update, applier, request))


def updated(contact: "GetContactResponseTypeDef", topics: Mapping[str, str]) -> dict[str, Any]:
    """Return the complete contact with the choice, because SES drops omitted values. Pure.

    A person who had unsubscribed from everything and asks for one topic gets only that topic.
    """
    chosen: dict[str, str] = {
        one["TopicName"]: one["SubscriptionStatus"] for one in contact.get("TopicPreferences", ())
    }
    leaves = EVERYTHING in topics
    had_left = bool(contact.get("UnsubscribeAll"))
    comes_back = had_left and not leaves and "OPT_IN" in topics.values()
    if comes_back:
        defaults = contact.get("TopicDefaultPreferences", ())
        chosen = dict.fromkeys([*chosen, *(one["TopicName"] for one in defaults)], "OPT_OUT")
    chosen |= {name: value for name, value in topics.items() if name != EVERYTHING}
    attributes = contact.get("AttributesData")
    return {
        "EmailAddress": contact["EmailAddress"],
        "TopicPreferences": [
            {"TopicName": name, "SubscriptionStatus": value} for name, value in chosen.items()
        ],
        "UnsubscribeAll": leaves or (had_left and not comes_back),
        **({"AttributesData": attributes} if attributes else {}),
    }


def _contact(applier: Applier, address: str) -> "GetContactResponseTypeDef | None":
    try:
        found: GetContactResponseTypeDef = _asked(applier, partial(_get, applier, address))
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return None
    return found


def _other_spellings(applier: Applier, address: str) -> Iterator["GetContactResponseTypeDef"]:
    """Yield the person's contacts in other spellings: Ana@Acme.example is ana@acme.example."""
    more: dict[str, Any] = {}
    while True:
        page = _asked(applier, partial(_page, applier, more))
        spellings = (one["EmailAddress"] for one in page.get("Contacts", ()))
        for spelling in spellings:
            same = normalise(spelling) == address
            if same and (found := _contact(applier, spelling)):
                yield found
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}


def _get(applier: Applier, address: str) -> Any:
    return applier.ses.get_contact(ContactListName=applier.contact_list, EmailAddress=address)


def _page(applier: Applier, more: dict[str, Any]) -> Any:
    name = applier.contact_list
    return applier.ses.list_contacts(ContactListName=name, PageSize=1_000, **more)


def _update(applier: Applier, request: dict[str, Any]) -> Any:
    return applier.ses.update_contact(ContactListName=applier.contact_list, **request)


def _asked(applier: Applier, ask: Callable[[], Any]) -> Any:
    """Return SES's answer to one request, made when it is its turn."""
    turn = partial(wait_for_turn, applier.ledger, applier.clock, longest=LONGEST_TURN)
    return at_turn(turn, ask, tries=1)
