"""SES v2 in memory: a contact list in pages, a quota, mails, its own events."""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from testbed.doubles.answers import refusal

PAGE = 4


def said_at(now: float) -> str:
    """Return the time of an event (epoch seconds) as EventBridge writes it."""
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _statuses(topics: Iterable[str], status: str) -> list[dict[str, str]]:
    return [{"TopicName": topic, "SubscriptionStatus": status} for topic in topics]


@dataclass(frozen=True)
class SentMail:
    """A mail that SES accepted."""

    to: str
    raw: bytes
    tags: dict[str, str]
    message_id: str
    topic: str
    contact_list: str = ""

    def event(self, kind: str, **detail: Any) -> dict[str, Any]:
        """Return SES's event about the mail, as the default bus delivers it."""
        tags = {name: [value] for name, value in self.tags.items()}
        mail = {"messageId": self.message_id, "tags": tags}
        return {"source": "aws.ses", "detail": {"eventType": kind, "mail": mail, **detail}}


@dataclass
class Ses:
    """What our code uses of the SES client. `contacts`: topic -> addresses that are opted in.

    `answer` is called before a mail is accepted, and may raise; `after` is called afterwards. With
    a `clock`, it accepts one request a second for everything but sending, and lists these in
    `asked`.
    """

    contacts: dict[str, list[str]] = field(default_factory=dict)
    rate: float = 1_000.0
    most: float = -1.0
    enabled: bool = True
    answer: Callable[[str], None] = lambda to: None
    after: Callable[[SentMail], None] = lambda mail: None
    mails: list[SentMail] = field(default_factory=list)
    calls: int = 0
    production: bool = True
    topics: tuple[str, ...] = ("approvals", "announcements", "calendar")
    clock: Any = None
    asked_at: float = float("-inf")
    asked: list[float] = field(default_factory=list)
    too_early: int = 0
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def get_account(self) -> dict[str, Any]:
        """GetAccount."""
        self._count()
        sent = float(len(self.mails))
        quota = {"Max24HourSend": self.most, "MaxSendRate": self.rate, "SentLast24Hours": sent}
        return {
            "SendingEnabled": self.enabled,
            "ProductionAccessEnabled": self.production,
            "SendQuota": quota,
        }

    def list_contacts(self, **request: Any) -> dict[str, Any]:
        """ListContacts without a filter; the first page is small."""
        self._count()
        if not self.contacts:
            raise refusal("NotFoundException", 404)
        assert "Filter" not in request, "a filtered list costs a reading for each topic"
        everybody = list(dict.fromkeys(one for found in self.contacts.values() for one in found))
        start = int(request.get("NextToken", "0"))
        end = start + (request["PageSize"] if start else PAGE)
        more = {"NextToken": str(end)} if end < len(everybody) else {}
        subscribed = {topic: set(self.contacts.get(topic, ())) for topic in self.topics}
        page = [
            {
                "EmailAddress": address,
                "TopicPreferences": _statuses(
                    (topic for topic, people in subscribed.items() if address in people), "OPT_IN"
                ),
                "TopicDefaultPreferences": _statuses(self.topics, "OPT_OUT"),
                "UnsubscribeAll": False,
            }
            for address in everybody[start:end]
        ]
        return {"Contacts": page, **more}

    def get_contact(self, *, ContactListName: str, EmailAddress: str) -> dict[str, Any]:  # noqa: N803
        """GetContact: finds an address only by its exact spelling."""
        self._count()
        if EmailAddress in self.people:
            return self.people[EmailAddress]
        if not any(EmailAddress in people for people in self.contacts.values()):
            raise refusal("NotFoundException", 404)
        topics = (topic for topic in self.topics if EmailAddress in self.contacts.get(topic, ()))
        return {
            "EmailAddress": EmailAddress,
            "TopicPreferences": _statuses(topics, "OPT_IN"),
            "TopicDefaultPreferences": _statuses(self.topics, "OPT_OUT"),
            "UnsubscribeAll": False,
        }

    def update_contact(self, **request: Any) -> dict[str, Any]:
        """UpdateContact: deletes the values that the request omits."""
        self._count()
        address = request["EmailAddress"]
        chosen = {
            one["TopicName"]: one["SubscriptionStatus"] for one in request["TopicPreferences"]
        }
        for topic in self.topics:
            people = [one for one in self.contacts.get(topic, []) if one != address]
            is_in = chosen.get(topic) == "OPT_IN" and not request["UnsubscribeAll"]
            self.contacts[topic] = [*people, address] if is_in else people
        self.people[address] = {"TopicDefaultPreferences": _statuses(self.topics, "OPT_OUT")}
        self.people[address] |= {n: v for n, v in request.items() if n != "ContactListName"}
        return {}

    def get_contact_list(self, **request: Any) -> dict[str, Any]:
        """GetContactList."""
        self._count()
        named = [{"TopicName": one, "DefaultSubscriptionStatus": "OPT_OUT"} for one in self.topics]
        return {"ContactListName": request["ContactListName"], "Topics": named}

    def _count(self) -> None:
        """Accept one request a second for everything but sending."""
        now = self.clock.now if self.clock else self.asked_at + 1.0
        if now - self.asked_at < 1.0:
            self.too_early += 1
            raise refusal("TooManyRequestsException", 429, "Rate exceeded")
        self.asked_at = now
        self.asked.append(now)

    def send_email(self, **request: Any) -> dict[str, Any]:
        """SendEmail."""
        self.calls += 1
        to = request["Destination"]["ToAddresses"][0]
        self.answer(to)
        tags = {tag["Name"]: tag["Value"] for tag in request["EmailTags"]}
        managed = request["ListManagementOptions"]
        raw = request["Content"]["Raw"]["Data"]
        mail = SentMail(to, raw, tags, f"ses-{next(self._ids)}", managed["TopicName"],
                        managed["ContactListName"])  # fmt: skip
        self.mails.append(mail)
        self.after(mail)
        return {"MessageId": mail.message_id}
