"""The account's own SES contact list, read once for all topics and all waiting planners."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from changecast.contract.errors import PauseRun
from changecast.contract.pause_code import PauseCode
from changecast.customer.mailing import TOPICS, Topic
from changecast.customer.planning.recipients import normalise
from changecast.customer.ses_turns import at_turn

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import ContactTypeDef

PAGE = 1_000
# How often to ask for one page while SES throttles.
_TRIES = 5
_DENIED = frozenset({"AccessDeniedException", "AccessDenied"})
_BIT = {topic: 1 << at for at, topic in enumerate(Topic)}


@dataclass(frozen=True)
class ContactList:
    """Everybody who is opted in to any of our topics, by normalised address.

    `topics` has a bit for each topic that an address is opted in to; `missing` are the topics that
    the list lacks.
    """

    name: str
    topics: Mapping[str, int]
    missing: frozenset[str] = frozenset()

    def subscribers(self, topic: Topic) -> list[str]:
        """Return the addresses that are opted in to a topic, in a stable order.

        Raises:
            PauseRun: `no_topic`: the list does not have the topic.
        """
        if topic in self.missing:
            raise PauseRun(PauseCode.NO_TOPIC, _no_topic(self.name, self.missing))
        return sorted(address for address, bits in self.topics.items() if bits & _BIT[topic])

    def dump(self) -> bytes:
        """Return the list as stored for other planners."""
        kept = {"name": self.name, "topics": self.topics, "missing": sorted(self.missing)}
        return json.dumps(kept).encode()


def load(body: bytes) -> ContactList:
    """Read a stored list."""
    kept = json.loads(body)
    return ContactList(kept["name"], kept["topics"], frozenset(kept["missing"]))


@dataclass(frozen=True)
class Source:
    """The account's SES; `turn` waits for the account's next request."""

    ses: "SESV2Client"
    contact_list: str
    turn: Callable[[], None]


def read(source: Source) -> ContactList:
    """Read the list to its end, unfiltered. Raises PauseRun and Retry.

    A contact is opted in by its own choice or else by the topic's default, and never if it has
    unsubscribed from all, because SES would accept the mail and bounce it. Spellings that differ by
    case are one person: if one of them opted out, none is mailed.
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ListContacts.html
    """
    topics: dict[str, int] = {}
    opted_out: dict[str, int] = {}
    undecided: dict[Topic, list[str]] = {topic: [] for topic in TOPICS}
    for contact in _contacts(source):
        address = normalise(contact["EmailAddress"])
        if out := _opted_out(contact):
            opted_out[address] = opted_out.get(address, 0) | out
        if contact.get("UnsubscribeAll"):
            continue
        chosen = _statuses(contact)
        opted_in = [topic for topic in Topic if chosen.get(topic) == "OPT_IN"]
        topics[address] = topics.get(address, 0) | sum(_BIT[topic] for topic in opted_in)
        for topic in TOPICS:  # nobody subscribes to the other topics by default
            if topic not in chosen:
                undecided[topic].append(address)
    unknown = {topic: people for topic, people in undecided.items() if people}
    missing = _by_default(source, topics, unknown) if unknown else frozenset[str]()
    kept = {one: bits & ~opted_out.get(one, 0) for one, bits in topics.items()}
    subscribed = {address: bits for address, bits in kept.items() if bits and address}
    return ContactList(source.contact_list, subscribed, missing)


def _contacts(source: Source) -> Iterator["ContactTypeDef"]:
    """Read every contact; only a response without a token ends the list."""
    more: dict[str, Any] = {}
    while True:
        page = _asked(source, partial(_page, source, more))
        yield from page.get("Contacts", ())
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}


def _page(source: Source, more: dict[str, Any]) -> Any:
    name = source.contact_list
    return source.ses.list_contacts(ContactListName=name, PageSize=PAGE, **more)


def _list(source: Source) -> Any:
    return source.ses.get_contact_list(ContactListName=source.contact_list)


def _opted_out(contact: "ContactTypeDef") -> int:
    """Return the topics that a contact itself opted out of; a topic's default is not a choice."""
    if contact.get("UnsubscribeAll"):
        return sum(_BIT.values())
    own = contact.get("TopicPreferences", ())
    outs = {one["TopicName"] for one in own if one["SubscriptionStatus"] == "OPT_OUT"}
    return sum(_BIT[topic] for topic in Topic if topic in outs)


def _statuses(contact: "ContactTypeDef") -> dict[str, str]:
    """Return a contact's status for each topic that SES names: its own choice, then the default."""
    defaults = contact.get("TopicDefaultPreferences", ())
    own = contact.get("TopicPreferences", ())
    return {one["TopicName"]: one["SubscriptionStatus"] for one in (*defaults, *own)}


def _by_default(
    source: Source, topics: dict[str, int], undecided: Mapping[Topic, Iterable[str]]
) -> frozenset[str]:
    """Opt in contacts about which ListContacts says nothing, if the topic's default is opt-in.

    Returns:
        The undecided topics that the list does not have.
    """
    found = _asked(source, partial(_list, source))
    defaults = {one["TopicName"]: one["DefaultSubscriptionStatus"] for one in found["Topics"]}
    for topic, people in undecided.items():
        if defaults.get(topic) == "OPT_IN":
            for address in people:
                topics[address] |= _BIT[topic]
    return frozenset(topic.value for topic in undecided if topic not in defaults)


def _asked(source: Source, ask: Callable[[], Any]) -> Any:
    """Return the answer to one request, made at its turn. Raises PauseRun and Retry."""
    try:
        return at_turn(source.turn, ask, tries=_TRIES)
    except ClientError as error:
        raise _meaning(error, source.contact_list) from error


def _meaning(error: ClientError, name: str) -> Exception:
    code = error.response["Error"]["Code"]
    if code == "NotFoundException":
        return PauseRun(PauseCode.NO_CONTACT_LIST, f"the account has no contact list {name!r}")
    if code in _DENIED:
        return PauseRun(PauseCode.CONTACTS_DENIED, error.response["Error"]["Message"])
    return error


def _no_topic(name: str, missing: Iterable[str]) -> str:
    topics = sorted(missing)
    digest = " --digest" if Topic.DIGEST in topics else ""
    return (
        f"the contact list {name!r} has no topic {', '.join(topics)}; to add it, with this "
        f"account's credentials: changecast contacts topics --reconcile{digest}"
    )
