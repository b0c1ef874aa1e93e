"""SES v2 in memory: a contact list in small and empty pages, a quota, mails, its own events."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.doubles.answers import refusal

PAGE = 4


def said_at(now: float) -> str:
    """The time of an event (epoch seconds) as EventBridge writes it."""
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%SZ}"


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
        """What SES says of the mail on the default bus."""
        tags = {name: [value] for name, value in self.tags.items()}
        mail = {"messageId": self.message_id, "tags": tags}
        return {"source": "aws.ses", "detail": {"eventType": kind, "mail": mail, **detail}}


@dataclass
class Ses:
    """What our code uses of the SES client. `contacts`: topic -> addresses that are opted in.

    `answer` is asked before a mail is accepted and may raise; `after` when it has been.
    """

    contacts: dict[str, list[str]] = field(default_factory=dict)
    rate: float = 1_000.0
    most: float = -1.0
    enabled: bool = True
    answer: Callable[[str], None] = lambda to: None
    after: Callable[[SentMail], None] = lambda mail: None
    mails: list[SentMail] = field(default_factory=list)
    calls: int = 0
    _ids: Any = field(default_factory=lambda: itertools.count(1))

    def get_account(self) -> dict[str, Any]:
        """GetAccount."""
        sent = float(len(self.mails))
        quota = {"Max24HourSend": self.most, "MaxSendRate": self.rate, "SentLast24Hours": sent}
        return {"SendingEnabled": self.enabled, "SendQuota": quota}

    def list_contacts(self, **request: Any) -> dict[str, Any]:
        """ListContacts, each second page empty."""
        if not self.contacts:
            raise refusal("NotFoundException", 404)
        topic_filter = request["Filter"]["TopicFilter"]
        assert topic_filter["UseDefaultIfPreferenceUnavailable"] is True
        found = self.contacts.get(topic_filter["TopicName"], [])
        at = int(request.get("NextToken", "0"))
        start, is_empty = at // 2 * PAGE, at % 2 == 0
        page = [] if is_empty else found[start : start + PAGE]
        more = is_empty or start + PAGE < len(found)
        answer: dict[str, Any] = {"Contacts": [{"EmailAddress": address} for address in page]}
        return answer | ({"NextToken": str(at + 1)} if more else {})

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
